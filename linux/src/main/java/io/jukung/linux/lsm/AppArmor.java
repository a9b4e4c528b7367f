package io.jukung.linux.lsm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** AppArmor as this node has it (apparmor(7), aa_change_onexec(2)). Asked anew each time. */
public final class AppArmor {
  private final Path enabled;
  private final Path profiles;

  /**
   * A view of it.
   *
   * @param sysfs {@code /sys}
   */
  public AppArmor(Path sysfs) {
    this.enabled = sysfs.resolve("module/apparmor/parameters/enabled");
    this.profiles = sysfs.resolve("kernel/security/apparmor/profiles");
  }

  /** Why no profile can be used here, in a sentence; empty where they can. */
  public Optional<String> missing() throws IOException {
    if (!Files.exists(enabled) || !Files.readString(enabled).startsWith("Y")) {
      return Optional.of("this node's kernel does not run AppArmor");
    }
    if (!Files.exists(profiles)) {
      return Optional.of(profiles + " is not there: securityfs is not mounted");
    }
    return Optional.empty();
  }

  /** Whether the kernel knows the profile: each line of the list is a name and a mode. */
  public boolean isLoaded(String profile) throws IOException {
    try (Stream<String> lines = Files.lines(profiles)) {
      return lines.anyMatch(line -> line.replaceFirst(" \\([a-z]+\\)$", "").equals(profile));
    }
  }
}
