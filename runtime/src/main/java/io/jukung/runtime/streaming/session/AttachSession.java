package io.jukung.runtime.streaming.session;

import io.jukung.cri.CriException;
import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.shim.PodShim;
import io.jukung.runtime.shim.PodShims;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client that is attached to the streams of a container's own process. The shim copies the
 * streams to pipes. The container keeps running when the client leaves. A client that does not read
 * its output blocks the application, as with other runtimes, but only for a bounded time: then the
 * client is detached.
 */
final class AttachSession implements CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(AttachSession.class);

  /** How long a client may read nothing, once its buffers are full. */
  private static final Duration MAX_STALL = Duration.ofSeconds(10);

  /** How long the container may take to read the last input, after the session has ended. */
  private static final Duration INPUT_DRAIN = Duration.ofSeconds(10);

  private final CommandClient client;
  private final StreamRequest.Attach request;
  private final ContainerStore containers;
  private final PodShims shims;
  private final ProcessStreams streams;
  private final boolean keepsOutputs;
  private Terminal.@Nullable Size size;
  private boolean attached;
  private boolean resizing;
  private boolean watchesStall;
  private boolean over;

  /**
   * Makes a session that has not begun.
   *
   * @param clock nanoseconds since any moment
   */
  AttachSession(
      CommandClient client,
      StreamRequest.Attach request,
      ContainerStore containers,
      PodShims shims,
      DescriptorLoop loop,
      LongSupplier clock) {
    this.client = client;
    this.request = request;
    this.containers = containers;
    this.shims = shims;
    this.streams = new ProcessStreams(client, loop, this::ended, this::outputStalled, clock);
    this.keepsOutputs =
        containers
            .find(request.containerId())
            .map(container -> container.record().stdinOnce() && !container.record().tty())
            .orElse(false);
  }

  /** Attaches in the background. If that fails, the client is told. */
  static CommandSession start(
      CommandClient client,
      StreamRequest.Attach request,
      ContainerStore containers,
      PodShims shims,
      DescriptorLoop loop) {
    AttachSession session =
        new AttachSession(client, request, containers, shims, loop, System::nanoTime);
    Thread.ofVirtual().name("attach").start(session::start);
    return session;
  }

  /**
   * Checks that a client can be attached to a container.
   *
   * @throws CriException FAILED_PRECONDITION if the container has ended
   */
  static void check(Container container) {
    if (container.status().isExited()) {
      throw CriException.failedPrecondition("Attach: container " + container.id() + " has ended");
    }
  }

  void start() {
    try {
      Container container = containers.get(request.containerId());
      check(container);
      attach(container);
      synchronized (this) {
        attached = true;
        if (over) {
          return;
        }
      }
      streams.startOutputs();
      resizeSoon();
      if (!request.streams().stdout() && !request.streams().stderr()) {
        var _ = container.exit().thenRun(this::ended);
      }
    } catch (IOException | RuntimeException e) {
      finish(new CommandStatus.Failed("error attaching to container: " + e.getMessage()));
    }
  }

  private void attach(Container container) throws IOException {
    StreamRequest.Streams wanted = request.streams();
    try (Pipe in = Pipe.open();
        Pipe out = Pipe.open();
        Pipe err = Pipe.open()) {
      shims
          .get(container.record().sandboxId())
          .attach(
              container.id(),
              wanted.stdin() ? in.reader() : null,
              wanted.stdout() ? out.writer() : null,
              wanted.stderr() ? err.writer() : null);
      if (wanted.stdout()) {
        streams.addOutput(CommandClient.Output.STDOUT, Fd.own(out.reader().release()));
      }
      if (wanted.stderr()) {
        streams.addOutput(CommandClient.Output.STDERR, Fd.own(err.reader().release()));
      }
      if (wanted.stdin()) {
        streams.connectInput(Fd.own(in.writer().release()));
      }
    }
  }

  @Override
  public void input(ByteBuf bytes) {
    streams.input(bytes);
  }

  /**
   * Ends the session, as kubectl expects, unless the container's own input ends with the client's
   * (stdinOnce): then its output is still wanted.
   */
  @Override
  public void inputEnded() {
    streams.endInput();
    if (!keepsOutputs) {
      finish(new CommandStatus.Exited(0));
    }
  }

  @Override
  public void resize(Terminal.Size wanted) {
    synchronized (this) {
      size = wanted;
      if (!attached || over) {
        return;
      }
    }
    resizeSoon();
  }

  /**
   * Starts a thread that sets the last size, if none runs. Of several sizes only the last one
   * counts.
   */
  private void resizeSoon() {
    synchronized (this) {
      if (size == null || resizing || !request.streams().tty()) {
        return;
      }
      resizing = true;
    }
    Thread.ofVirtual().name("resize").start(this::resizeToLast);
  }

  private void resizeToLast() {
    while (true) {
      Terminal.Size wanted;
      synchronized (this) {
        wanted = size;
        size = null;
        if (wanted == null || over) {
          resizing = false;
          return;
        }
      }
      try {
        Container container = containers.get(request.containerId());
        PodShim shim = shims.get(container.record().sandboxId());
        shim.resize(container.id(), wanted.columns(), wanted.rows());
      } catch (IOException | CriException e) {
        LOG.debug("resize of container {}: {}", request.containerId(), e.getMessage());
      }
    }
  }

  @Override
  public void writable() {
    streams.resumeOutputs();
  }

  private void outputStalled() {
    synchronized (this) {
      if (watchesStall || over) {
        return;
      }
      watchesStall = true;
    }
    lookAtStall();
  }

  /**
   * Detaches the client if it has not read for too long. If it has not read for a shorter time,
   * looks again later.
   */
  private void lookAtStall() {
    Duration left;
    synchronized (this) {
      Optional<Duration> stall = streams.longestStall();
      if (stall.isEmpty() || over) {
        watchesStall = false;
        return;
      }
      left = MAX_STALL.minus(stall.get());
    }
    if (left.isPositive()) {
      var _ = client.events().schedule(this::lookAtStall, left.toNanos(), TimeUnit.NANOSECONDS);
      return;
    }
    LOG.info("a client of container {} does not read, it is detached", request.containerId());
    finish(
        new CommandStatus.Failed(
            "detached from the container: its output was not read for "
                + MAX_STALL.toSeconds()
                + " s"));
  }

  private void ended() {
    finish(new CommandStatus.Exited(0));
  }

  private void finish(CommandStatus status) {
    if (end()) {
      streams.endOutputs();
      var _ =
          client.events().schedule(streams::close, INPUT_DRAIN.toMillis(), TimeUnit.MILLISECONDS);
      streams.endInput();
      client.finish(status);
    }
  }

  private synchronized boolean end() {
    boolean first = !over;
    over = true;
    return first;
  }

  @Override
  public void disconnected() {
    if (end()) {
      streams.close();
    }
  }
}
