package io.jukung.runtime.doctor;

import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.probe.KernelFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A host on which all is well, until a test changes something. Its files are below a directory. */
final class FakeHost implements HostView {
  static final long EXT4 = 0xef53;

  final Path directory;
  final Map<KernelFeature, String> missing = new EnumMap<>(KernelFeature.class);
  final Set<String> programs = new HashSet<>(Set.of("nft"));
  @Nullable String missingErofs;
  @Nullable String missingSeccomp;
  @Nullable String missingUserNamespaces;
  boolean hasCgroups = true;
  FilesystemStatus filesystem = new FilesystemStatus(EXT4, 1000, 500, 1000, 500);
  Instant now = Instant.now();

  FakeHost(Path directory) throws IOException {
    this.directory = directory;
    write("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
    write("/proc/sys/net/ipv4/ip_forward", "1\n");
    write("/proc/sys/kernel/pid_max", "4194304\n");
    write("/proc/sys/kernel/threads-max", "100000\n");
    write("/proc/sys/fs/inotify/max_user_instances", "1024\n");
    write("/proc/sys/fs/inotify/max_user_watches", "1000000\n");
    write("/proc/sys/user/max_user_namespaces", "10000\n");
    write("/proc/swaps", "Filename Type Size Used Priority\n");
    limits("1048576");
    Files.createDirectories(root());
    Files.createDirectories(state());
  }

  Path root() {
    return directory.resolve("var/lib/jukung");
  }

  Path state() {
    return directory.resolve("run/jukung");
  }

  void write(String absolute, String text) throws IOException {
    Files.createDirectories(path(absolute).getParent());
    Files.writeString(path(absolute), text);
  }

  void limits(String hard) throws IOException {
    write(
        "/proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units\n"
            + "Max open files            1024                 "
            + hard
            + "               files\n");
  }

  @Override
  public Path path(String absolute) {
    return directory.resolve(absolute.substring(1));
  }

  @Override
  public Optional<String> missing(KernelFeature feature) {
    return Optional.ofNullable(missing.get(feature));
  }

  @Override
  public Optional<String> missingFilesystem(String type) {
    return Optional.ofNullable(missingErofs);
  }

  @Override
  public Optional<String> missingSeccomp() {
    return Optional.ofNullable(missingSeccomp);
  }

  @Override
  public Optional<String> missingUserNamespaces(Path root, Path state) {
    return Optional.ofNullable(missingUserNamespaces);
  }

  @Override
  public Optional<Path> cgroupMount() {
    return hasCgroups ? Optional.of(path("/sys/fs/cgroup")) : Optional.empty();
  }

  @Override
  public FilesystemStatus filesystem(Path file) {
    return filesystem;
  }

  @Override
  public boolean hasProgram(String name) {
    return programs.contains(name);
  }

  @Override
  public Instant now() {
    return now;
  }
}
