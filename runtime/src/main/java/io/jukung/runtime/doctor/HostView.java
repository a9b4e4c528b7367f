package io.jukung.runtime.doctor;

import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.probe.KernelFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** What the checks look at on the host. Nothing here changes the host. */
public interface HostView {
  /** The file or directory at an absolute path of the host. */
  Path path(String absolute);

  /** Why the kernel's feature cannot be used; empty if it can. */
  Optional<String> missing(KernelFeature feature);

  /** Why the file system type cannot be mounted; empty if it can. */
  Optional<String> missingFilesystem(String type);

  /** Why system call filters cannot be compiled; empty if they can. */
  Optional<String> missingSeccomp();

  /**
   * Why pods cannot have user namespaces of their own; empty if they can.
   *
   * @param root the directory of the layers, which exists
   * @param state the directory of the pins, which exists
   */
  Optional<String> missingUserNamespaces(Path root, Path state);

  /** Where the cgroup v2 hierarchy is mounted; empty if it is not. */
  Optional<Path> cgroupMount() throws IOException;

  FilesystemStatus filesystem(Path directory) throws IOException;

  /** Whether a program of this name is in the usual directories. */
  boolean hasProgram(String name);

  Instant now();
}
