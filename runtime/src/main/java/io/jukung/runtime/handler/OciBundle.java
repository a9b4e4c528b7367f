package io.jukung.runtime.handler;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.HostFile;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of one container that a runtime of the OCI runs, in a directory for root only on a file
 * system that a reboot clears.
 *
 * <pre>
 * config.json     the specification, with the environment, which may be secret
 * volumes/N       where the launch of the runtime mounts the image volumes, for the runtime alone
 * root/           where the runtime keeps its state (--root)
 * log             what the runtime has logged, as JSON
 * pid, console    of the start
 * exec-ID.json, exec-ID.pid, exec-ID.log, exec-ID.sock      of an exec, while it starts
 * </pre>
 */
record OciBundle(Path directory, String containerId) {
  static OciBundle of(StatePaths paths, String containerId) {
    return new OciBundle(paths.bundles().resolve(containerId), containerId);
  }

  Path root() {
    return directory.resolve("root");
  }

  Path log() {
    return directory.resolve("log");
  }

  Path pidFile() {
    return directory.resolve("pid");
  }

  Path console() {
    return directory.resolve("console");
  }

  /** Where the launch mounts an image volume; counted from 0 on. */
  Path volume(int number) {
    return directory.resolve("volumes").resolve(Integer.toString(number));
  }

  /** A file of an exec. */
  Path ofExec(String execId, String kind) {
    return directory.resolve("exec-" + execId + "." + kind);
  }

  /** The kinds of files that an exec has. */
  static final List<String> EXEC_FILES = List.of("json", "pid", "log", "sock");

  boolean exists() {
    return Files.isDirectory(directory);
  }

  /**
   * Makes the directory with the specification.
   *
   * @param volumes the number of image volumes
   */
  void create(byte[] configuration, int volumes) throws IOException {
    StatePaths.createPrivate(directory);
    for (int number = 0; number < volumes; number++) {
      Files.createDirectories(volume(number));
    }
    write(directory.resolve("config.json"), configuration);
  }

  void write(Path file, byte[] content) throws IOException {
    AtomicFile.replace(file, content);
  }

  void removeExec(String execId) throws IOException {
    for (String kind : EXEC_FILES) {
      Files.deleteIfExists(ofExec(execId, kind));
    }
  }

  /** What a log of the runtime has; empty if there is none. */
  static String read(Path log, int most) throws IOException {
    try {
      return HostFile.read(log.toString(), most);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return "";
      }
      throw e;
    }
  }
}
