package io.jukung.runtime.metrics;

import java.util.List;
import java.util.Locale;

/** All series of one name, and what they mean. */
public interface Family {
  /** What kind of numbers the series have, in the words of both formats. */
  enum Kind {
    /** Only grows, from 0 at the start of the daemon. */
    COUNTER,
    /** A value as it is now. */
    GAUGE,
    /** How many observations there were up to each of some bounds, how many in all, their sum. */
    HISTOGRAM,
    /** How many observations there were, and their sum. */
    SUMMARY;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What is said of a family.
   *
   * @param name without the suffixes of single series; that of a counter ends in {@code _total}
   * @param labels the names of the labels that each series has
   * @param help one sentence for people, without a full stop
   */
  record Description(String name, Kind kind, List<String> labels, String help) {
    public Description {
      labels = List.copyOf(labels);
      if ((kind == Kind.COUNTER) != name.endsWith("_total")) {
        throw new IllegalArgumentException(name + ": counters, and only they, end in _total");
      }
    }
  }

  Description description();

  /** Writes the series as they are now. */
  void write(SeriesWriter to);
}
