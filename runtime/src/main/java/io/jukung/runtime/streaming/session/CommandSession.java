package io.jukung.runtime.streaming.session;

import io.jukung.linux.terminal.Terminal;
import io.netty.buffer.ByteBuf;

/**
 * A process with its streams, as a {@link CommandClient} uses it. Called on the thread of the
 * client's connection.
 */
public interface CommandSession {
  /**
   * Passes on bytes of standard input.
   *
   * @param bytes stay the caller's
   */
  void input(ByteBuf bytes);

  void inputEnded();

  void resize(Terminal.Size size);

  /** Called when the client has room for output again. */
  void writable();

  /** Called when the connection has ended before the session has. */
  void disconnected();
}
