package io.jukung.linux.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ReadinessTest {
  @Test
  void eitherOfTwoDescriptorsEndsTheWait() throws Exception {
    try (Pipe first = Pipe.open();
        Pipe second = Pipe.open()) {
      assertThat(Readiness.awaitEither(first.reader(), Epoll.IN, second.reader(), 1)).isZero();

      first.writer().write(new byte[1]);
      assertThat(Readiness.awaitEither(first.reader(), Epoll.IN, second.reader(), Epoll.FOREVER))
          .isEqualTo(Epoll.IN);

      second.writer().write(new byte[1]);
      assertThat(Readiness.awaitEither(first.reader(), Epoll.IN, second.reader(), Epoll.FOREVER))
          .as("the second descriptor wins")
          .isZero();
    }
  }
}
