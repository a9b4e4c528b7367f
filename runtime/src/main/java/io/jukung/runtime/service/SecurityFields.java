package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.runtime.store.NamespaceMode;

/** Fields that sandboxes and containers have in common. */
final class SecurityFields {
  private SecurityFields() {}

  static NamespaceMode mode(String kind, io.jukung.cri.v1.NamespaceMode requested) {
    return switch (requested) {
      case POD -> NamespaceMode.POD;
      case CONTAINER -> NamespaceMode.CONTAINER;
      case NODE -> NamespaceMode.NODE;
      case TARGET -> NamespaceMode.TARGET;
      case UNRECOGNIZED ->
          throw CriException.invalidArgument("namespace_options." + kind + " is unknown");
    };
  }

  /** An empty message says nothing. */
  static void refuseSelinux(String prefix, SELinuxOption options) {
    if (!options.equals(SELinuxOption.getDefaultInstance())) {
      throw CriException.unimplementedField(prefix + "selinux_options");
    }
  }
}
