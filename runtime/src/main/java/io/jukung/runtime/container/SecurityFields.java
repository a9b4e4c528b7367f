package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.linux.lsm.Selinux;
import io.jukung.linux.lsm.SelinuxLabel;
import io.jukung.runtime.store.NamespaceOwner;
import java.nio.file.Path;

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

  /**
   * Checks SELinux options. An empty message is accepted: it asks for nothing.
   *
   * @param prefix the path of the field, for error texts
   * @throws CriException INVALID_ARGUMENT if the level is malformed, FAILED_PRECONDITION if the
   *     host has no SELinux
   */
  public static void checkSelinux(String prefix, SELinuxOption options) {
    if (options.equals(SELinuxOption.getDefaultInstance())) {
      return;
    }
    if (!options.getLevel().isEmpty() && !SelinuxLabel.isLevel(options.getLevel())) {
      throw CriException.invalidArgument(
          prefix + "selinux_options: level \"" + options.getLevel() + "\" is not an SELinux level");
    }
    new Selinux(Path.of("/"))
        .missing()
        .ifPresent(
            why -> {
              throw CriException.failedPrecondition(prefix + "selinux_options: " + why);
            });
  }
}
