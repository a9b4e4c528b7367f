package io.jukung.runtime.container;

import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerExit;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.shim.v1.ContainerExited;
import io.jukung.shim.v1.ContainerProcess;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.LogLimits;
import io.jukung.shim.v1.StartContainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The messages about containers that the daemon and the shims exchange. Thread-safe. */
public final class ShimMessages {
  private static final Logger LOG = LoggerFactory.getLogger(ShimMessages.class);

  private ShimMessages() {}

  /**
   * Asks for the start of a container.
   *
   * @param stateDirectory where the shim writes exit.json
   * @param logPath the log file; empty: the output is discarded
   * @param logLimits how much output the log takes
   */
  public static StartContainer start(
      ContainerRecord container,
      LaunchPlan plan,
      Path stateDirectory,
      String logPath,
      LogLimits logLimits) {
    StartContainer.Builder request =
        StartContainer.newBuilder()
            .setContainerId(container.id())
            .setPlan(plan)
            .setStateDirectory(stateDirectory.toString())
            .setLogPath(logPath)
            .setTty(container.tty())
            .setStdin(container.stdin())
            .setStdinOnce(container.stdinOnce());
    // Without limits the shim has nothing to look after, and loads no class for it.
    if (!logLimits.equals(LogLimits.getDefaultInstance())) {
      request.setLogLimits(logLimits);
    }
    return request.build();
  }

  /**
   * Asks the shim of the container's pod what it knows of the container.
   *
   * @return empty if the shim does not know it, is gone or does not answer
   */
  static Optional<ContainerProcess> process(PodShims shims, Container container) {
    Optional<PodShim> shim = shims.find(container.record().sandboxId());
    if (shim.isEmpty()) {
      return Optional.empty();
    }
    try {
      return shim.get().list().stream()
          .filter(each -> each.getContainerId().equals(container.id()))
          .findFirst();
    } catch (IOException | RuntimeException e) {
      LOG.warn("container {}: its shim cannot be asked: {}", container.id(), e.getMessage());
      return Optional.empty();
    }
  }

  /** How a container ended, as its shim reports it. */
  public static ContainerExit exit(ContainerExited report) {
    return report.getOomKilled()
        ? ContainerExit.outOfMemory(
            report.getExitCode(),
            report.getFinishedAt(),
            report.getMemoryPeak(),
            report.getMemoryLimit())
        : ContainerExit.ended(report.getExitCode(), report.getFinishedAt());
  }
}
