package io.jukung.runtime.doctor;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.probe.KernelFeature;
import io.jukung.linux.probe.UserNamespaceSupport;
import io.jukung.linux.seccomp.FilterBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The host that this process runs on. */
public final class LinuxHostView implements HostView {
  /** Where CNI plugins look for their tools, also if the daemon's PATH is short. */
  private static final List<String> PROGRAM_DIRECTORIES =
      List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin");

  @Override
  public Path path(String absolute) {
    return Path.of(absolute);
  }

  @Override
  public Optional<String> missing(KernelFeature feature) {
    return feature.missing();
  }

  @Override
  public Optional<String> missingFilesystem(String type) {
    try {
      FilesystemContext.open(type).close();
      return Optional.empty();
    } catch (ErrnoException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Optional<String> missingSeccomp() {
    return FilterBuilder.missing();
  }

  @Override
  public Optional<String> missingUserNamespaces(Path root, Path state) {
    return UserNamespaceSupport.missing(root, state);
  }

  @Override
  public Optional<Path> cgroupMount() throws IOException {
    return MountTable.read().cgroup2();
  }

  @Override
  public FilesystemStatus filesystem(Path directory) throws IOException {
    return FilesystemStatus.of(directory);
  }

  @Override
  public boolean hasProgram(String name) {
    return PROGRAM_DIRECTORIES.stream()
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
  }

  @Override
  public Instant now() {
    return Instant.now();
  }
}
