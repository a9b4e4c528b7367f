package io.jukung.cli.template;

/** A template is wrong, or does not fit its data. The message names the line and the column. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private TemplateException(String message) {
    super(message);
  }

  /**
   * @param text the whole template
   * @param offset where in the text the trouble is
   */
  static TemplateException at(String text, int offset, String why) {
    String before = text.substring(0, Math.min(offset, text.length()));
    long line = before.chars().filter(each -> each == '\n').count() + 1;
    int column = before.length() - before.lastIndexOf('\n');
    return new TemplateException("template, line " + line + ", column " + column + ": " + why);
  }
}
