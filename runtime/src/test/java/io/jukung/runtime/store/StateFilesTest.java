package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.sandboxfiles.SharedMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StateFilesTest {
  private static final String ID = ObjectId.random();

  @TempDir Path work;
  private StateFiles files;

  @BeforeEach
  void setUp() throws IOException {
    files = new StateFiles(new StatePaths(work.resolve("root"), work.resolve("state")));
    files.paths().createDirectories();
    Files.createDirectories(files.paths().container(ID));
    Files.createDirectories(files.paths().sandbox(ID));
  }

  /** A regression: the reader of a FIFO waited for a writer, and each start of the daemon 30 s. */
  @Test
  void recordThatIsAFifoIsDamagedAtOnce() throws Exception {
    StatePaths paths = files.paths();
    for (Path record :
        new Path[] {
          paths.sandboxRecord(ID),
          paths.sandboxStatus(ID),
          paths.containerRecord(ID),
          paths.containerStatus(ID),
          paths.containerExit(ID),
          paths.containerSpec(ID)
        }) {
      assertThat(new ProcessBuilder("mkfifo", record.toString()).start().waitFor()).isZero();
    }
    Stream.<Callable<?>>of(
            () -> files.readSandbox(ID),
            () -> files.readContainer(ID),
            () -> files.readStatus(ID),
            () -> files.readExit(ID),
            () -> files.readSpec(ID))
        .forEach(
            read ->
                assertThatThrownBy(read::call)
                    .isInstanceOf(DamagedRecordException.class)
                    .hasMessageContaining("not a regular file but a FIFO"));
  }

  @Test
  void recordThatIsADirectoryOrASymlinkIsDamaged() throws Exception {
    Files.createDirectory(files.paths().containerStatus(ID));
    assertThatThrownBy(() -> files.readStatus(ID)).isInstanceOf(DamagedRecordException.class);
    Path elsewhere = Files.writeString(work.resolve("elsewhere"), "{}");
    Files.createSymbolicLink(files.paths().containerExit(ID), elsewhere);
    assertThatThrownBy(() -> files.readExit(ID)).isInstanceOf(DamagedRecordException.class);
  }

  // What a power cut leaves of files that were renamed and not synced: the name, and no content.

  @Test
  void sandboxWhoseLaterRecordAPowerCutTookIsNotReadyAndMayHoldAnAddress() throws Exception {
    SandboxRecord intent = SandboxRecordTest.record(SandboxRecord.State.CREATING);
    files.createSandbox(intent);
    files.writeSandbox(intent.withNetwork(true, List.of("10.0.0.1")).ready());
    Path status = files.paths().sandboxStatus(intent.id());
    cut(status);
    assertThatThrownBy(() -> files.readSandbox(intent.id()))
        .as("without a reboot it is damage")
        .isInstanceOf(DamagedRecordException.class);
    reboot(files.paths().sandbox(intent.id()));
    assertThat(files.readSandbox(intent.id())).isEqualTo(intent.notReady());
    Files.delete(status);
    assertThat(files.readSandbox(intent.id())).isEqualTo(intent.notReady());
  }

  @Test
  void sandboxWhoseFirstRecordAPowerCutTookWasNotMade() throws Exception {
    SandboxRecord intent = SandboxRecordTest.record(SandboxRecord.State.CREATING);
    files.createSandbox(intent);
    assertThat(files.isUnfinishedSandbox(intent.id())).isFalse();
    assertThat(files.readSandbox(intent.id())).as("without a reboot").isEqualTo(intent);
    cut(files.paths().sandboxRecord(intent.id()));
    assertThat(files.isUnfinishedSandbox(intent.id())).isTrue();
    files.writeSandbox(intent.ready());
    assertThat(files.isUnfinishedSandbox(intent.id())).isFalse();
  }

  @Test
  void containerThatMayHaveRunWhenTheNodeFellIsNeverShownAsCreated() throws Exception {
    Files.writeString(files.paths().containerRecord(ID), "{}");
    assertThat(files.readStatus(ID).isCreated()).isTrue();
    files.settleContainer(ID);
    assertThat(files.readStatus(ID).isCreated()).as("before the reboot").isTrue();
    reboot(files.paths().container(ID));
    assertThat(files.readStatus(ID).isUnknown()).isTrue();
    Files.writeString(files.paths().containerStatus(ID), "");
    assertThat(files.readStatus(ID).isUnknown()).isTrue();
  }

  @Test
  void emptyContainerRecordIsThatOfAnUnfinishedCreationUnlessTheContainerWasStarted()
      throws Exception {
    assertThat(files.isUnfinishedContainer(ID)).isTrue();
    Files.writeString(files.paths().containerRecord(ID), "");
    assertThat(files.isUnfinishedContainer(ID)).isTrue();
    files.settleContainer(ID);
    assertThat(files.isUnfinishedContainer(ID)).isFalse();
  }

  private static void cut(Path record) throws IOException {
    Files.write(record, new byte[0]);
  }

  private static void reboot(Path object) throws IOException {
    Path mark = object.resolve("boot");
    Files.delete(mark);
    Files.createSymbolicLink(mark, Path.of("00000000-0000-0000-0000-000000000000"));
  }

  /** A regression: the undo of a pod failed, because kubelet removed the pod at the same time. */
  @Test
  void objectIsDeletedByTwoThreadsAtTheSameTime() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 20; round++) {
        Path directory = Files.createDirectories(files.paths().sandboxState(ID));
        for (int i = 0; i < 300; i++) {
          Files.createFile(directory.resolve("file" + i));
        }
        Callable<Void> deletion =
            () -> {
              files.deleteSandboxState(ID);
              return null;
            };
        for (Future<Void> each : threads.invokeAll(List.of(deletion, deletion))) {
          each.get();
        }
        assertThat(directory).doesNotExist();
      }
    }
  }

  @Test
  void removedObjectsAreDeletedInTheBackground() throws Exception {
    StateFiles background = StateFiles.withBackgroundDeletions(files.paths());
    for (int i = 0; i < 300; i++) {
      String id = ObjectId.random();
      Path upper = Files.createDirectories(files.paths().container(id).resolve("upper/a/b"));
      Files.createFile(upper.resolve("file"));
      background.deleteContainer(id);
      assertThat(files.paths().container(id)).doesNotExist();
    }
    while (!background.trash().isEmpty()) { // bounded by the timeout of the class
      Thread.sleep(1);
    }
  }

  @Test
  void whatCannotBeDeletedStaysInTheTrashForTheNextStart() throws IOException {
    Path mounted = files.paths().container(ID).resolve("mounted");
    SharedMemory.mount(mounted, null, 4096);
    files.deleteContainer(ID);
    assertThat(files.paths().container(ID)).doesNotExist();
    assertThat(files.trash()).hasSize(1);
    SharedMemory.remove(files.paths().trash().resolve(files.trash().getFirst()).resolve("mounted"));
    files.emptyTrash(files.trash());
    assertThat(files.trash()).isEmpty();
  }
}
