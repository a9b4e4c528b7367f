package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EventsTest {
  private static final String POD = "aaaa" + "0".repeat(60);
  private static final String CONTAINER = "bbbb" + "0".repeat(60);

  @TempDir Path directory;
  private FakeCri cri;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
    event(1, POD, ContainerEventType.CONTAINER_STARTED_EVENT);
    event(2, CONTAINER, ContainerEventType.CONTAINER_CREATED_EVENT, status(false));
    event(3, CONTAINER, ContainerEventType.CONTAINER_STOPPED_EVENT, status(true));
    event(4, CONTAINER, ContainerEventType.CONTAINER_DELETED_EVENT);
    event(5, POD, ContainerEventType.CONTAINER_DELETED_EVENT);
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
  }

  private void event(int second, String id, ContainerEventType type, ContainerStatus... statuses) {
    cri.events.add(
        ContainerEventResponse.newBuilder()
            .setContainerId(id)
            .setContainerEventType(type)
            .setCreatedAt(FakeCri.NOW.getEpochSecond() * 1_000_000_000L + second * 1_000_000_000L)
            .setPodSandboxStatus(
                PodSandboxStatus.newBuilder()
                    .setId(POD)
                    .setMetadata(
                        PodSandboxMetadata.newBuilder().setName("web").setNamespace("default")))
            .addAllContainersStatuses(List.of(statuses))
            .build());
  }

  private static ContainerStatus status(boolean exited) {
    return ContainerStatus.newBuilder()
        .setId(CONTAINER)
        .setMetadata(ContainerMetadata.newBuilder().setName("app\u001b[31m"))
        .setState(exited ? ContainerState.CONTAINER_EXITED : ContainerState.CONTAINER_CREATED)
        .setExitCode(exited ? 3 : 0)
        .build();
  }

  private int jukung(String... arguments) {
    var all = new ArrayList<>(List.of("--socket", cri.socket().toString(), "events"));
    all.addAll(List.of(arguments));
    return Jukung.run(
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            Map.of(),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess()),
        all.toArray(String[]::new));
  }

  @Test
  void eventsAreLinesAndTheEndOfTheDaemonIsAFailure() {
    assertThat(jukung()).isEqualTo(1);

    assertThat(out)
        .hasToString(
            """
            2026-11-21T12:00:01Z pod start aaaa00000000 (name=web, namespace=default)
            2026-11-21T12:00:02Z container create bbbb00000000 (name=app\\u001b[31m, pod=web, namespace=default)
            2026-11-21T12:00:03Z container stop bbbb00000000 (exitCode=3, name=app\\u001b[31m, pod=web, namespace=default)
            2026-11-21T12:00:04Z container delete bbbb00000000 (name=app\\u001b[31m, pod=web, namespace=default)
            2026-11-21T12:00:05Z pod delete aaaa00000000 (name=web, namespace=default)
            """);
    assertThat(err).hasToString("jukung: the daemon is stopping\n");
  }

  @Test
  void filtersOfOneKeyAreAlternativesAndThoseOfSeveralKeysAllHold() {
    jukung("-f", "type=container", "-f", "event=stop", "-f", "event=delete", "-f", "id=bb");

    assertThat(out.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("container stop"),
            line -> assertThat(line).contains("container delete"));
  }

  @Test
  void wrongFilterIsNamed() {
    assertThat(jukung("-f", "typ=container")).isEqualTo(125);
    assertThat(jukung("-f", "event=died")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            """
            jukung: --filter has no key typ
            jukung: --filter event is one of create, delete, start, stop
            """);
  }

  @Test
  void jsonIsOneLineForEachEvent() {
    jukung("--format", "json", "--filter", "event=stop");

    assertThat(out.toString(UTF_8).lines())
        .singleElement()
        .asString()
        .contains("\"containerEventType\":\"CONTAINER_STOPPED_EVENT\"")
        .contains("\"exitCode\":3");
  }

  @Test
  void missedEventsAreSaid() {
    cri.endOfEvents =
        Status.RESOURCE_EXHAUSTED.withDescription("7 events were not delivered, because …");

    assertThat(jukung()).isEqualTo(1);

    assertThat(err).hasToString("jukung: 7 events were not delivered, because …\n");
  }
}
