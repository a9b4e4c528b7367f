package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.io.Pipe;
import io.jukung.runtime.launch.CompiledLaunch;
import io.jukung.runtime.launch.LaunchCompiler;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a command in a running container and answers with its output and exit code. The command has
 * a cgroup of its own inside the container's, so that a timeout ends all it started, and nothing
 * else.
 */
public final class ExecSync {
  private static final Logger LOG = LoggerFactory.getLogger(ExecSync.class);

  /** A killed process ends at once, unless it hangs in the kernel. */
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  private final ContainerStore containers;
  private final StateFiles files;
  private final PodShims shims;
  private final PodCgroups cgroups;
  private final LaunchCompiler compiler;
  private final ExecOutput.Budget budget = new ExecOutput.Budget();

  /** Works with these. */
  public ExecSync(
      ContainerStore containers,
      StateFiles files,
      PodShims shims,
      PodCgroups cgroups,
      LaunchCompiler compiler) {
    this.containers = containers;
    this.files = files;
    this.shims = shims;
    this.cgroups = cgroups;
    this.compiler = compiler;
  }

  public ExecSyncResponse call(ExecSyncRequest request) throws IOException, InterruptedException {
    if (request.getCmdCount() == 0) {
      throw CriException.invalidArgument("ExecSync: cmd is empty");
    }
    if (request.getTimeout() < 0) {
      throw CriException.invalidArgument("ExecSync: timeout is negative");
    }
    Container container = containers.get(request.getContainerId());
    if (!container.status().isRunning()) {
      throw CriException.failedPrecondition(
          "ExecSync: container "
              + container.id()
              + " is not running but "
              + container.status().state());
    }
    return run(container, request.getCmdList(), request.getTimeout());
  }

  private ExecSyncResponse run(Container container, List<String> command, long timeoutSeconds)
      throws IOException, InterruptedException {
    String id = ObjectId.random();
    StepTimer timer = new StepTimer("ExecSync", id);
    Cgroup cgroup = cgroups.at(container.record().cgroup()).child("exec-" + id);
    PodProcesses processes = shims.get(container.record().sandboxId());
    boolean launched = false;
    try (Pipe out = Pipe.open();
        Pipe err = Pipe.open();
        ExecOutput output = ExecOutput.of(out.reader(), err.reader(), budget)) {
      cgroup.createPlain();
      timer.step("prepare");
      start(container, id, command, cgroup, processes, out.writer(), err.writer());
      launched = true;
      timer.step("start");
      out.writer().close();
      err.writer().close();
      output.start(id);
      int exitCode = await(processes.execExit(id), output, command, timeoutSeconds);
      timer.step("run");
      output.finish();
      timer.step("drain");
      timer.done();
      return ExecSyncResponse.newBuilder()
          .setExitCode(exitCode)
          .setStdout(output.stdout())
          .setStderr(output.stderr())
          .build();
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (launched) {
        killAll(cgroup, processes.execExit(id), e);
      }
      throw e;
    } finally {
      removeUnlessUsed(cgroup);
    }
  }

  private void start(
      Container container,
      String id,
      List<String> command,
      Cgroup cgroup,
      PodProcesses processes,
      Fd stdout,
      Fd stderr)
      throws IOException {
    Spec spec =
        ResourceRecords.inForce(Spec.fromJson(files.readSpec(container.id())), container.record());
    CompiledLaunch launch =
        compiler.exec(spec.process().toExec(command), spec.linux(), cgroup.path(), false);
    try (Fd devices = AtomicFile.openHostDirectory(Path.of("/dev"));
        Fd stdin = Openat2.openForReading(devices, "null")) {
      processes.exec(id, container.id(), launch.toPlan(), stdin, stdout, stderr);
    } catch (PodProcesses.LaunchRefused e) {
      throw new IOException(
          "exec in container " + container.id() + ": " + launch.explain(e.failure()), e);
    }
  }

  private static int await(
      CompletableFuture<Integer> exit, ExecOutput output, List<String> command, long timeoutSeconds)
      throws IOException, InterruptedException {
    CompletableFuture<Object> ended = CompletableFuture.anyOf(exit, output.failure());
    try {
      if (timeoutSeconds == 0) {
        ended.get();
      } else {
        ended.get(timeoutSeconds, TimeUnit.SECONDS);
      }
      return exit.getNow(0);
    } catch (TimeoutException e) {
      throw new CriException(
          ErrorKind.DEADLINE_EXCEEDED,
          "ExecSync: command " + command.getFirst() + " timed out after " + timeoutSeconds + " s",
          e);
    } catch (ExecutionException e) {
      switch (Failures.cause(e)) {
        case CriException refused -> throw refused;
        case IOException io -> throw io;
        case Throwable other ->
            throw new IOException("exec of " + command.getFirst() + ": " + other, other);
      }
    }
  }

  private static void killAll(Cgroup cgroup, CompletableFuture<Integer> exit, Exception cause) {
    try {
      cgroup.kill();
      exit.get(KILL_WAIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      cause.addSuppressed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a command left running in the background goes with its container. */
  private static void removeUnlessUsed(Cgroup cgroup) {
    try {
      cgroup.remove(Duration.ZERO);
    } catch (ErrnoException e) {
      if (!e.is(Errno.EBUSY)) {
        LOG.warn("{} is left: {}", cgroup, e.getMessage());
      }
    } catch (IOException e) {
      LOG.warn("{} is left: {}", cgroup, e.getMessage());
    }
  }
}
