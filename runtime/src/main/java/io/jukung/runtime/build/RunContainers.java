package io.jukung.runtime.build;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.image.build.CommandRunner;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.runtime.call.SideTask;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Runs the commands of one stage, each in a container of its own, in a pod that they share. For one
 * thread.
 */
final class RunContainers implements CommandRunner {
  /** How often the output of a command is looked for; nobody notices the delay. */
  private static final Duration OUTPUT_PAUSE = Duration.ofMillis(30);

  private final BuildPods pods;
  private final BuildDirectories directories;
  private final StatePaths paths;
  private final CacheLocks cacheLocks;
  private final BuildSecrets secrets;
  private final Map<Network, BuildPods.Pod> running = new EnumMap<>(Network.class);

  /**
   * @param cacheLocks held while a command uses a directory that no other may use meanwhile
   * @param secrets those of the build
   */
  RunContainers(
      BuildPods pods,
      BuildDirectories directories,
      StatePaths paths,
      CacheLocks cacheLocks,
      BuildSecrets secrets) {
    this.pods = pods;
    this.directories = directories;
    this.paths = paths;
    this.cacheLocks = cacheLocks;
    this.secrets = secrets;
  }

  @Override
  public boolean hasSecret(String id) {
    return secrets.has(id);
  }

  @Override
  public boolean hasAgent(String id) {
    return secrets.hasAgent(id);
  }

  @Override
  public Ended run(Command command, Output output) throws IOException, InterruptedException {
    BuildPods.Pod pod = pod(command.network());
    Files.deleteIfExists(pod.log());
    CommandMounts mounts = new CommandMounts(directories, cacheLocks, secrets);
    try {
      mounts.prepare(command.mounts());
      Container container =
          whole("create a container", () -> pods.create(pod, command, mounts.list()));
      try {
        Path upper = paths.containerUpper(container.id());
        MountStubs stubs = MountStubs.of(upper);
        start(container, command);
        follow(container, pod.log(), output);
        stubs.remove(upper);
        return new EndedContainer(container, upper, mounts);
      } catch (IOException | InterruptedException | RuntimeException e) {
        tidy("remove container " + container.id(), () -> pods.remove(container), e);
        throw e;
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      tidy("remove mounts", mounts::close, e);
      throw e;
    }
  }

  private BuildPods.Pod pod(Network network) throws IOException {
    BuildPods.Pod pod = running.get(network);
    if (pod == null) {
      NamespaceMode mode =
          switch (network) {
            case DEFAULT -> NamespaceMode.POD;
            case HOST -> NamespaceMode.NODE;
            case NONE ->
                throw new CriException(
                    ErrorKind.UNIMPLEMENTED, "the network none of RUN is not implemented");
          };
      Path logs = Files.createTempDirectory(directories.work(), "logs-");
      try {
        pod = whole("run a pod", () -> pods.run(mode, logs));
      } catch (IOException | RuntimeException e) {
        tidy("remove logs", () -> TreeRemoval.remove(logs), e);
        throw e;
      }
      running.put(network, pod);
    }
    return pod;
  }

  /**
   * Waits for a call that makes something, also if the calling thread is interrupted: only what is
   * known to be there can be removed again. Each of these calls has a limit of its own.
   */
  private static <T> T whole(String what, Callable<T> call) throws IOException {
    return SideTask.start(what, call).join();
  }

  private void start(Container container, Command command) throws IOException {
    try {
      var _ =
          whole(
              "start container " + container.id(),
              () -> {
                pods.start(container);
                return container;
              });
    } catch (CriException e) {
      throw new CriException(
          e.kind(), "run \"%s\": %s".formatted(command.arguments().getFirst(), e.getMessage()), e);
    }
  }

  private static void follow(Container container, Path file, Output output)
      throws IOException, InterruptedException {
    try (StepLog log = new StepLog(file, output)) {
      while (!container.awaitExit(OUTPUT_PAUSE)) {
        log.read();
      }
      log.read(); // the shim writes the rest before it tells the end
    }
  }

  /** Does what must be done after a failure, also on a thread that is interrupted. */
  private static void tidy(String what, SideTask.Step step, Exception cause) {
    try {
      var _ = SideTask.start(what, step).join();
    } catch (IOException | RuntimeException e) {
      cause.addSuppressed(e);
    }
  }

  /** Removes all pods; of several failures, the first has the others as suppressed exceptions. */
  @Override
  public void close() throws IOException {
    List<SideTask.Step> removals = new ArrayList<>();
    for (BuildPods.Pod pod : running.values()) {
      removals.add(
          () -> {
            pods.remove(pod);
            TreeRemoval.remove(pod.directory());
          });
    }
    running.clear();
    all("remove the pods of a build", removals);
  }

  /** Takes all steps, also those after one that fails, and on a thread that is interrupted. */
  static void all(String what, List<SideTask.Step> steps) throws IOException {
    IOException failed = null;
    for (SideTask.Step step : steps) {
      try {
        var _ = SideTask.start(what, step).join();
      } catch (IOException | RuntimeException e) {
        if (failed == null) {
          failed = new IOException(what + ": " + e.getMessage(), e);
        } else {
          failed.addSuppressed(e);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private final class EndedContainer implements Ended {
    private final Container container;
    private final Path upper;
    private final CommandMounts mounts;

    EndedContainer(Container container, Path upper, CommandMounts mounts) {
      this.container = container;
      this.upper = upper;
      this.mounts = mounts;
    }

    @Override
    public int exitCode() {
      return container.status().exitCode();
    }

    @Override
    public boolean outOfMemory() {
      return container.status().reason().equals("OOMKilled");
    }

    @Override
    public Path upper() {
      return upper;
    }

    @Override
    public void close() throws IOException {
      var _ =
          SideTask.start(
                  "remove container " + container.id(),
                  () -> {
                    try (mounts) {
                      pods.remove(container);
                    }
                  })
              .join();
    }
  }
}
