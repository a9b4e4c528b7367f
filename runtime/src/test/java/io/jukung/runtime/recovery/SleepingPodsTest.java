package io.jukung.runtime.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.service.FakeShimPool;
import io.jukung.runtime.service.TestNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts daemons over pods whose shims sleep. */
@Timeout(120)
class SleepingPodsTest {
  @TempDir private Path directory;
  private TestNode node;
  private final Processes processes = new Processes();
  private String sandbox;
  private FakeShimPool.Pod shim;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    sandbox = node.runPod("web");
    shim = Objects.requireNonNull(node.pool.pods.get(sandbox));
  }

  @AfterEach
  void tearDown() throws Exception {
    processes.close();
    node.cleanUp();
  }

  /** Starts a container whose process is a real one. */
  private String start(String name) throws Exception {
    shim.pid = processes.start();
    String container = node.start(sandbox, name);
    cgroup(container).attach(shim.pid);
    return container;
  }

  private Cgroup cgroup(String container) {
    return node.cgroup().child(sandbox).child(container);
  }

  private void recoverAsleep() throws Exception {
    shim.asleep = true;
    node.restart();
    node.recover();
  }

  private void exitRecord(String container) throws IOException {
    Files.writeString(
        node.paths.containerExit(container),
        "{\"version\":1,\"exitCode\":5,\"finishedAt\":3000,\"oomKilled\":false}");
  }

  @Test
  void podOfWhichNothingIsNewIsTakenUpWhileItsShimSleeps() throws Exception {
    String running = start("running");
    int pid = shim.pid;
    String exited = start("exited");
    shim.exit(exited, 3, false);
    String created = node.create(sandbox, "created");
    recoverAsleep();
    assertThat(shim.asleep).isTrue();
    assertThat(shim.watched).containsExactly(pid);
    assertThat(node.state(running)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(node.state(exited)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(node.state(created)).isEqualTo(ContainerState.CONTAINER_CREATED);
    assertThat(node.sandboxes.get(sandbox).isReady()).isTrue();
  }

  @Test
  void callThatNeedsTheShimWakesIt() throws Exception {
    String running = start("running");
    recoverAsleep();
    node.stop(running, 0);
    assertThat(shim.asleep).isFalse();
    assertThat(node.state(running)).isEqualTo(ContainerState.CONTAINER_EXITED);
  }

  @Test
  void exitOnDiskIsKnownWithoutAskingTheShim() throws Exception {
    String ended = start("ended");
    exitRecord(ended);
    recoverAsleep();
    assertThat(shim.asleep).isTrue();
    assertThat(node.state(ended)).isEqualTo(ContainerState.CONTAINER_EXITED);
    shim.exit(ended, 5, false); // as the real shim knows it
  }

  @Test
  void shimIsAskedIfAProcessIsNotInItsContainer() throws Exception {
    shim.pid = processes.start();
    node.start(sandbox, "running");
    recoverAsleep();
    assertThat(shim.asleep).isFalse();
  }

  @Test
  void shimIsAskedIfAContainerRunsThatIsNotRecordedAsRunning() throws Exception {
    String created = node.create(sandbox, "created");
    cgroup(created).create();
    processes.in(cgroup(created));
    recoverAsleep();
    assertThat(shim.asleep).isFalse();
  }
}
