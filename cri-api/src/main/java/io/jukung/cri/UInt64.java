package io.jukung.cri;

import io.jukung.cri.v1.UInt64Value;

/** Numbers as CRI wraps them, to tell 0 from nothing. */
public final class UInt64 {
  private UInt64() {}

  public static UInt64Value of(long number) {
    return UInt64Value.newBuilder().setValue(number).build();
  }
}
