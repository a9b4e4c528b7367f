package io.jukung.runtime.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.DataSize;
import io.jukung.shim.v1.LogLimits;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogPolicyTest {
  private static final Config.ContainerLog NODE =
      new Config.ContainerLog(DataSize.ofMebibytes(64), DataSize.ofMebibytes(1));

  @Test
  void limitsAreThoseOfTheConfigurationWithoutRotation() {
    assertThat(LogPolicy.limits(NODE, Map.of()))
        .isEqualTo(
            LogLimits.newBuilder().setMaxSize(64 << 20).setMaxBytesPerSecond(1 << 20).build());
    assertThat(LogPolicy.limits(Config.DEFAULTS.containerLog(), Map.of()))
        .isEqualTo(LogLimits.getDefaultInstance());
  }

  @Test
  void anOwnContainerHasTheSizeAndFilesThatItHasAskedFor() {
    assertThat(LogPolicy.limits(NODE, Map.of(LogPolicy.MAX_SIZE, "65536")))
        .isEqualTo(
            LogLimits.newBuilder()
                .setMaxSize(65536)
                .setMaxBytesPerSecond(1 << 20)
                .setMaxFiles(1)
                .build());
    assertThat(
            LogPolicy.limits(NODE, Map.of(LogPolicy.MAX_SIZE, "65536", LogPolicy.MAX_FILE, "1000"))
                .getMaxFiles())
        .isEqualTo(1000);
  }

  @ParameterizedTest
  @CsvSource({"65535,1", "x,1", "65536,0", "65536,1001", "65536,x", "99999999999999999999,1"})
  void whatIsNoLimitIsRefused(String size, String files) {
    assertThatThrownBy(
            () ->
                LogPolicy.limits(NODE, Map.of(LogPolicy.MAX_SIZE, size, LogPolicy.MAX_FILE, files)))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("annotation io.jukung.log-max-", "is no number from");
  }
}
