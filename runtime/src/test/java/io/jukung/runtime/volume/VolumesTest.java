package io.jukung.runtime.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.CreateVolumeRequest;
import io.jukung.client.v1.ListVolumesRequest;
import io.jukung.client.v1.RemoveVolumeRequest;
import io.jukung.client.v1.Volume;
import io.jukung.cri.CriException;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerName;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerRecord.Propagation;
import io.jukung.runtime.store.ContainerStatusRecord;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.ObjectId;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
  private static final VolumeMounts.Mounter NOT_MOUNTED = (volume, data) -> {};

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // set by start
  private Volumes volumes;

  @SuppressWarnings("NullAway.Init") // set by start
  private StatePaths paths;

  @BeforeEach
  void start() throws IOException {
    paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    volumes = new Volumes(new StateFiles(paths), new ContainerStore());
    volumes.load();
  }

  private Volume create(String name) throws IOException {
    return new CreateVolume(volumes)
        .call(CreateVolumeRequest.newBuilder().setName(name).putLabels("a", "b").build())
        .getVolume();
  }

  private void remove(String name) throws IOException {
    var _ = new RemoveVolume(volumes).call(RemoveVolumeRequest.newBuilder().setName(name).build());
  }

  private List<Volume> list() throws IOException {
    return new ListVolumes(volumes).call(ListVolumesRequest.getDefaultInstance()).getVolumesList();
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> files = Files.list(paths.volumes())) {
      return files.toList();
    }
  }

  @Test
  void volumeOutlivesTheDaemonAndIsFoundByItsName() throws IOException {
    Volume made = create("data");
    Files.writeString(Path.of(made.getMountpoint()).resolve("file"), "kept");
    start();
    assertThat(list()).containsExactly(made);
    assertThat(create("data")).as("made again").isEqualTo(made);
    assertThat(Path.of(made.getMountpoint()).resolve("file")).hasContent("kept");
    remove("data");
    assertThat(list()).isEmpty();
    assertThat(directories()).isEmpty();
    start();
    assertThat(list()).isEmpty();
  }

  @Test
  void volumeOfContainerThatIsBeingMadeIsNotPruned() throws IOException {
    var create = CreateVolumeRequest.newBuilder().setName("data").setForContainer(true).build();
    Volume made = new CreateVolume(volumes).call(create).getVolume();
    var prune = RemoveVolumeRequest.newBuilder().setName("data").setUnusedOnly(true).build();
    assertThatThrownBy(() -> new RemoveVolume(volumes).call(prune))
        .hasMessageContaining("for a container that is being made");
    try (Volumes.Hold _ = volumes.hold("c".repeat(64), List.of(made.getMountpoint()))) {
      assertThatThrownBy(() -> new RemoveVolume(volumes).call(prune))
          .hasMessageContaining("in use by container");
    }
    var _ = new RemoveVolume(volumes).call(prune); // the creation has ended without a container
    assertThat(list()).isEmpty();
    var _ = new CreateVolume(volumes).call(create);
    remove("data"); // who names the volume means it
    assertThat(list()).isEmpty();
  }

  @Test
  void anonymousVolumesHaveTheirIdsAsNames() throws IOException {
    Volume first = create("");
    assertThat(first.getAnonymous()).isTrue();
    assertThat(ObjectId.isValid(first.getName())).isTrue();
    assertThat(create("").getName()).isNotEqualTo(first.getName());
  }

  @Test
  void wrongRequestsAreRefusedByName() throws IOException {
    for (String name : List.of("x", "../etc", ".hidden", "a/b", "a b", "n".repeat(201))) {
      assertThatThrownBy(() -> create(name)).hasMessageContaining("not a name");
    }
    CreateVolumeRequest.Builder request = CreateVolumeRequest.newBuilder().setName("data");
    CreateVolume call = new CreateVolume(volumes);
    assertThatThrownBy(() -> call.call(request.clone().setDriver("nfs").build()))
        .hasMessageContaining("there is no driver nfs");
    assertThatThrownBy(() -> call.call(request.clone().putOptions("size", "1").build()))
        .hasMessageContaining("no option size");
    var _ = create("data");
    assertThatThrownBy(() -> call.call(request.clone().putLabels("c", "d").build()))
        .hasMessageContaining("exists with other options or labels");
    assertThatThrownBy(() -> remove("other")).hasMessageContaining("there is no volume other");
    assertThatThrownBy(() -> remove("")).hasMessageContaining("name is empty");
  }

  @Test
  void volumeThatAContainerIsCreatedWithIsNotRemoved() throws IOException {
    Volume data = create("data");
    String id = ObjectId.random();
    List<String> sources = List.of(data.getMountpoint(), "/etc");
    try (Volumes.Hold _ = volumes.hold(id, sources)) {
      assertThatThrownBy(() -> remove("data"))
          .isInstanceOf(CriException.class)
          .hasMessageContaining("in use by container " + id.substring(0, 12));
    }
    remove("data");
    assertThatThrownBy(() -> volumes.hold(id, sources)).hasMessageContaining("was removed");
  }

  @Test
  void volumeThatIsNamedWithSlashesOrByADirectoryInItIsNotRemoved() throws IOException {
    String data = create("data").getMountpoint();
    String id = ObjectId.random();
    for (String source :
        List.of(
            data + "/",
            data + "/deep/er",
            data.replace("/volumes/", "//volumes/./"),
            data + "/../data")) {
      try (Volumes.Hold _ = volumes.hold(id, List.of(source))) {
        assertThatThrownBy(() -> remove("data"))
            .as(source)
            .hasMessageContaining("in use by container " + id.substring(0, 12));
      }
    }
    for (String other : List.of(data + "2", data + "/..", paths.volumes() + "/", "\0")) {
      try (Volumes.Hold _ = volumes.hold(id, List.of(other))) {
        assertThat(list().getFirst().getContainerIdsList()).as(other).isEmpty();
      }
    }
    remove("data");
    assertThatThrownBy(() -> volumes.hold(id, List.of(data + "//deep")))
        .hasMessageContaining("was removed");
  }

  private Container container(String source) {
    ContainerRecord.Mount mount =
        new ContainerRecord.Mount(
            "/data", source, false, false, false, Propagation.PRIVATE, null, "", "");
    String id = ObjectId.random();
    ContainerRecord record =
        new ContainerRecord(
            ContainerRecord.VERSION,
            id,
            new ContainerName("pod", "web", 0),
            1,
            new ContainerRecord.ImageReference("image", "", "", Map.of()),
            "",
            Map.of(),
            Map.of(),
            "",
            false,
            false,
            false,
            null,
            15,
            NamespaceOwner.POD,
            null,
            new ContainerRecord.User(0, 0, List.of()),
            List.of(mount),
            null,
            "",
            List.of());
    return new Container(new StateFiles(paths), record, ContainerStatusRecord.created());
  }

  @Test
  void volumeOfWhichAContainerMountsADirectoryIsInUse() throws IOException {
    ContainerStore containers = new ContainerStore();
    volumes = new Volumes(new StateFiles(paths), containers, Runnable::run, NOT_MOUNTED);
    Container user = container(create("data").getMountpoint() + "//deep/");
    containers.add(user);
    assertThat(list().getFirst().getContainerIdsList()).containsExactly(user.id());
    assertThatThrownBy(() -> remove("data")).hasMessageContaining("in use by container web");
  }

  @Test
  @Timeout(60) // without the fix it waits for ever
  void mountThatDoesNotEndHoldsNeitherCreationsNorRemovalsNorOtherEnds() throws Exception {
    CountDownLatch mounts = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    ContainerStore containers = new ContainerStore();
    volumes =
        new Volumes(
            new StateFiles(paths),
            containers,
            Runnable::run,
            (volume, data) -> {
              mounts.countDown();
              try {
                answered.await();
              } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
              }
            });
    var _ = volumes.create("share", Map.of("type", "tmpfs", "device", "tmpfs"), Map.of(), false);
    String share = list().getFirst().getMountpoint();
    Container starts = container(share);
    Container ended = container(share);
    containers.add(starts);
    containers.add(ended);
    Thread start =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (Volumes.Start _ = volumes.mountFor(starts)) {
                    // It is mounted.
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    try {
      mounts.await();
      var _ = volumes.create("share", Map.of(), Map.of(), false);
      volumes.hold(ObjectId.random(), List.of(share)).close();
      volumes.release(ended);
      assertThatThrownBy(() -> remove("share")).hasMessageContaining("in use by containers web");
    } finally {
      answered.countDown();
      start.join();
    }
  }

  @Test
  void whatACreationHasLeftBeforeItsRecordIsRemovedWhenTheDaemonStarts() throws IOException {
    Path left = Files.createDirectories(paths.volumes().resolve(ObjectId.random()));
    Path withData = Files.createDirectories(paths.volumes().resolve(ObjectId.random()));
    Files.createDirectory(withData.resolve("data"));
    Path foreign = Files.createDirectories(paths.volumes().resolve("lost+found"));
    start();
    assertThat(left).doesNotExist();
    assertThat(withData).doesNotExist();
    assertThat(foreign).exists();
  }

  @Test
  void nameIsKnownBeforeACopyThatWasInterruptedIsFinished() throws IOException {
    Path data = Path.of(create("data").getMountpoint());
    Path filled = Files.createDirectory(data.resolveSibling("filled"));
    Files.writeString(filled.resolve("file"), "image");
    List<Runnable> background = new ArrayList<>();
    volumes =
        new Volumes(new StateFiles(paths), new ContainerStore(), background::add, NOT_MOUNTED);
    volumes.load();
    assertThat(list()).extracting(Volume::getName).containsExactly("data");
    assertThat(filled).exists();
    background.forEach(Runnable::run);
    assertThat(filled).doesNotExist();
    assertThat(data.resolve("file")).hasContent("image");
  }

  @Test
  void damagedRecordIsSetAsideAndItsContentKept() throws IOException {
    Path content = Path.of(create("data").getMountpoint()).resolve("file");
    Files.writeString(content, "kept");
    Path record = content.resolveSibling("../volume.json").normalize();
    Files.writeString(record, "{\"version\": 99}");
    start();
    start();
    assertThat(list()).isEmpty();
    assertThat(content).hasContent("kept");
    assertThat(record).doesNotExist();
    assertThat(content.startsWith(create("data").getMountpoint())).isFalse();
  }

  @Test
  void recordWithoutANameIsSetAsideAndTheDaemonStarts() throws IOException {
    Path record = Path.of(create("data").getMountpoint()).resolveSibling("volume.json");
    Files.writeString(record, Files.readString(record).replace("\"name\"", "\"other\""));
    Volume other = create("other");
    start();
    assertThat(list()).containsExactly(other);
    assertThat(record).doesNotExist();
    assertThat(record.resolveSibling("data")).exists();
  }

  @Test
  void leftoverThatCannotBeDeletedDoesNotStopTheDaemon() throws IOException {
    Volume made = create("data");
    Path left = Files.createDirectory(paths.volumes().resolve(ObjectId.random()));
    Files.delete(paths.trash());
    Files.writeString(paths.trash(), "no directory");
    volumes = new Volumes(new StateFiles(paths), new ContainerStore());
    volumes.load();
    assertThat(list()).containsExactly(made);
    assertThat(left).exists();
  }

  @Test
  void sizesAreCountedOnRequest() throws IOException {
    Path content = Path.of(create("data").getMountpoint()).resolve("file");
    Files.write(content, new byte[100_000]);
    Volume sized =
        new ListVolumes(volumes)
            .call(ListVolumesRequest.newBuilder().setName("data").setWithSizes(true).build())
            .getVolumes(0);
    assertThat(sized.getSizeBytes()).isGreaterThanOrEqualTo(100_000);
    assertThat(list().getFirst().getSizeBytes()).isZero();
    assertThat(sized.getLabelsMap()).isEqualTo(Map.of("a", "b"));
  }
}
