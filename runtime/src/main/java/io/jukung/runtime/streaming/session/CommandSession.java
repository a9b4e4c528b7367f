package io.jukung.runtime.streaming.session;

import io.jukung.linux.terminal.Terminal;
import io.netty.buffer.ByteBuf;

/** A process and its streams, as a {@link CommandClient} sees it. Called by the client's thread. */
public interface CommandSession {
  /**
   * Standard input.
   *
   * @param bytes the caller's
   */
  void input(ByteBuf bytes);

  void inputEnded();

  void resize(Terminal.Size size);

  /** The client takes output again. */
  void writable();

  /** The client has gone without a word. */
  void disconnected();
}
