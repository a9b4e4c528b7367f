package io.jukung.runtime.network.cni;

import java.util.Optional;

/** The versions of the CNI specification that this client supports, in order. */
public enum CniVersion {
  V0_1_0("0.1.0"),
  V0_2_0("0.2.0"),
  V0_3_0("0.3.0"),
  V0_3_1("0.3.1"),
  V0_4_0("0.4.0"),
  V1_0_0("1.0.0"),
  V1_1_0("1.1.0");

  /** The version of a configuration that names none. */
  static final CniVersion UNNAMED = V0_1_0;

  private final String text;

  CniVersion(String text) {
    this.text = text;
  }

  static Optional<CniVersion> find(String text) {
    for (CniVersion version : values()) {
      if (version.text.equals(text)) {
        return Optional.of(version);
      }
    }
    return Optional.empty();
  }

  /** Whether ADD passes each plugin the result of the plugin before it. */
  boolean hasPreviousResultOnAdd() {
    return compareTo(V0_3_0) >= 0;
  }

  /** Whether this version has CHECK. */
  public boolean hasCheck() {
    return compareTo(V0_4_0) >= 0;
  }

  /** Whether this version has STATUS and GC. */
  public boolean hasStatusAndGc() {
    return compareTo(V1_1_0) >= 0;
  }

  /** Whether DEL passes the result of ADD. */
  boolean hasPreviousResultOnDelete() {
    return compareTo(V0_4_0) >= 0;
  }

  @Override
  public String toString() {
    return text;
  }
}
