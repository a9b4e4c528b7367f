package io.jukung.engine.http;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Where clients connect. */
public interface Listener extends Closeable {
  /**
   * Waits for the next client.
   *
   * @return null if the listener was closed
   */
  @Nullable Wire accept() throws IOException, InterruptedException;
}
