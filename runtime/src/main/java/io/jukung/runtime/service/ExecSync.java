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
import io.jukung.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** ExecSync: runs a command in a running container and returns its output and exit code. */
public final class ExecSync {
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
    return run(container, request.getCmdList(), request.getTimeout());
  }

  private ExecSyncResponse run(Container container, List<String> command, long timeoutSeconds)
      throws IOException, InterruptedException {
    try (Pipe out = Pipe.open();
        Pipe err = Pipe.open();
        ExecOutput output = ExecOutput.of(out.reader(), err.reader(), budget)) {
      StepTimer timer = new StepTimer("ExecSync", container.id());
      try (ContainerExec.Started started = start(container, command, out, err)) {
        timer.step("start");
        output.start(started.id());
        try {
          int exitCode = await(started.exit(), output, command, timeoutSeconds);
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

  private ContainerExec.Started start(Container container, List<String> command, Pipe out, Pipe err)
      throws IOException {
    try (Fd devices = HostFile.openDirectory(Path.of("/dev"));
        Fd stdin = Openat2.openForReading(devices, "null")) {
      ContainerExec.Started started =
          execs.start(
              container,
              new ContainerExec.Command(command, false, false, stdin, out.writer(), err.writer()));
      out.writer().close();
      err.writer().close();
      return started;
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
}
