package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ShownBytesTest {
  private final ShownBytes bytes = new ShownBytes();
  private final AtomicInteger made = new AtomicInteger();

  private byte[] make() {
    return new byte[] {(byte) made.incrementAndGet()};
  }

  @Test
  void sameRecordsAreSerializedOnce() {
    Object record = new Object();
    Object status = new Object();
    assertThat(bytes.of(record, status, "", this::make)).containsExactly(1);
    assertThat(bytes.of(record, status, "", this::make)).containsExactly(1);
  }

  @Test
  void eitherRecordThatIsReplacedMakesNewBytes() {
    Object record = new Object();
    Object status = new Object();
    bytes.of(record, status, "", this::make);
    assertThat(bytes.of(record, new Object(), "", this::make)).containsExactly(2);
    assertThat(bytes.of(new Object(), status, "", this::make)).containsExactly(3);
  }

  @Test
  void otherNamesMakeNewBytes() {
    Object record = new Object();
    Object status = new Object();
    bytes.of(record, status, "busybox:1", this::make);
    assertThat(bytes.of(record, status, "busybox:2", this::make)).containsExactly(2);
    assertThat(bytes.of(record, status, new String("busybox:2"), this::make)).containsExactly(2);
  }

  @Test
  void recordThatIsEqualButNotTheSameMakesNewBytes() {
    bytes.of(new NameReservation("a"), this::make);
    assertThat(bytes.of(new NameReservation("a"), this::make)).containsExactly(2);
  }

  private record NameReservation(String name) {}
}
