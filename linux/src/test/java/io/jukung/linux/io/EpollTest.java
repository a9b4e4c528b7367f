package io.jukung.linux.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.libc.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EpollTest {
  @Test
  void reportsTheTokensOfReadyDescriptors() throws Exception {
    try (Epoll epoll = Epoll.create(8);
        Pipe first = Pipe.open();
        Pipe second = Pipe.open();
        Pipe third = Pipe.open()) {
      epoll.add(first.reader(), Epoll.IN, 0x1_0000_0001L);
      epoll.add(second.reader(), Epoll.IN, 0x2_0000_0002L);
      epoll.add(third.reader(), Epoll.IN, 0x3_0000_0003L);
      assertThat(epoll.await(0)).isZero();
      first.writer().write(new byte[1]);
      third.writer().write(new byte[1]);
      int count = epoll.await(1000);
      List<Long> tokens = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        assertThat(epoll.events(i)).isEqualTo(Epoll.IN);
        tokens.add(epoll.token(i));
      }
      assertThat(tokens).containsExactlyInAnyOrder(0x1_0000_0001L, 0x3_0000_0003L);
    }
  }

  @Test
  void hangUpIsAlwaysReported() throws Exception {
    try (Epoll epoll = Epoll.create(8);
        Pipe pipe = Pipe.open()) {
      epoll.add(pipe.reader(), 0, 7);
      pipe.writer().close();
      assertThat(epoll.await(1000)).isEqualTo(1);
      assertThat(epoll.events(0)).isEqualTo(Epoll.HUP);
    }
  }

  @Test
  void removedDescriptorIsNotReported() throws Exception {
    try (Epoll epoll = Epoll.create(8);
        Pipe pipe = Pipe.open()) {
      epoll.add(pipe.reader(), Epoll.IN, 7);
      pipe.writer().write(new byte[1]);
      epoll.remove(pipe.reader());
      assertThat(epoll.await(0)).isZero();
    }
  }

  @Test
  void modifyChangesEventsAndToken() throws Exception {
    try (Epoll epoll = Epoll.create(8);
        Pipe pipe = Pipe.open()) {
      epoll.add(pipe.writer(), 0, 7);
      assertThat(epoll.await(0)).isZero();
      epoll.modify(pipe.writer(), Epoll.OUT, 8);
      assertThat(epoll.await(1000)).isEqualTo(1);
      assertThat(epoll.token(0)).isEqualTo(8);
    }
  }

  @Test
  void eventfdWakesAnotherThread() throws Exception {
    try (Epoll epoll = Epoll.create(8);
        Eventfd wake = Eventfd.create()) {
      epoll.add(wake.fd(), Epoll.IN, 1);
      Thread signaller =
          Thread.startVirtualThread(
              () -> {
                try {
                  wake.signal();
                  wake.signal();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      assertThat(epoll.await(10_000)).isEqualTo(1);
      signaller.join();
      wake.clear();
      assertThat(epoll.await(0)).isZero();
      wake.clear();
    }
  }

  @Test
  void singleDescriptorIsAwaited() throws Exception {
    try (Pipe pipe = Pipe.open()) {
      assertThat(Readiness.await(pipe.reader(), Epoll.IN, 1)).isZero();
      assertThat(Readiness.await(pipe.writer(), Epoll.OUT, Epoll.FOREVER)).isEqualTo(Epoll.OUT);
      pipe.writer().close();
      assertThat(Readiness.await(pipe.reader(), Epoll.IN, Epoll.FOREVER)).isEqualTo(Epoll.HUP);
    }
  }

  @Test
  void nonBlockingReadOfAnEmptyPipeWouldBlock() throws Exception {
    try (Pipe pipe = Pipe.open();
        Memory buffer = Memory.allocate(4)) {
      StatusFlags.setNonBlocking(pipe.reader());
      assertThat(Transfer.read(pipe.reader(), buffer, 0, 4)).isEqualTo(Transfer.WOULD_BLOCK);
      assertThat(Transfer.write(pipe.writer(), buffer, 0, 4)).isEqualTo(4);
      assertThat(Transfer.read(pipe.reader(), buffer, 1, 3)).isEqualTo(3);
    }
  }

  @Test
  void wallClockIsTheTimeOfDay() {
    try (WallClock clock = new WallClock()) {
      long before = System.currentTimeMillis();
      long nanos = clock.nanos();
      assertThat(nanos / 1_000_000).isBetween(before, System.currentTimeMillis());
    }
  }
}
