package io.jukung.shim;

/**
 * Formats times as CRI logs have them, {@code 2026-11-21T00:00:00.000000000Z}: in UTC, always with
 * nine digits of the second. The text up to the second is reused within one second. Not
 * thread-safe.
 */
final class Rfc3339 {
  static final int LENGTH = 30;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int SECONDS_PER_DAY = 86_400;
  private static final int NANOS_AT = 20;

  // Eras of 400 years that begin on 1 March of year 0, so that the leap day ends a year.
  private static final int DAYS_PER_ERA = 146_097;
  private static final int DAYS_BEFORE_EPOCH = 719_468;

  private final byte[] text = new byte[LENGTH];
  private long second = Long.MIN_VALUE;

  Rfc3339() {
    text[4] = '-';
    text[7] = '-';
    text[10] = 'T';
    text[13] = ':';
    text[16] = ':';
    text[19] = '.';
    text[29] = 'Z';
  }

  /**
   * Formats a time of the years 0 to 9999.
   *
   * @param nanos since the epoch
   * @return the text in ASCII, valid until the next call
   */
  byte[] format(long nanos) {
    long newSecond = Math.floorDiv(nanos, NANOS_PER_SECOND);
    if (newSecond != second) {
      second = newSecond;
      formatSecond();
    }
    digits(NANOS_AT, 9, (int) Math.floorMod(nanos, NANOS_PER_SECOND));
    return text;
  }

  private void formatSecond() {
    int ofDay = (int) Math.floorMod(second, (long) SECONDS_PER_DAY);
    digits(11, 2, ofDay / 3600);
    digits(14, 2, ofDay / 60 % 60);
    digits(17, 2, ofDay % 60);
    formatDate((int) Math.floorDiv(second, (long) SECONDS_PER_DAY) + DAYS_BEFORE_EPOCH);
  }

  /** Writes the date in the proleptic Gregorian calendar. */
  private void formatDate(int days) {
    int era = Math.floorDiv(days, DAYS_PER_ERA);
    int dayOfEra = days - era * DAYS_PER_ERA;
    // Days divided by 365 are one too many every 4 years, one too few every 100, one too many every
    // 400.
    int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    // Months from March on have 31, 30, 31, 30, 31 days, again and again: 153 in five.
    int monthFromMarch = (5 * dayOfYear + 2) / 153;
    int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    digits(0, 4, era * 400 + yearOfEra + (month <= 2 ? 1 : 0));
    digits(5, 2, month);
    digits(8, 2, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
  }

  private void digits(int at, int count, int value) {
    int left = value;
    for (int i = at + count - 1; i >= at; i--) {
      text[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }
}
