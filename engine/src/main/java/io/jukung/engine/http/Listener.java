package io.jukung.engine.http;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A listening socket, with or without TLS, that hands over the connections of its clients. */
public interface Listener extends Closeable {
  /**
   * Waits for the next client.
   *
   * @return null if the listener was closed
   * @throws IOException if no client could be accepted now; a later call may succeed
   */
  @Nullable Wire accept() throws IOException, InterruptedException;
}
