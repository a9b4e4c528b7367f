package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class SamplesTest {
  @Test
  void quantilesAreMeasuredValues() {
    Samples samples = new Samples();
    for (int millis = 200; millis >= 1; millis--) {
      samples.add(millis * 1_000_000L);
    }
    assertThat(samples.medianMillis()).isEqualTo(100);
    assertThat(samples.p99Millis()).isEqualTo(198);
  }

  @Test
  void singleSampleIsEveryQuantile() {
    Samples samples = new Samples();
    samples.add(2_500_000);
    assertThat(samples.medianMillis()).isEqualTo(2.5);
    assertThat(samples.p99Millis()).isEqualTo(2.5);
  }

  @Test
  void noSamplesHaveNoQuantile() {
    assertThatIllegalStateException().isThrownBy(() -> new Samples().medianMillis());
  }
}
