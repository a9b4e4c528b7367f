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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client attached to a container's own streams, which the shim copies to pipes. The container
 * lives on when the client leaves. A client that does not read holds up the application, as it
 * would with other runtimes, but not for long: then it is detached.
 */
final class AttachSession implements CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(AttachSession.class);

  /** How long a client may take nothing, once its buffers are full. */
  private static final long STALL_SECONDS = 10;

  private final CommandClient client;
  private final StreamRequest.Attach request;
  private final ContainerStore containers;
  private final PodShims shims;
  private final ProcessStreams streams;
  private final boolean keepsOutputs;
  private Terminal.@Nullable Size size;
  private boolean attached;
  private boolean resizing;
  private int stalls;
  private boolean stalled;
  private boolean over;

  private AttachSession(
      CommandClient client,
      StreamRequest.Attach request,
      ContainerStore containers,
      PodShims shims,
      DescriptorLoop loop) {
    this.client = client;
    this.request = request;
    this.containers = containers;
    this.shims = shims;
    this.streams = new ProcessStreams(client, loop, this::ended, this::outputStalled);
    this.keepsOutputs =
        containers
            .find(request.containerId())
            .map(container -> container.record().stdinOnce() && !container.record().tty())
            .orElse(false);
  }

  /** Attaches in the background, and tells the client if that fails. */
  static CommandSession start(
      CommandClient client,
      StreamRequest.Attach request,
      ContainerStore containers,
      PodShims shims,
      DescriptorLoop loop) {
    AttachSession session = new AttachSession(client, request, containers, shims, loop);
    Thread.ofVirtual().name("attach").start(session::start);
    return session;
  }

  /**
   * Whether a client can be attached.
   *
   * @throws CriException FAILED_PRECONDITION where it has ended
   */
  static void check(Container container) {
    if (container.status().isExited()) {
      throw CriException.failedPrecondition("Attach: container " + container.id() + " has ended");
    }
  }

  private void start() {
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

  /** As kubectl expects: where the container's input closes with it, its output is still wanted. */
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

  /** One thread at a time: of many sizes only the last counts. */
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
    synchronized (this) {
      stalled = false;
    }
    streams.resumeOutputs();
  }

  private void outputStalled() {
    int stall;
    synchronized (this) {
      if (stalled) {
        return;
      }
      stalled = true;
      stall = ++stalls;
    }
    var _ = client.events().schedule(() -> giveUpIfStill(stall), STALL_SECONDS, TimeUnit.SECONDS);
  }

  private void giveUpIfStill(int stall) {
    boolean still;
    synchronized (this) {
      still = stalled && stalls == stall;
    }
    if (still && streams.isPaused()) {
      LOG.info("a client of container {} does not read, it is detached", request.containerId());
      finish(
          new CommandStatus.Failed(
              "detached from the container: its output was not read for " + STALL_SECONDS + " s"));
    }
  }

  private void ended() {
    finish(new CommandStatus.Exited(0));
  }

  private void finish(CommandStatus status) {
    if (end()) {
      streams.endOutputs();
      // What was typed before is the container's; it may take it later.
      var _ = client.events().schedule(streams::close, STALL_SECONDS, TimeUnit.SECONDS);
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
