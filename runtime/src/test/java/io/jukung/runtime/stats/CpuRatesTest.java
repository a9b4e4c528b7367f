package io.jukung.runtime.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CpuRatesTest {
  private static final long START = seconds(1_000_000);

  private long monotonic;
  private final CpuRates rates = new CpuRates(() -> monotonic);

  private static long seconds(double seconds) {
    return Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
  }

  private long at(double time, double used) {
    monotonic = seconds(time);
    return rates.nanoCores("a", START, START + seconds(time), seconds(used));
  }

  @Test
  void firstRateIsTheAverageSinceTheStart() {
    assertThat(at(10, 5)).isEqualTo(seconds(1) / 2);
  }

  @Test
  void laterRateIsTheAverageSinceThePreviousReading() {
    at(10, 5);
    assertThat(at(12, 9)).isEqualTo(seconds(2));
    assertThat(at(14, 9)).isZero();
  }

  @Test
  void readingsWithinASecondGetTheSameRate() {
    at(10, 5);
    at(12, 9);
    assertThat(at(12.9, 9.8)).isEqualTo(seconds(2));
    assertThat(at(13, 10)).isEqualTo(seconds(1));
  }

  @Test
  void rateIsZeroAfterTheCounterWentBack() {
    at(10, 5);
    assertThat(at(12, 1)).isZero();
  }

  @Test
  void settingTheTimeOfDayDoesNotChangeARate() {
    at(10, 5);
    monotonic = seconds(12);
    for (long day : new long[] {-86_400, 86_400}) {
      long time = START + seconds(12) + seconds((double) day);
      assertThat(rates.nanoCores("a", START, time, seconds(6))).isEqualTo(seconds(1) / 2);
    }
  }

  @Test
  void rateIsZeroForAnObjectThatJustStarted() {
    assertThat(at(0, 0)).isZero();
    assertThat(rates.nanoCores("b", START, START - 1, 5)).isZero();
  }

  @Test
  void forgottenObjectGetsTheAverageSinceItsStart() {
    at(10, 5);
    rates.retain(Set.of("b"));
    assertThat(at(20, 5)).isEqualTo(seconds(0.25));
    rates.retain(Set.of("a"));
    assertThat(at(22, 7)).isEqualTo(seconds(1));
  }
}
