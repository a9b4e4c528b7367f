package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.store.ContainerRecord.ImageReference;
import io.jukung.runtime.store.ContainerRecord.User;
import io.jukung.runtime.store.ContainerStatusRecord.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerTest {
  private static final String ID = "c".repeat(64);
  private static final ContainerExit EXIT = ContainerExit.ended(3, 2000);

  @TempDir private Path directory;
  private StateFiles files;
  private Container container;

  @BeforeEach
  void create() throws IOException {
    StatePaths paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    StatePaths.createPrivate(paths.container(ID));
    files = new StateFiles(paths);
    container = new Container(files, record(), ContainerStatusRecord.created());
  }

  @Test
  void onlyTheTransitionsOfTheDiagramAreAllowed() {
    List<String> allowed = new ArrayList<>();
    for (State from : State.values()) {
      for (State to : State.values()) {
        if (from.canBecome(to)) {
          allowed.add(from + " " + to);
        }
      }
    }
    assertThat(allowed)
        .containsExactly(
            "CREATED RUNNING",
            "CREATED EXITED",
            "CREATED UNKNOWN",
            "RUNNING EXITED",
            "RUNNING UNKNOWN",
            "EXITED CREATED",
            "UNKNOWN CREATED",
            "UNKNOWN RUNNING",
            "UNKNOWN EXITED",
            "UNKNOWN UNKNOWN");
  }

  @Test
  void startThatNobodyFinishesLeavesTheContainerUnknownAndNotStarting() throws Exception {
    assertThatThrownBy(
            () -> {
              try (Container.Start _ = container.beginStart()) {
                throw new OutOfMemoryError("injected");
              }
            })
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(container.status().state()).isEqualTo(State.UNKNOWN);
    container.lost(3000, "it was killed");
    container.beginRemoval().close();
    assertThat(container.status().state()).isEqualTo(State.EXITED);
  }

  @Test
  void onlyOneOperationIsUnderWay() {
    try (Container.Start _ = container.beginStart()) {
      assertThatThrownBy(container::beginStart).hasMessageContaining("it is being started");
      assertThatThrownBy(container::beginRemoval).hasMessageContaining("it is being started");
    }
  }

  @Test
  void removalThatFailsCanBeTriedAgain() {
    try (Container.Removal _ = container.beginRemoval()) {
      assertThatThrownBy(container::beginStart).hasMessageContaining("it is being removed");
    }
    try (Container.Removal removal = container.beginRemoval()) {
      removal.succeeded();
    }
    assertThatThrownBy(container::beginStart).hasMessageContaining("it is being removed");
  }

  @Test
  void endThatIsToldBeforeTheStartCountsAfterIt() throws Exception {
    try (Container.Start start = container.beginStart()) {
      container.lost(2000, "its shim died");
      container.exited(EXIT);
      assertThat(container.status().state()).isEqualTo(State.CREATED);
      start.succeeded(7, 1000);
    }
    assertThat(container.status().state()).isEqualTo(State.EXITED);
    assertThat(container.status().exitCode()).isEqualTo(255);
    assertThat(container.status().startedAt()).isEqualTo(1000);
    assertThat(container.awaitExit(Duration.ZERO)).isTrue();
  }

  @Test
  void unknownIsShownAndNeverWritten() throws Exception {
    start();
    container.unknown("its shim is silent");
    assertThat(container.status().state()).isEqualTo(State.UNKNOWN);
    assertThat(container.status().message()).isEqualTo("its shim is silent");
    assertThat(files.readStatus(ID).state()).isEqualTo(State.RUNNING);
    container.foundRunning(8, 8000);
    assertThat(container.status()).isEqualTo(files.readStatus(ID));
    assertThat(container.status().pid()).as("as on record").isEqualTo(7);
  }

  @Test
  void unknownContainerEndsAsTheRunningOneItWas() throws Exception {
    start();
    container.unknown("its shim is silent");
    container.exited(EXIT);
    assertThat(container.status()).isEqualTo(files.readStatus(ID));
    assertThat(container.status().startedAt()).isEqualTo(1000);
    container.unknown("too late");
    assertThat(container.status().state()).isEqualTo(State.EXITED);
  }

  @Test
  void onlyAContainerThatWasNeverStartedBecomesCreatedAgain() throws Exception {
    container.unknown("its shim is silent");
    assertThat(container.foundNothing()).isTrue();
    assertThat(container.status().state()).isEqualTo(State.CREATED);
    start();
    container.unknown("its shim is silent");
    assertThat(container.foundNothing()).isFalse();
  }

  @Test
  void damagedStatusIsReplacedByWhatIsLearnt() throws Exception {
    Container damaged = new Container(files, record(), ContainerStatusRecord.damaged("no JSON"));
    assertThat(damaged.foundNothing()).isFalse();
    damaged.foundRunning(9, 9000);
    assertThat(files.readStatus(ID).pid()).isEqualTo(9);
  }

  @Test
  void statusIsWrittenInTheFormatOfVersionOne() throws Exception {
    start();
    assertThat(Files.readString(files.paths().containerStatus(ID)))
        .isEqualTo("{\"version\":1,\"state\":\"RUNNING\",\"pid\":7,\"startedAt\":1000}");
  }

  @Test
  void statusOfAnEarlierReleaseIsRead() throws Exception {
    Files.writeString(
        files.paths().containerStatus(ID),
        "{\"version\":1,\"state\":\"EXITED\",\"startedAt\":1000,\"finishedAt\":2000,"
            + "\"exitCode\":3,\"reason\":\"Error\",\"exited\":true}");
    assertThat(files.readStatus(ID))
        .isEqualTo(new ContainerStatusRecord(1, State.EXITED, 0, 1000, 2000, 3, "Error", ""));
  }

  @Test
  void endByTheDaemonsKillHasItsReasonAndAnEarlierEndHasNot() throws Exception {
    start();
    container.killing(new ContainerExit.Kill("WritableLayerFull", "it had written too much"));
    container.exited(ContainerExit.ended(137, 2000));
    assertThat(container.status().reason()).isEqualTo("WritableLayerFull");
    assertThat(container.status().message()).isEqualTo("it had written too much");

    container.renew();
    start();
    container.exited(ContainerExit.ended(137, 3000));
    assertThat(container.status().reason()).isEqualTo("Error");

    container.renew();
    start();
    container.killing(new ContainerExit.Kill("WritableLayerFull", "it had written too much"));
    container.exited(EXIT);
    assertThat(container.status().reason()).isEqualTo("Error");
    assertThat(container.status().message()).isEmpty();
  }

  private void start() throws IOException {
    try (Container.Start start = container.beginStart()) {
      start.succeeded(7, 1000);
    }
  }

  private static ContainerRecord record() {
    return new ContainerRecord(
        ContainerRecord.VERSION,
        ID,
        new ContainerName("s".repeat(64), "app", 0),
        500,
        new ImageReference("busybox", "", "", Map.of()),
        "sha256:1",
        Map.of(),
        Map.of(),
        "",
        false,
        false,
        false,
        null,
        15,
        NamespaceOwner.CONTAINER,
        null,
        new User(0, 0, List.of()),
        List.of(),
        null,
        "/pod/c",
        List.of());
  }

  @Test
  void endForWantOfMemoryNamesTheVictimThePeakAndTheLimit() {
    assertThat(ContainerExit.outOfMemory(137, 1, 33_500_000, 32 << 20).why())
        .isEqualTo(
            "the kernel killed its first process for want of memory, it had used up to 31.9 MiB,"
                + " and its limit is 32.0 MiB");
    assertThat(ContainerExit.outOfMemory(0, 1, 0, 0).why())
        .isEqualTo(
            "the kernel killed a process other than its first one for want of memory, and it has no"
                + " limit of its own: the pod or the node had no more");
    assertThat(ContainerExit.of(new ExitRecord(1, 137, 5, true, 1 << 20, 2 << 20)))
        .isEqualTo(ContainerExit.outOfMemory(137, 5, 1 << 20, 2 << 20));
    assertThat(ContainerExit.of(new ExitRecord(1, 137, 5, false, 0, 0)))
        .isEqualTo(ContainerExit.ended(137, 5));
  }
}
