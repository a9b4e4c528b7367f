package io.jukung.runtime.metrics;

/**
 * The labels of one series, as they stand between its braces: {@code rpc="Version",code="OK"}.
 *
 * @param text empty: the series has no labels
 */
public record Labels(String text) {
  public static final Labels NONE = new Labels("");

  /** One label. */
  public static Labels of(String name, String value) {
    return new Labels(name + "=\"" + escaped(value) + "\"");
  }

  /** These labels, and another one after them. */
  public Labels and(String name, String value) {
    String more = of(name, value).text();
    return new Labels(text.isEmpty() ? more : text + "," + more);
  }

  /** Escapes a value as both formats ask for it. */
  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }
}
