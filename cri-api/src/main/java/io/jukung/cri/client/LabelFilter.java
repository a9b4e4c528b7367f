package io.jukung.cri.client;

import java.util.Map;

/** A value of docker's filter {@code label}. */
public final class LabelFilter {
  private LabelFilter() {}

  /**
   * Whether an object has a label.
   *
   * @param wanted {@code NAME} for any value, or {@code NAME=VALUE}
   */
  public static boolean fits(Map<String, String> labels, String wanted) {
    int equals = wanted.indexOf('=');
    return equals < 0
        ? labels.containsKey(wanted)
        : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
  }
}
