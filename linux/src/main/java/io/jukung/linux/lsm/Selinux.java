package io.jukung.linux.lsm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The state of SELinux on this node, and the labels of its policy for containers. Each method reads
 * them anew.
 */
public final class Selinux {
  private static final SelinuxLabel PROCESS =
      new SelinuxLabel("system_u", "system_r", "container_t", "s0");
  private static final SelinuxLabel FILE =
      new SelinuxLabel("system_u", "object_r", "container_file_t", "s0");

  private final Path root;

  /**
   * Makes a view of the state below a root directory.
   *
   * @param root {@code /}
   */
  public Selinux(Path root) {
    this.root = root;
  }

  /** Returns why labels cannot be used, in one sentence; empty if they can. */
  public Optional<String> missing() {
    return Files.exists(root.resolve("sys/fs/selinux/enforce"))
        ? Optional.empty()
        : Optional.of("this node's kernel does not run SELinux");
  }

  /** Returns the policy's label for processes of containers (lxc_contexts). */
  public SelinuxLabel process() throws IOException {
    return context("process").orElse(PROCESS);
  }

  /** Returns the policy's label for files of containers (lxc_contexts). */
  public SelinuxLabel file() throws IOException {
    return context("file").orElse(FILE);
  }

  private Optional<SelinuxLabel> context(String key) throws IOException {
    Optional<String> policy = value(root.resolve("etc/selinux/config"), "SELINUXTYPE");
    if (policy.isEmpty()) {
      return Optional.empty();
    }
    Path contexts = root.resolve("etc/selinux").resolve(policy.get()).resolve("contexts");
    return value(contexts.resolve("lxc_contexts"), key).flatMap(SelinuxLabel::parse);
  }

  /** Returns the value of a key in a file with lines of the form {@code key = "value"}. */
  private static Optional<String> value(Path file, String key) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    for (String line : Files.readAllLines(file)) {
      int equals = line.indexOf('=');
      if (equals > 0 && line.substring(0, equals).strip().equals(key)) {
        return Optional.of(line.substring(equals + 1).strip().replaceAll("^\"|\"$", ""));
      }
    }
    return Optional.empty();
  }
}
