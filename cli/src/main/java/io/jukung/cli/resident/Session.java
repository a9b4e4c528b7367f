package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.ExitCode;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.process.Signals;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command that has been accepted from a starter: its streams, and what signals and its end do.
 *
 * <p>The thread of the resident client calls {@link #go}, {@link #signal} and {@link #callerGone};
 * the command itself has a thread of its own. The first of these ends it for the starter: its own
 * end, a signal, the disappearance of the starter. The thread of the command closes the
 * descriptors, because nobody else knows when it has stopped using them.
 */
final class Session {
  private static final int BUFFER_BYTES = 8192;
  private static final int SIGNALLED = 128;
  private static final int SIGCONT = 18;
  private static final int SIGTSTP = 20;

  /** Tells the starter the exit code. */
  interface Answer {
    void exit(int code);
  }

  private final StarterRequest request;
  private final Cancellation cancellation;
  private final ServedProcess process;
  private final Fd directoryHandle;
  private final ServedInput input;
  private final ServedOutput output;
  private final ServedOutput error;
  private final CliEnvironment environment;
  private final Answer answer;
  private final Thread command;
  private @Nullable Thread signalThread;
  private boolean ended;

  /**
   * Takes ownership of the descriptors, unless it fails.
   *
   * @param pid the starter's
   * @param descriptors standard input, output and error, and the working directory
   * @throws IOException if the working directory has no path, or a descriptor is unsuitable
   */
  Session(int pid, StarterRequest request, List<Fd> descriptors, Commands commands, Answer answer)
      throws IOException {
    this.request = request;
    this.answer = answer;
    Fd in = descriptors.get(0);
    Fd out = descriptors.get(1);
    Fd err = descriptors.get(2);
    directoryHandle = descriptors.get(3);
    Path directory = directory(directoryHandle);
    cancellation = new Cancellation();
    process = new ServedProcess(pid, directory, directoryHandle, in, out, cancellation);
    input = new ServedInput(in, process, cancellation);
    output = new ServedOutput(out, cancellation);
    error = new ServedOutput(err, cancellation);
    environment =
        new CliEnvironment(
            input,
            print(output),
            print(error),
            CliEnvironment.canShowProgress(err.number(), request.variables()),
            request.variables(),
            InstantSource.system(),
            process);
    command = Thread.ofPlatform().name("command").daemon().unstarted(() -> run(commands));
  }

  private static Path directory(Fd handle) throws IOException {
    Path directory = Files.readSymbolicLink(Path.of(handle.procPath()));
    // A removed directory has another name in /proc, and so has one outside of the root directory.
    if (!directory.isAbsolute() || !Files.isSameFile(directory, Path.of(handle.procPath()))) {
      throw new IOException("the working directory is not reachable");
    }
    return directory;
  }

  private static PrintStream print(ServedOutput output) {
    return new PrintStream(new BufferedOutputStream(output, BUFFER_BYTES), true, UTF_8);
  }

  /** Starts the command, after the starter has said that it waits for the result. */
  void go() {
    command.start();
  }

  /** Closes the descriptors of a command that was not started. */
  void drop() {
    closeDescriptors();
  }

  private void run(Commands commands) {
    int code = ExitCode.FAILED;
    try {
      code = commands.run(environment, request.arguments().toArray(String[]::new));
    } catch (RuntimeException | Error e) {
      // As a JVM does that ends by an error of the program.
      e.printStackTrace(environment.err());
    } finally {
      environment.out().flush();
      environment.err().flush();
      awaitEndBySignal();
      end(code);
      closeDescriptors();
    }
  }

  /** A command that ends because of a signal has the exit code of the signal, as with a JVM. */
  private void awaitEndBySignal() {
    Thread thread;
    synchronized (this) {
      thread = signalThread;
    }
    try {
      if (thread != null) {
        thread.join();
      }
    } catch (InterruptedException e) {
      // The signal has ended the command.
      Thread.currentThread().interrupt();
    }
  }

  private void closeDescriptors() {
    cancel();
    input.close();
    output.close();
    error.close();
    directoryHandle.close();
    cancellation.close();
  }

  private void cancel() {
    try {
      cancellation.cancel();
    } catch (ErrnoException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Ends the command for the starter, unless it has ended. Nothing is read or written any more when
   * the starter learns the exit code.
   */
  private void end(int code) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    cancel();
    input.close();
    answer.exit(code);
  }

  /** Does what a JVM of the command's own would do on a signal. */
  void signal(int number) {
    switch (number) {
      case SIGTSTP -> cancellation.stop();
      case SIGCONT -> cancellation.resume();
      default -> {
        synchronized (this) {
          if (signalThread != null || ended) {
            return;
          }
          signalThread =
              Thread.ofPlatform()
                  .name(Signals.name(number))
                  .daemon()
                  .start(() -> endBySignal(SIGNALLED + number));
        }
        // A hook may need the output, which a stopped starter does not take.
        cancellation.resume();
      }
    }
  }

  private void endBySignal(int code) {
    try {
      process.runEndHooks();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end(code);
    command.interrupt();
  }

  /** Ends the command without its hooks, as SIGKILL ends a JVM. */
  void callerGone() {
    synchronized (this) {
      ended = true;
    }
    cancel();
    command.interrupt();
  }
}
