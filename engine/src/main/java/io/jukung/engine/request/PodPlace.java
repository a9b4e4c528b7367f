package io.jukung.engine.request;

import java.nio.file.Path;

/**
 * What a new pod is called, and where its files are.
 *
 * @param name the container's
 * @param uid the pod's, which no other pod has
 * @param logs the directory in which the pod gets one for its logs
 */
public record PodPlace(String name, String uid, Path logs) {
  /** The directory of the pod's logs, which the daemon makes. */
  Path logDirectory() {
    return logs.resolve(name + "_" + uid);
  }

  public Path logFile() {
    return logDirectory().resolve(name + ".log");
  }

  /**
   * The file in which the daemon finds a seccomp profile of the request's own, while it makes the
   * container. By its name it is removed with the log if the engine is killed before it does.
   */
  public Path seccompFile() {
    return logDirectory().resolve(name + ".log.seccomp");
  }
}
