package io.jukung.runtime.metrics;

/** Receives the series of a family. */
public interface SeriesWriter {
  /** One number of the family, which has no other with these labels. */
  default void number(Labels labels, double value) {
    number("", labels, value);
  }

  /**
   * One number of the family.
   *
   * @param suffix is put behind the name of the family, such as {@code _bucket}
   */
  void number(String suffix, Labels labels, double value);
}
