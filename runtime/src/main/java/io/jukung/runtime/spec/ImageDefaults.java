package io.jukung.runtime.spec;

import java.util.List;

/**
 * What an image says of its containers, each overridable by the container. Absent text is empty.
 */
public record ImageDefaults(
    String user,
    List<String> env,
    List<String> entrypoint,
    List<String> cmd,
    String workingDirectory,
    String stopSignal) {
  public ImageDefaults {
    env = List.copyOf(env);
    entrypoint = List.copyOf(entrypoint);
    cmd = List.copyOf(cmd);
  }
}
