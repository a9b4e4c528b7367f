package io.jukung.runtime.streaming.session;

import io.jukung.cri.streaming.CommandStatus;
import java.util.concurrent.ScheduledExecutorService;

/** The client of an exec or attach, whichever protocol the client speaks. Thread-safe. */
public interface CommandClient {
  /** The streams that are sent to the client. */
  enum Output {
    STDOUT,
    STDERR
  }

  /**
   * Tells the client that it is connected to the process: what the process writes from now on is
   * sent. A client that attaches before it starts a container waits for this.
   */
  void connected();

  /**
   * Sends bytes of an output, in order. If {@link #isWritable} is false the bytes are kept in
   * memory.
   */
  void send(Output output, byte[] bytes);

  /** Ends an output: nothing more is sent on it. */
  void end(Output output);

  /**
   * Whether the client has room for more output. {@link CommandSession#writable} is called when it
   * has room again.
   */
  boolean isWritable();

  /** Stops reading from the connection until {@link #resumeInput}. */
  void pauseInput();

  void resumeInput();

  /** Sends the status and closes the connection when the client has received it. */
  void finish(CommandStatus status);

  /** The event loop of the connection. */
  ScheduledExecutorService events();
}
