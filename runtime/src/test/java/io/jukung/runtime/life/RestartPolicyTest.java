package io.jukung.runtime.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.RestartRecord;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestartPolicyTest {
  @ParameterizedTest
  @CsvSource({
    // policy, exit code, stopped, restarts so far, restarted now, restarted when the daemon starts
    "no, 1, false, 0, false, false",
    "on-failure, 0, false, 0, false, false",
    "on-failure, 1, false, 1000, true, true",
    "on-failure, 1, true, 0, false, false",
    "on-failure:2, 1, false, 1, true, true",
    "on-failure:2, 1, false, 2, false, false",
    "always, 0, false, 1000, true, true",
    "always, 0, true, 0, false, true",
    "unless-stopped, 0, false, 1000, true, true",
    "unless-stopped, 0, true, 0, false, false",
  })
  void policyDecidesByExitCodeStopAndCount(
      String text, int exitCode, boolean stopped, int restarts, boolean now, boolean later) {
    RestartPolicy policy = RestartPolicy.parse(text);
    RestartRecord record = new RestartRecord(RestartRecord.VERSION, stopped, restarts);
    assertThat(policy.restarts(exitCode, record)).isEqualTo(now);
    assertThat(policy.restartsWithDaemon(exitCode, record)).isEqualTo(later);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Always", "always:1", "on-failure:", "on-failure:-1", "on-failure:9999999999"})
  void otherTextIsNoPolicy(String text) {
    assertThatThrownBy(() -> RestartPolicy.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @Test
  void delayDoublesUntilAMinuteAndBeginsAnewAfterALongRun() {
    RestartDelays delays = new RestartDelays();
    assertThat(delays.next("a", run(Duration.ofSeconds(1)))).hasMillis(100);
    assertThat(delays.next("a", run(Duration.ofSeconds(1)))).hasMillis(200);
    assertThat(delays.next("b", run(Duration.ofSeconds(1)))).hasMillis(100);
    for (int i = 0; i < 20; i++) {
      delays.next("a", run(Duration.ZERO));
    }
    assertThat(delays.next("a", run(Duration.ofMillis(9_999)))).hasMinutes(1);
    assertThat(delays.next("a", run(RestartDelays.LONG_RUN))).hasMillis(100);
    delays.next("a", run(Duration.ZERO));
    delays.forget("a");
    assertThat(delays.next("a", run(Duration.ZERO))).hasMillis(100);
  }

  private static ContainerStatusRecord run(Duration length) {
    long start = 1_000_000_000_000L;
    return new ContainerStatusRecord(
        ContainerStatusRecord.VERSION,
        ContainerStatusRecord.State.EXITED,
        0,
        start,
        start + length.toNanos(),
        1,
        "Error",
        "");
  }
}
