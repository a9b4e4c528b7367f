package io.jukung.runtime.streaming.session;

import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.terminal.Pty;
import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.container.ContainerExec;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.store.Container;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command that is executed in a running container, with a client. The shim only starts the
 * command. The ends of its pipes or its terminal belong to the daemon, so that no byte of the
 * streams passes through the shim.
 *
 * <p>When the client disconnects, the command is hung up, as by a terminal that goes away: its
 * input ends, its output has no reader, and it gets SIGHUP. A command that ignores SIGHUP keeps
 * running.
 */
final class ExecSession implements CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(ExecSession.class);

  /**
   * How often, after the command has ended, the session looks whether its children have closed the
   * outputs that they inherited.
   */
  private static final long DRAIN_MILLIS = 100;

  /**
   * More than a pipe or terminal holds: after so many bytes, what is read was not written by the
   * command.
   */
  private static final long MAX_AFTER_EXIT = 1 << 20;

  private final CommandClient client;
  private final StreamRequest.Exec request;
  private final ContainerExec execs;
  private final PathWork pathWork;
  private final ProcessStreams streams;
  private Terminal.@Nullable Size size;
  private @Nullable Fd terminal;
  private ContainerExec.@Nullable Started started;
  private @Nullable CommandStatus status;
  private long totalAtExit;
  private boolean gone;
  private boolean finished;

  ExecSession(
      CommandClient client,
      StreamRequest.Exec request,
      ContainerExec execs,
      PathWork pathWork,
      DescriptorLoop loop) {
    this.client = client;
    this.request = request;
    this.execs = execs;
    this.pathWork = pathWork;
    this.streams = new ProcessStreams(client, loop, this::outputsEnded, () -> {});
  }

  /** Starts the command in the background. If that fails, the client is told. */
  static CommandSession start(
      CommandClient client,
      StreamRequest.Exec request,
      ContainerExec execs,
      PathWork pathWork,
      DescriptorLoop loop) {
    ExecSession session = new ExecSession(client, request, execs, pathWork, loop);
    Thread.ofVirtual().name("exec").start(session::start);
    return session;
  }

  void start() {
    try {
      Container container = execs.running("Exec", request.containerId());
      ContainerExec.Started command =
          request.streams().tty() ? startAtTerminal(container) : startWithPipes(container);
      boolean hangUp;
      synchronized (this) {
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
      hangUpIfStarted();
      finish(new CommandStatus.Failed("error executing command in container: " + e.getMessage()));
    }
  }

  private ContainerExec.Started run(Container container, ContainerExec.Command command)
      throws IOException {
    ContainerExec.Started running = execs.start(container, command, ContainerExec.START_PATIENCE);
    synchronized (this) {
      started = running;
    }
    return running;
  }

  /** For a command that runs although its streams could not be connected. */
  private void hangUpIfStarted() {
    ContainerExec.Started command;
    synchronized (this) {
      command = started;
    }
    if (command != null) {
      hangUp(command);
      var _ =
          command
              .exit()
              .whenComplete((_, _) -> Thread.ofVirtual().name("end of exec").start(command::close));
    }
  }

  private ContainerExec.Started startWithPipes(Container container) throws IOException {
    boolean hasInput = request.streams().stdin();
    try (Pipe out = Pipe.open();
        Pipe err = Pipe.open();
        Pipe in = Pipe.open();
        Fd nothing = nothing()) {
      ContainerExec.Started command =
          run(
              container,
              new ContainerExec.Command(
                  request.words(),
                  request.options(),
                  false,
                  hasInput,
                  hasInput ? in.reader() : nothing,
                  out.writer(),
                  err.writer()));
      // An output that was not asked for is read as well: the command would block when it is full.
      streams.addOutput(CommandClient.Output.STDOUT, take(out.reader()));
      streams.addOutput(CommandClient.Output.STDERR, take(err.reader()));
      if (hasInput) {
        streams.connectInput(take(in.writer()));
      }
      return command;
    }
  }

  private ContainerExec.Started startAtTerminal(Container container) throws IOException {
    return execs.sendsTerminals(container)
        ? startAtSentTerminal(container)
        : startAtOwnTerminal(container);
  }

  /** The terminal is known only when the command runs. */
  private ContainerExec.Started startAtSentTerminal(Container container) throws IOException {
    try (SentTerminal terminal = SentTerminal.listen(execs.newConsole(container));
        Fd nothing = nothing()) {
      ContainerExec.Started command =
          run(
              container,
              new ContainerExec.Command(
                  request.words(),
                  request.options(),
                  true,
                  false,
                  nothing,
                  nothing,
                  nothing,
                  Optional.of(terminal.path())));
      try (Fd master = terminal.receive()) {
        keepTerminal(master);
        streams.addOutput(CommandClient.Output.STDOUT, master.duplicate());
        if (request.streams().stdin()) {
          streams.connectInput(master.duplicate());
        }
      }
      return command;
    }
  }

  private ContainerExec.Started startAtOwnTerminal(Container container) throws IOException {
    try (Fd root = ContainerExec.rootOf(container);
        Pty pty =
            pathWork.call( // processes of the container may have mounted anything on its /dev
                container.record().sandboxId(),
                "terminal in container " + container.id(),
                () -> Pty.open(root))) {
      keepTerminal(pty.master());
      Fd slave = pty.slave();
      ContainerExec.Started command =
          run(
              container,
              new ContainerExec.Command(
                  request.words(), request.options(), true, false, slave, slave, slave));
      streams.addOutput(CommandClient.Output.STDOUT, pty.master().duplicate());
      if (request.streams().stdin()) {
        streams.connectInput(pty.master().duplicate());
      }
      return command;
    }
  }

  /** Keeps the master for later changes of the size, unless the client has left meanwhile. */
  private synchronized void keepTerminal(Fd master) throws ErrnoException {
    if (gone) {
      return; // disconnected() has run already, so nobody would close the copy
    }
    terminal = master.duplicate();
    if (size != null) {
      Terminal.resize(terminal, size);
    }
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
    if (!request.streams().tty()) { // a terminal has no input that can be closed alone
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
        LOG.debug("the terminal of an exec could not be resized: {}", e.getMessage());
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
      LOG.warn(
          "exec {} could not be hung up and keeps running without a client: {}",
          command.id(),
          e.getMessage());
    }
  }

  private void exited(
      ContainerExec.Started command, @Nullable Integer code, @Nullable Throwable failure) {
    // Not on the thread that reports exits, because this removes files.
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

  /** Ends the outputs when only children of the command still have them open and they are empty. */
  private void drain() {
    boolean over;
    try {
      over = streams.isEmpty() || streams.total() - totalAtExit > MAX_AFTER_EXIT;
    } catch (ErrnoException e) {
      LOG.warn("the outputs of an exec could not be examined: {}", e.getMessage());
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
