package io.jukung.runtime.streaming.session;

import io.jukung.cri.streaming.CommandStatus;
import java.util.concurrent.ScheduledExecutorService;

/** The client of an exec or attach, whichever protocol it speaks. Thread-safe. */
public interface CommandClient {
  /** The streams towards the client. */
  enum Output {
    STDOUT,
    STDERR
  }

  /**
   * The process's streams are at the other end now: what it writes from here on is sent. A client
   * that attaches to what it then starts waits for this.
   */
  void connected();

  /** Sends in order; more than {@link #isWritable} has room for is kept in memory. */
  void send(Output output, byte[] bytes);

  /** Nothing more comes on this stream. */
  void end(Output output);

  /** Whether the client takes more; {@link CommandSession#writable} tells when it does again. */
  boolean isWritable();

  /** Reads nothing more from the connection for now. */
  void pauseInput();

  void resumeInput();

  /** Says how it ended, and closes the connection once that has arrived. */
  void finish(CommandStatus status);

  /** The thread of the connection's events. */
  ScheduledExecutorService events();
}
