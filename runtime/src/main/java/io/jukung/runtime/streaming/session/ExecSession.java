package io.jukung.runtime.streaming.session;

import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.terminal.Pty;
import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.store.Container;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command in a running container, with a client. The shim only starts it: its pipes or terminal
 * are this process's, so that no byte goes through the shim.
 *
 * <p>When the client goes without a word, the command is hung up, as by a terminal that goes away:
 * its input ends, its output has no reader, and it gets SIGHUP. One that ignores it lives on.
 */
final class ExecSession implements CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(ExecSession.class);

  /** After the end of the command: for its children to close what they inherited. */
  private static final long DRAIN_MILLIS = 100;

  /** More than a pipe or terminal holds: what comes after it was not the command's. */
  private static final long MAX_AFTER_EXIT = 1 << 20;

  private final CommandClient client;
  private final StreamRequest.Exec request;
  private final ContainerExec execs;
  private final ProcessStreams streams;
  private Terminal.@Nullable Size size;
  private @Nullable Fd terminal;
  private ContainerExec.@Nullable Started started;
  private @Nullable CommandStatus status;
  private long totalAtExit;
  private boolean gone;
  private boolean finished;

  private ExecSession(
      CommandClient client, StreamRequest.Exec request, ContainerExec execs, DescriptorLoop loop) {
    this.client = client;
    this.request = request;
    this.execs = execs;
    this.streams = new ProcessStreams(client, loop, this::outputsEnded, () -> {});
  }

  /** Starts in the background, and tells the client if that fails. */
  static CommandSession start(
      CommandClient client, StreamRequest.Exec request, ContainerExec execs, DescriptorLoop loop) {
    ExecSession session = new ExecSession(client, request, execs, loop);
    Thread.ofVirtual().name("exec").start(session::start);
    return session;
  }

  private void start() {
    try {
      Container container = execs.running("Exec", request.containerId());
      ContainerExec.Started command =
          request.streams().tty() ? startAtTerminal(container) : startWithPipes(container);
      boolean hangUp;
      synchronized (this) {
        started = command;
        hangUp = gone;
      }
      streams.startOutputs();
      if (hangUp) {
        hangUp(command);
      }
      var _ = command.exit().whenComplete((code, failure) -> exited(command, code, failure));
    } catch (IOException | RuntimeException e) {
      streams.close();
      closeTerminal();
      finish(new CommandStatus.Failed("error executing command in container: " + e.getMessage()));
    }
  }

  private ContainerExec.Started startWithPipes(Container container) throws IOException {
    boolean hasInput = request.streams().stdin();
    try (Pipe out = Pipe.open();
        Pipe err = Pipe.open();
        Pipe in = Pipe.open();
        Fd nothing = nothing()) {
      ContainerExec.Started command =
          execs.start(
              container,
              new ContainerExec.Command(
                  request.words(),
                  false,
                  hasInput,
                  hasInput ? in.reader() : nothing,
                  out.writer(),
                  err.writer()));
      // An output that is not asked for is read all the same: the command may write.
      streams.addOutput(CommandClient.Output.STDOUT, take(out.reader()));
      streams.addOutput(CommandClient.Output.STDERR, take(err.reader()));
      if (hasInput) {
        streams.connectInput(take(in.writer()));
      }
      return command;
    }
  }

  private ContainerExec.Started startAtTerminal(Container container) throws IOException {
    try (Fd root = rootOf(container);
        Pty pty = Pty.open(root)) {
      synchronized (this) {
        terminal = pty.master().duplicate();
        if (size != null) {
          Terminal.resize(terminal, size);
        }
      }
      Fd slave = pty.slave();
      ContainerExec.Started command =
          execs.start(
              container,
              new ContainerExec.Command(request.words(), true, false, slave, slave, slave));
      streams.addOutput(CommandClient.Output.STDOUT, pty.master().duplicate());
      if (request.streams().stdin()) {
        streams.connectInput(pty.master().duplicate());
      }
      return command;
    }
  }

  /** The container's root as its own processes see it, mounts included. */
  private static Fd rootOf(Container container) throws ErrnoException {
    return HostFile.open(
        "/proc/" + container.status().pid() + "/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0);
  }

  private static Fd nothing() throws IOException {
    try (Fd devices = HostFile.openDirectory(Path.of("/dev"))) {
      return Openat2.openForReading(devices, "null");
    }
  }

  private static Fd take(Fd end) {
    return Fd.own(end.release());
  }

  @Override
  public void input(ByteBuf bytes) {
    streams.input(bytes);
  }

  @Override
  public void inputEnded() {
    if (!request.streams().tty()) { // a terminal has no half of it to close
      streams.endInput();
    }
  }

  @Override
  public synchronized void resize(Terminal.Size wanted) {
    size = wanted;
    if (terminal != null) {
      try {
        Terminal.resize(terminal, wanted);
      } catch (ErrnoException e) {
        LOG.debug("resize of exec: {}", e.getMessage());
      }
    }
  }

  @Override
  public void writable() {
    streams.resumeOutputs();
  }

  @Override
  public void disconnected() {
    ContainerExec.Started command;
    synchronized (this) {
      if (gone || finished) {
        return;
      }
      gone = true;
      command = started;
    }
    streams.close();
    closeTerminal();
    if (command != null) {
      Thread.ofVirtual().name("hang up").start(() -> hangUp(command));
    }
  }

  private static void hangUp(ContainerExec.Started command) {
    try {
      command.hangUp();
    } catch (IOException e) {
      LOG.warn("exec {} runs on without a client: {}", command.id(), e.getMessage());
    }
  }

  private void exited(
      ContainerExec.Started command, @Nullable Integer code, @Nullable Throwable failure) {
    // Not on the thread that tells exits: files are removed.
    Thread.ofVirtual().name("end of exec").start(command::close);
    synchronized (this) {
      totalAtExit = streams.total();
      status =
          code == null
              ? new CommandStatus.Failed("exit of the command: " + sentence(failure))
              : new CommandStatus.Exited(code);
      if (gone) {
        return;
      }
    }
    if (streams.outputsRunning()) {
      drainLater();
    } else {
      outputsEnded();
    }
  }

  private static String sentence(@Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause == null ? "unknown" : String.valueOf(cause.getMessage());
  }

  private void drainLater() {
    var _ = client.events().schedule(this::drain, DRAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Ends outputs that only children of the command still hold open. */
  private void drain() {
    boolean over;
    try {
      over = streams.isEmpty() || streams.total() - totalAtExit > MAX_AFTER_EXIT;
    } catch (ErrnoException e) {
      LOG.warn("output of exec: {}", e.getMessage());
      over = true;
    }
    synchronized (this) {
      if (finished || gone) {
        return;
      }
    }
    if (over) {
      streams.endOutputs();
      outputsEnded();
    } else {
      drainLater();
    }
  }

  private void outputsEnded() {
    CommandStatus end;
    synchronized (this) {
      end = status;
    }
    if (end != null) {
      streams.close();
      closeTerminal();
      finish(end);
    }
  }

  private void finish(CommandStatus end) {
    synchronized (this) {
      if (finished || gone) {
        return;
      }
      finished = true;
    }
    client.finish(end);
  }

  private synchronized void closeTerminal() {
    if (terminal != null) {
      terminal.close();
      terminal = null;
    }
  }
}
