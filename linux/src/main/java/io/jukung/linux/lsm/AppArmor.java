package io.jukung.linux.lsm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The state of AppArmor on this node (apparmor(7), aa_change_onexec(2)). Each method reads it anew.
 */
public final class AppArmor {
  private final Path enabled;
  private final Path profiles;

  /**
   * Makes a view of the state below a sysfs.
   *
   * @param sysfs {@code /sys}
   */
  public AppArmor(Path sysfs) {
    this.enabled = sysfs.resolve("module/apparmor/parameters/enabled");
    this.profiles = sysfs.resolve("kernel/security/apparmor/profiles");
  }

  /** Returns why profiles cannot be used, in one sentence; empty if they can. */
  public Optional<String> missing() throws IOException {
    if (!Files.exists(enabled) || !Files.readString(enabled).startsWith("Y")) {
      return Optional.of("this node's kernel does not run AppArmor");
    }
    if (!Files.exists(profiles)) {
      return Optional.of(profiles + " is not there: securityfs is not mounted");
    }
    return Optional.empty();
  }

  /** Whether the profile is loaded. Each line of the kernel's list is a name and a mode. */
  public boolean isLoaded(String profile) throws IOException {
    try (Stream<String> lines = Files.lines(profiles)) {
      return lines.anyMatch(line -> line.replaceFirst(" \\([a-z]+\\)$", "").equals(profile));
    }
  }
}
