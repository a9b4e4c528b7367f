package io.jukung.image.registry;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * The content of a request, which is read anew each time that the request is sent.
 *
 * @param size in bytes
 * @param content opens the content; the stream is closed by the reader
 * @param sent receives how many bytes of this content were handed to the connection, on a thread of
 *     the HTTP client
 */
record RequestBody(long size, Content content, LongConsumer sent) {
  /** Opens the content of a request. */
  @FunctionalInterface
  interface Content {
    /** The content from its start, of the announced size. */
    InputStream open() throws IOException;
  }

  /** Begins to send the content once. */
  Sending sending() {
    return new Sending(this);
  }

  /** One sending of the content. */
  static final class Sending {
    private final RequestBody body;
    private final AtomicLong movedAt = new AtomicLong(System.nanoTime());

    private Sending(RequestBody body) {
      this.body = body;
    }

    /** Publishes the content to the HTTP client. */
    HttpRequest.BodyPublisher publisher() {
      if (body.size == 0) {
        return HttpRequest.BodyPublishers.noBody();
      }
      return HttpRequest.BodyPublishers.fromPublisher(
          HttpRequest.BodyPublishers.ofInputStream(this::open), body.size);
    }

    /** The time since the connection has taken the last bytes. */
    Duration sinceLastMove() {
      return Duration.ofNanos(System.nanoTime() - movedAt.get());
    }

    private InputStream open() {
      try {
        return new Counted(body.content.open());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private final class Counted extends FilterInputStream {
      private long count;

      Counted(InputStream in) {
        super(in);
      }

      @Override
      public int read(byte[] target, int start, int length) throws IOException {
        int read = in.read(target, start, length);
        movedAt.set(System.nanoTime());
        count += Math.max(0, read);
        body.sent.accept(count);
        return read;
      }

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }
    }
  }
}
