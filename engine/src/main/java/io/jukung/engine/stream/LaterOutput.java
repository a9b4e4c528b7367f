package io.jukung.engine.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * An output whose writers wait until the client can take something: the streams of a container are
 * connected before the client is told so. Thread-safe.
 */
final class LaterOutput extends OutputStream {
  private final CompletableFuture<OutputStream> target = new CompletableFuture<>();

  /** Lets the writers go on. */
  void begin(OutputStream out) {
    target.complete(out);
  }

  /** Lets the writers fail if they still wait: the client is gone. */
  @Override
  public void close() {
    target.completeExceptionally(new IOException("the client is gone"));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      target.get().write(bytes, offset, length);
    } catch (InterruptedException e) {
      throw new IOException("interrupted before the client was there", e);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
