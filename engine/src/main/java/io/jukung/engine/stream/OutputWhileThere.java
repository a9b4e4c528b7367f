package io.jukung.engine.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;

/**
 * The output of a process as long as its client is there. What comes later is dropped, so that the
 * process can go on. Used by one thread.
 */
final class OutputWhileThere extends OutputStream {
  private final OutputStream client;
  private final CompletableFuture<Void> left;

  /**
   * @param left is completed by the first write that fails; nothing is written once it is
   */
  OutputWhileThere(OutputStream client, CompletableFuture<Void> left) {
    this.client = client;
    this.left = left;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (left.isDone()) {
      return;
    }
    try {
      client.write(bytes, offset, length);
    } catch (IOException e) {
      left.complete(null); // the failure says just this
    }
  }
}
