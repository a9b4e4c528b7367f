package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.runtime.store.NamespaceOwner;

/** Reads the security fields that the requests for sandboxes and for containers share. */
public final class SecurityFields {
  private SecurityFields() {}

  public static NamespaceOwner mode(String kind, NamespaceMode requested) {
    return switch (requested) {
      case POD -> NamespaceOwner.POD;
      case CONTAINER -> NamespaceOwner.CONTAINER;
      case NODE -> NamespaceOwner.NODE;
      case TARGET -> NamespaceOwner.TARGET;
      case UNRECOGNIZED ->
          throw CriException.invalidArgument("namespace_options." + kind + " is unknown");
    };
  }
}
