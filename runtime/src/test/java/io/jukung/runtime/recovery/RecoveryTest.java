package io.jukung.runtime.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.runtime.service.Await;
import io.jukung.runtime.service.FakeShimPool;
import io.jukung.runtime.service.TestNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts daemons over what an earlier one left. A named pipe stands for a disk that hangs. */
@Timeout(120)
class RecoveryTest {
  @TempDir private Path directory;
  private TestNode node;
  private final Map<Path, RandomAccessFile> pipes = new HashMap<>();

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    releaseReaders();
    node.cleanUp();
  }

  @Test
  void sandboxWhoseRecordIsReadTooLateIsNotSwept() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    final Cgroup cgroup = node.cgroup().child(sandbox);
    hang(node.paths.sandboxStatus(sandbox));
    recover();

    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.pool.pods).as("its shim").containsKey(sandbox);
    assertThat(cgroup.child(container).exists()).as("its cgroup").isTrue();
    assertThat(node.paths.sandboxState(sandbox)).as("its volatile state").isDirectory();
    assertThat(node.images.leases).as("its image").contains(container);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);

    releaseReaders();
    assertThat(setAside(node.paths.sandboxes())).isEmpty();
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void containerWhoseRecordIsReadTooLateIsNotEnded() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    hang(node.paths.containerRecord(container));
    recover();

    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.cgroup().child(sandbox).child(container).exists()).isTrue();
    assertThat(node.images.leases).as("its image").contains(container);
    assertThat(node.sandboxes.get(sandbox).isReady()).isTrue();

    releaseReaders();
    assertThat(setAside(node.paths.containers())).isEmpty();
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void recordThatCannotBeReadIsNotTakenForDamagedAndItsPodIsNotSwept() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    final FakeShimPool.Pod pod = pod(sandbox);
    Path record = node.paths.sandboxStatus(sandbox);
    Files.move(record, kept(record));
    Files.createDirectory(record); // reads fail with EISDIR
    recover();
    assertThat(setAside(node.paths.sandboxes())).isEmpty();
    assertThat(pod.signals).as("signals to the container").isEmpty();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);

    Files.delete(record);
    Files.move(kept(record), record);
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void recordThatIsDamagedIsSetAside() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.writeString(node.paths.sandboxStatus(sandbox), "{\"version\":1,");
    recover();
    assertThat(setAside(node.paths.sandboxes())).hasSize(1);
    assertThat(node.sandboxes.all()).isEmpty();
    assertThat(status(container).getReason()).isEqualTo("Unknown");
    node.removeContainer.call(
        RemoveContainerRequest.newBuilder().setContainerId(container).build());
  }

  @Test
  void exitThatIsToldWhileTheProcessesAreListedIsNotLost() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.delete(
        node.paths.containerStatus(
            container)); // as if the daemon had died before it wrote the file
    FakeShimPool.Pod pod = pod(sandbox);
    pod.afterList = () -> pod.exit(container, 6, false);
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getExitCode()).isEqualTo(6);
    assertThat(status(container).getStartedAt()).isPositive();
  }

  @Test
  void containerWhoseStatusIsDamagedIsLearntFromItsShim() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Files.writeString(node.paths.containerStatus(container), "{\"version\":1,\"sta");
    recover();
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(status(container).getStartedAt()).isEqualTo(1000);
    recover();
    assertThat(node.state(container))
        .as("written anew")
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void containerWhoseShimIsSilentIsUnknownUntilTheShimAnswers() throws Exception {
    String sandbox = node.runPod("web");
    String running = node.start(sandbox, "running");
    String created = node.create(sandbox, "created");
    pod(sandbox).silent = true;
    recover();
    assertThat(node.state(running)).isEqualTo(ContainerState.CONTAINER_UNKNOWN);
    pod(sandbox).silent = false;
    Await.until("it is learnt", () -> node.state(running) == ContainerState.CONTAINER_RUNNING);
    Await.until("it is learnt", () -> node.state(created) == ContainerState.CONTAINER_CREATED);
    pod(sandbox).exit(running, 4, false);
    assertThat(status(running).getExitCode()).isEqualTo(4);
  }

  @Test
  void stopEndsContainersThatAreUnknown() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).silent = true;
    recover();
    node.stopPodSandbox.call(StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void containersAreFoundAsTheyWere() throws Exception {
    String sandbox = node.runPod("web");
    String running = node.start(sandbox, "running");
    String created = node.create(sandbox, "created");
    String exited = node.start(sandbox, "exited");
    pod(sandbox).exit(exited, 3, true);
    List<ContainerStatus> before = List.of(status(running), status(created), status(exited));
    recover();
    assertThat(List.of(status(running), status(created), status(exited))).isEqualTo(before);
  }

  @Test
  void strayThatCannotBeEndedDoesNotKeepOthersAlive() throws Exception {
    String sandbox = node.runPod("web");
    for (String name : List.of("one", "two")) {
      node.deleteRecords(node.start(sandbox, name));
    }
    node.faults.failAt(1); // the first signal: the list of processes comes before
    recover();
    assertThat(pod(sandbox).signals).containsExactly("SIGKILL");
    recover(); // ends the other one
  }

  @Test
  void containersOfAShimThatIsGoneHaveEnded() throws Exception {
    String sandbox = node.runPod("web");
    String told = node.start(sandbox, "told");
    String untold = node.start(sandbox, "untold");
    Files.writeString(
        node.paths.containerExit(told),
        "{\"version\":1,\"exitCode\":5,\"finishedAt\":3000,\"oomKilled\":false}");
    node.pool.pods.clear();
    recover();
    assertThat(status(told).getExitCode()).isEqualTo(5);
    assertThat(status(untold).getExitCode()).isEqualTo(255);
    assertThat(node.sandboxes.get(sandbox).isReady()).isFalse();
  }

  private void recover() throws Exception {
    node.restart(Duration.ofMillis(500));
    node.recovery.run();
  }

  /** Makes reads of the file hang. The content comes back with {@link #releaseReaders}. */
  private void hang(Path file) throws Exception {
    Files.move(file, kept(file));
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    // With a writer, the reader's open returns, and its read waits for the writer.
    pipes.put(file, new RandomAccessFile(file.toFile(), "rw"));
  }

  /** Gives the content to the readers that wait, and puts the file back for later ones. */
  private void releaseReaders() throws Exception {
    for (Map.Entry<Path, RandomAccessFile> pipe : pipes.entrySet()) {
      Path file = pipe.getKey();
      Files.move(kept(file), file, StandardCopyOption.REPLACE_EXISTING);
      try (RandomAccessFile writer = pipe.getValue()) {
        writer.write(Files.readAllBytes(file));
      }
    }
    pipes.clear();
  }

  private static Path kept(Path file) {
    return file.resolveSibling(file.getFileName() + ".kept");
  }

  private static List<String> setAside(Path parent) throws IOException {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries
          .map(each -> String.valueOf(each.getFileName()))
          .filter(name -> name.contains("corrupt"))
          .toList();
    }
  }

  private ContainerStatus status(String id) throws IOException {
    return node.containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build())
        .getStatus();
  }

  private FakeShimPool.Pod pod(String sandbox) {
    return Objects.requireNonNull(node.pool.pods.get(sandbox));
  }
}
