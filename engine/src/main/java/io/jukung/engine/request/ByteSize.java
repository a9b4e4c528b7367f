package io.jukung.engine.request;

import io.jukung.engine.http.HttpError;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes as docker's users write them in options: {@code 10m}, {@code 1.5GiB} or a number of bytes.
 */
final class ByteSize {
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?) ?(?:([kmgtp])i?)?b?");

  private static final String UNITS = "kmgtp";

  private ByteSize() {}

  /**
   * Returns the number of bytes.
   *
   * @param what names the value in the text of an error
   * @throws HttpError 400 if it is not a size
   */
  static long parse(String what, String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw HttpError.badRequest("invalid " + what + ": " + text);
    }
    String unit = matcher.group(2);
    int power = unit == null ? 0 : UNITS.indexOf(unit) + 1;
    BigDecimal bytes =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1024).pow(power));
    if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw HttpError.badRequest("invalid " + what + ": " + text + " is too large");
    }
    return bytes.setScale(0, RoundingMode.DOWN).longValue();
  }
}
