package io.jukung.cri;

import io.jukung.cri.v1.UInt64Value;

/** Wraps numbers for the CRI, which distinguishes 0 from an absent value. */
public final class UInt64 {
  private UInt64() {}

  public static UInt64Value of(long number) {
    return UInt64Value.newBuilder().setValue(number).build();
  }
}
