package io.jukung.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.client.v1.Condition;
import io.jukung.cri.docker.ContainerFacts;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.engine.http.Json;
import io.jukung.engine.request.DockerRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SummaryJsonTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_000_000);

  /** A container that has ended 20 seconds ago with code 3. */
  private static ContainerView ended(boolean restarting) {
    ContainerStatus status =
        ContainerStatus.newBuilder()
            .setState(ContainerState.CONTAINER_EXITED)
            .setExitCode(3)
            .setFinishedAt(NOW.minusSeconds(20).getEpochSecond() * 1_000_000_000L)
            .build();
    return new ContainerView(
        Container.getDefaultInstance(),
        new ContainerFacts(
            status,
            Json.object(),
            Json.object(),
            0,
            "",
            PodSandboxStatus.getDefaultInstance(),
            Json.object(),
            Condition.newBuilder().setRestarting(restarting).build(),
            List.of(),
            Json.object(),
            List.of(),
            List.of()),
        DockerRecord.of(Map.of()));
  }

  @Test
  void containerThatWaitsForItsRestartIsRestarting() {
    assertThat(ended(true).state()).isEqualTo("restarting");
    assertThat(SummaryJson.status(ended(true), NOW)).isEqualTo("Restarting (3) 20 seconds ago");
  }

  @Test
  void containerThatHasEndedIsExited() {
    assertThat(ended(false).state()).isEqualTo("exited");
    assertThat(SummaryJson.status(ended(false), NOW)).isEqualTo("Exited (3) 20 seconds ago");
  }
}
