package io.jukung.runtime.container;

import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.StartContainer;
import java.nio.file.Path;

/** The messages about containers that the daemon and the shims exchange. */
public final class ShimMessages {
  private ShimMessages() {}

  /**
   * Asks for the start of a container.
   *
   * @param stateDirectory where the shim writes exit.json
   * @param logPath the log file; empty: the output is discarded
   */
  public static StartContainer start(
      ContainerRecord container, LaunchPlan plan, Path stateDirectory, String logPath) {
    return StartContainer.newBuilder()
        .setContainerId(container.id())
        .setPlan(plan)
        .setStateDirectory(stateDirectory.toString())
        .setLogPath(logPath)
        .setTty(container.tty())
        .setStdin(container.stdin())
        .setStdinOnce(container.stdinOnce())
        .build();
  }

  /** How a container ended, as its shim reports it. */
  public static Container.Exit exit(ContainerExited report) {
    return new Container.Exit(report.getExitCode(), report.getFinishedAt(), report.getOomKilled());
  }
}
