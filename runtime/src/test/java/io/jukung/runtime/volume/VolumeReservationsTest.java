package io.jukung.runtime.volume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Each reservation ends with one container, or after a minute. */
class VolumeReservationsTest {
  private long now = Long.MAX_VALUE - 5; // the clock may begin anywhere
  private final VolumeReservations reservations = new VolumeReservations(() -> now);

  @Test
  void reservationsOfTwoClientsEndOneByOne() {
    reservations.add("v");
    reservations.add("v");
    reservations.take("v");
    assertThat(reservations.has("v")).isTrue();
    reservations.take("v");
    assertThat(reservations.has("v")).isFalse();
    reservations.take("v"); // a container that was made by an older client
  }

  @Test
  void reservationEndsAfterAMinute() {
    reservations.add("v");
    now += VolumeReservations.LIMIT.toNanos() - 1;
    assertThat(reservations.has("v")).isTrue();
    now += 1;
    assertThat(reservations.has("v")).isFalse();
  }
}
