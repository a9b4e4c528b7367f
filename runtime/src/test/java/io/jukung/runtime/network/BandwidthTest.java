package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BandwidthTest {
  private static final String INGRESS = "kubernetes.io/ingress-bandwidth";
  private static final String EGRESS = "kubernetes.io/egress-bandwidth";

  @ParameterizedTest
  @CsvSource({
    "1k, 1000",
    "10M, 10000000",
    "1Gi, 1073741824",
    "1.5G, 1500000000",
    "2e6, 2000000",
    "2E3, 2000",
    "1P, 1000000000000000",
    "1000.5, 1001",
    "1000500m, 1001",
    "+1k, 1000",
    ".5M, 500000",
  })
  void quantitiesAreBitsPerSecond(String quantity, long bits) {
    assertThat(Bandwidth.of(Map.of(INGRESS, quantity)).orElseThrow().ingress()).hasValue(bits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fast", "1 M", "999", "1.1P", "-1M", "1KB", "1e999", "0x10", "1M\n"})
  void textThatIsNotAQuantityIsRefusedWithTheAnnotationsName(String quantity) {
    assertThatThrownBy(() -> Bandwidth.of(Map.of(EGRESS, quantity)))
        .isInstanceOf(CriException.class)
        .hasMessageContaining(EGRESS);
  }

  @Test
  void limitOfOneDirectionDoesNotNeedTheOther() {
    assertThat(Bandwidth.of(Map.of("other", "1M"))).isEmpty();
    assertThat(Bandwidth.of(Map.of(EGRESS, "1M")).orElseThrow().toJson().toString())
        .isEqualTo("{\"egressRate\":1000000,\"egressBurst\":4294967295}");
    assertThat(Bandwidth.of(Map.of(EGRESS, "1M", INGRESS, "2M")).orElseThrow().toJson().toString())
        .isEqualTo(
            "{\"ingressRate\":2000000,\"ingressBurst\":4294967295,"
                + "\"egressRate\":1000000,\"egressBurst\":4294967295}");
  }
}
