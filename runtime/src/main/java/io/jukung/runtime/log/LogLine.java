package io.jukung.runtime.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * One line of the log: {@code 2026-11-30T08:15:00.000Z INFO Class: message}, with the stack trace
 * of an exception below it. Written by hand because logback's patterns load and interpret a parser,
 * regular expressions and the formats of dates, a tenth of the daemon's start.
 */
final class LogLine extends LayoutBase<ILoggingEvent> {
  private static final int LEVEL_WIDTH = 5;

  @Override
  public String doLayout(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(128);
    time(line, event.getInstant());
    String level = event.getLevel().toString();
    line.append(' ').append(level).repeat(' ', LEVEL_WIDTH - level.length()).append(' ');
    String logger = event.getLoggerName();
    line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(": ");
    appendOnOneLine(line, event.getFormattedMessage());
    line.append('\n');
    IThrowableProxy failure = event.getThrowableProxy();
    if (failure != null) {
      line.append(ThrowableProxyUtil.asString(failure));
    }
    return line.toString();
  }

  /** ISO 8601 in UTC, always with milliseconds. */
  private static void time(StringBuilder line, Instant instant) {
    OffsetDateTime time = instant.atOffset(ZoneOffset.UTC);
    number(line, time.getYear(), 4);
    number(line.append('-'), time.getMonthValue(), 2);
    number(line.append('-'), time.getDayOfMonth(), 2);
    number(line.append('T'), time.getHour(), 2);
    number(line.append(':'), time.getMinute(), 2);
    number(line.append(':'), time.getSecond(), 2);
    number(line.append('.'), time.getNano() / 1_000_000, 3);
    line.append('Z');
  }

  private static void number(StringBuilder line, int value, int digits) {
    String text = Integer.toString(value);
    line.repeat('0', Math.max(0, digits - text.length())).append(text);
  }

  /**
   * Appends text in which a space stands for each run of control and bidirectional characters.
   * Messages hold text of others (a pod's name, a registry's answer, a file name), which must
   * neither forge lines of the log nor change the terminal on which the log is read.
   */
  private static void appendOnOneLine(StringBuilder line, String text) {
    boolean inRun = false;
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      boolean isControl = isControl(each);
      if (!isControl) {
        line.append(each);
      } else if (!inRun) {
        line.append(' ');
      }
      inRun = isControl;
    }
  }

  private static boolean isControl(char each) {
    return each < ' '
        || (each >= '\u007f' && each <= '\u009f')
        || (each >= '\u2028' && each <= '\u202e') // ends of lines and paragraphs, directions
        || (each >= '\u2066' && each <= '\u2069'); // isolates
  }
}
