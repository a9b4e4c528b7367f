package io.jukung.engine.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ConnectionTest {
  /** A client that sends nothing until it is let go. */
  private static final class SilentWire implements Wire {
    private final CountDownLatch reads = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public int read(ByteBuffer into) throws IOException {
      reads.countDown();
      try {
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      throw new IOException("closed");
    }

    @Override
    public void write(ByteBuffer bytes) {
      bytes.position(bytes.limit());
    }

    @Override
    public void endOutput() {}

    @Override
    public void close() {
      closed.countDown();
    }
  }

  @Test
  void clientThatSendsNothingIsOverdueWhenItsTimeHasPassed() throws Exception {
    SilentWire wire = new SilentWire();
    try (Connection connection = new Connection(wire)) {
      assertThat(connection.isOverdue(System.nanoTime())).as("nobody reads yet").isFalse();
      Duration limit = RequestReader.IDLE;
      Thread reader =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      connection.read(ByteBuffer.allocate(1), limit);
                    } catch (IOException e) {
                      return; // the connection was closed
                    }
                    throw new AssertionError("nothing was sent");
                  });
      assertThat(wire.reads.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(connection.isOverdue(System.nanoTime())).isFalse();
      assertThat(connection.isOverdue(System.nanoTime() + limit.toNanos())).isTrue();
      connection.close();
      reader.join();
      assertThat(connection.isOverdue(System.nanoTime() + limit.toNanos())).isFalse();
    }
  }
}
