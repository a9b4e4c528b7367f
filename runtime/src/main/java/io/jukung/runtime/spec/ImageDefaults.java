package io.jukung.runtime.spec;

import java.util.List;

/** An image's defaults for its containers, which a request can override. Absent text is empty. */
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
