package io.jukung.runtime.life;

import io.jukung.client.v1.ExecAsRequest;
import io.jukung.client.v1.ExecAsResponse;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ExecRequest;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Pipe;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.call.StreamUrls;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.spec.ExecOptions;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ExecAs: returns a URL at which a client can run a command, also as another user, or starts the
 * command itself if nobody wants its output.
 */
public final class ExecAs {
  private static final Logger LOG = LoggerFactory.getLogger(ExecAs.class);

  /** How many detached commands run at a time. Each has a thread. */
  private static final int MAX_DETACHED = 200;

  private static final int BUFFER_BYTES = 4 << 10;
  private static final long STACK_BYTES = 256 << 10;

  private final Semaphore detached = new Semaphore(MAX_DETACHED);
  private final ContainerExec execs;
  private final ContainerSpecs specs;
  private final PathWork pathWork;
  private final StreamUrls urls;

  public ExecAs(ContainerExec execs, ContainerSpecs specs, PathWork pathWork, StreamUrls urls) {
    this.execs = execs;
    this.specs = specs;
    this.pathWork = pathWork;
    this.urls = urls;
  }

  public ExecAsResponse call(ExecAsRequest request) throws IOException {
    if (request.getCommandCount() == 0) {
      throw CriException.invalidArgument("ExecAs: command is empty");
    }
    if (request.getDetached()) {
      startAlone(request);
      return ExecAsResponse.getDefaultInstance();
    }
    StreamUrls.checkStreams(
        "ExecAs", request.getTty(), request.getStdin(), request.getStdout(), request.getStderr());
    Container container = execs.running("ExecAs", request.getContainerId());
    ExecRequest command =
        ExecRequest.newBuilder()
            .setContainerId(container.id())
            .addAllCmd(request.getCommandList())
            .setTty(request.getTty())
            .setStdin(request.getStdin())
            .setStdout(request.getStdout())
            .setStderr(request.getStderr())
            .build();
    String url = urls.exec(command, options(container, request));
    return ExecAsResponse.newBuilder().setUrl(url).build();
  }

  /**
   * Starts a command whose input is empty and whose output is dropped. Its cgroup is removed when
   * it has ended.
   */
  private void startAlone(ExecAsRequest request) throws IOException {
    if (request.getTty() || request.getStdin() || request.getStdout() || request.getStderr()) {
      throw CriException.invalidArgument("ExecAs: a command that is detached has no streams");
    }
    Container container = execs.running("ExecAs", request.getContainerId());
    ExecOptions options = options(container, request);
    if (!detached.tryAcquire()) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          "ExecAs: " + MAX_DETACHED + " detached commands run, wait for the end of some");
    }
    boolean started = false;
    Pipe output = Pipe.open();
    try (Fd nothing = HostFile.open("/dev/null", OpenFlags.O_RDONLY, 0)) {
      var command =
          new ContainerExec.Command(
              request.getCommandList(),
              options,
              /* atTerminal= */ false,
              /* hasInput= */ false,
              nothing,
              output.writer(),
              output.writer());
      drop(execs.start(container, command, ContainerExec.START_PATIENCE), output);
      started = true;
    } finally {
      if (!started) {
        output.close();
        detached.release();
      }
    }
  }

  /**
   * Reads the output as long as any process can write it: writing to a pipe that nobody reads would
   * end the command. A platform thread, because a virtual one that blocks holds its carrier.
   */
  private void drop(ContainerExec.Started command, Pipe output) {
    output.writer().close();
    Thread.ofPlatform()
        .daemon()
        .name("output of exec " + command.id())
        .stackSize(STACK_BYTES)
        .start(
            () -> {
              try (output) {
                byte[] buffer = new byte[BUFFER_BYTES];
                while (output.reader().read(buffer, 0, buffer.length) > 0) {
                  // The output is dropped: no client has asked for it.
                }
              } catch (IOException e) {
                LOG.warn("exec {}: its output is not read: {}", command.id(), e.getMessage());
              } finally {
                detached.release();
              }
            });
    // Not on the thread that reports exits, because this removes files.
    var _ =
        command
            .exit()
            .whenComplete((_, _) -> Thread.ofVirtual().name("end of exec").start(command::close));
  }

  private ExecOptions options(Container container, ExecAsRequest request) throws IOException {
    Spec.Process process = specs.of(container.id()).process();
    // Processes of the container may have mounted anything on its /etc.
    return pathWork.call(
        container.record().sandboxId(),
        "accounts of container " + container.id(),
        () -> {
          try (Fd root = ContainerExec.rootOf(container)) {
            return ExecOptions.of(request, process, root);
          }
        });
  }
}
