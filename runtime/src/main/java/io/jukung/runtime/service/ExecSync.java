package io.jukung.runtime.service;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.io.Pipe;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.call.StepTimer;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ExecOutput;
import io.jukung.runtime.spec.ExecOptions;
import io.jukung.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** ExecSync: runs a command in a running container and returns its output and exit code. */
public final class ExecSync {
  /** How long a shim has to report the end of a command that is gone. */
  private static final Duration REPORT_WAIT = Duration.ofSeconds(10);

  /** A year: more than any command takes, and so few that nanoseconds do not overflow. */
  private static final long LONGEST_SECONDS = Duration.ofDays(365).toSeconds();

  private final ContainerExec execs;
  private final ExecOutput.Budget budget = new ExecOutput.Budget();

  public ExecSync(ContainerExec execs) {
    this.execs = execs;
  }

  public ExecSyncResponse call(ExecSyncRequest request) throws IOException, InterruptedException {
    if (request.getCmdCount() == 0) {
      throw CriException.invalidArgument("ExecSync: cmd is empty");
    }
    if (request.getTimeout() < 0) {
      throw CriException.invalidArgument("ExecSync: timeout is negative");
    }
    Container container = execs.running("ExecSync", request.getContainerId());
    return run(container, request.getCmdList(), new Limit(request.getTimeout()));
  }

  /** The time limit of a call, which includes the start of the command. */
  private record Limit(long seconds, long deadline) {
    /**
     * Begins the limit.
     *
     * @param seconds 0: there is no limit
     */
    Limit(long seconds) {
      this(
          seconds,
          System.nanoTime() + Duration.ofSeconds(Math.min(seconds, LONGEST_SECONDS)).toNanos());
    }

    boolean isSet() {
      return seconds > 0;
    }

    Duration left() {
      return Duration.ofNanos(Math.max(deadline - System.nanoTime(), 0));
    }

    Duration forStart() {
      Duration left = left();
      return isSet() && left.compareTo(ContainerExec.START_PATIENCE) < 0
          ? left
          : ContainerExec.START_PATIENCE;
    }

    CriException exceeded(List<String> command, Exception cause) {
      return new CriException(
          ErrorKind.DEADLINE_EXCEEDED,
          "ExecSync: command "
              + command.getFirst()
              + " timed out after "
              + seconds
              + " s"
              + (cause.getMessage() == null ? "" : ": " + cause.getMessage()),
          cause);
    }
  }

  private ExecSyncResponse run(Container container, List<String> command, Limit limit)
      throws IOException, InterruptedException {
    try (Pipe out = Pipe.open();
        Pipe err = Pipe.open();
        ExecOutput output = ExecOutput.of(out.reader(), err.reader(), budget)) {
      StepTimer timer = new StepTimer("ExecSync", container.id());
      try (ContainerExec.Started started = start(container, command, limit, out, err)) {
        timer.step("start");
        output.start(started.id());
        try {
          int exitCode = await(started, output, command, limit);
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
          started.kill(e);
          throw e;
        }
      }
    }
  }

  private ContainerExec.Started start(
      Container container, List<String> command, Limit limit, Pipe out, Pipe err)
      throws IOException {
    try (Fd devices = HostFile.openDirectory(Path.of("/dev"));
        Fd stdin = Openat2.openForReading(devices, "null")) {
      ContainerExec.Started started =
          execs.start(
              container,
              new ContainerExec.Command(
                  command, ExecOptions.NONE, false, false, stdin, out.writer(), err.writer()),
              limit.forStart());
      out.writer().close();
      err.writer().close();
      return started;
    } catch (CriException e) {
      if (limit.isSet() && limit.left().isZero()) {
        throw limit.exceeded(command, e);
      }
      throw e;
    }
  }

  private static int await(
      ContainerExec.Started started, ExecOutput output, List<String> command, Limit limit)
      throws IOException, InterruptedException {
    CompletableFuture<Integer> exit = started.exit();
    CompletableFuture<Object> ended = CompletableFuture.anyOf(exit, output.failure());
    try {
      if (limit.isSet()) {
        ended.get(limit.left().toNanos(), TimeUnit.NANOSECONDS);
      } else {
        awaitReport(started, ended);
      }
      return exit.getNow(0);
    } catch (TimeoutException e) {
      throw limit.exceeded(command, e);
    } catch (ExecutionException e) {
      switch (Failures.cause(e)) {
        case CriException refused -> throw refused;
        case IOException io -> throw io;
        case Throwable other ->
            throw new IOException("exec of " + command.getFirst() + ": " + other, other);
      }
    }
  }

  /** Waits without a limit while the command runs, and for a bounded time when it is gone. */
  private static void awaitReport(ContainerExec.Started started, CompletableFuture<Object> ended)
      throws IOException, InterruptedException, ExecutionException {
    boolean wasGone = false;
    while (true) {
      try {
        ended.get(REPORT_WAIT.toNanos(), TimeUnit.NANOSECONDS);
        return;
      } catch (TimeoutException e) {
        if (wasGone) {
          throw new CriException(
              ErrorKind.UNAVAILABLE,
              "ExecSync: the command has ended, and its shim has not told how for "
                  + REPORT_WAIT.toSeconds()
                  + " s",
              e);
        }
        wasGone = started.isGone();
      }
    }
  }
}
