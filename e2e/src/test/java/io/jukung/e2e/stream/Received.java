package io.jukung.e2e.stream;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.CRC32C;

/** The bytes that a client has received on one stream. Thread-safe; waits are bounded. */
public final class Received {
  private static final Duration BOUND = Duration.ofSeconds(60);

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long total;
  private final CRC32C checksum = new CRC32C();
  private boolean keep = true;
  private boolean ended;

  synchronized void add(ByteBuf part) {
    total += part.readableBytes();
    if (!keep) {
      checksum.update(part.nioBuffer());
    } else {
      byte[] copy = new byte[part.readableBytes()];
      part.getBytes(part.readerIndex(), copy);
      bytes.writeBytes(copy);
    }
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** From now on keeps only the number and the checksum of the bytes. */
  public synchronized void onlyCount() {
    keep = false;
  }

  /** The CRC32C of the bytes received since {@link #onlyCount}. */
  public synchronized long checksum() {
    return checksum.getValue();
  }

  public synchronized long total() {
    return total;
  }

  public synchronized boolean hasEnded() {
    return ended;
  }

  public synchronized String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  public synchronized byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Waits until the text has been received, and returns everything received so far. */
  public String awaitText(String wanted) throws InterruptedException {
    await("\"" + wanted + "\"", () -> text().contains(wanted));
    return text();
  }

  /** Waits for the end of the stream and returns everything. */
  public String awaitEnd() throws InterruptedException {
    await("the end", () -> ended);
    return text();
  }

  public void awaitTotal(long wanted) throws InterruptedException {
    await(wanted + " bytes", () -> total >= wanted);
  }

  private interface Condition {
    boolean holds();
  }

  private synchronized void await(String what, Condition condition) throws InterruptedException {
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (!condition.holds()) {
      long left = deadline - System.nanoTime();
      if (left <= 0 || (ended && !what.equals("the end"))) {
        throw new AssertionError(
            "waited for "
                + what
                + ", received "
                + total
                + " bytes"
                + (ended ? ", ended: " : ": ")
                + text().substring(0, Math.min(500, text().length())));
      }
      wait(Math.max(1, left / 1_000_000));
    }
  }
}
