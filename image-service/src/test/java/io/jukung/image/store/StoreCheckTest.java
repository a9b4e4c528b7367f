package io.jukung.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.StoreCheck.Finding;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageImporter;
import io.jukung.image.transfer.TestArchive;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The check of the store and its repairs. Needs root, for the owners of files. */
class StoreCheckTest {
  @TempDir Path temporary;
  private Path root;
  private Path layout;
  private ImageStore store;
  private TestImage image;
  private final List<String> pulled = new ArrayList<>();

  @BeforeEach
  void open() throws Exception {
    root = temporary.resolve("images");
    store = ImageStore.open(directories());
    image =
        TestImage.of(
                new TestTar()
                    .directory("etc")
                    .file("etc/base", "base")
                    .symlink("etc/link", "base")
                    .bytes(),
                new TestTar()
                    .directory("etc")
                    .file("etc/top", "top")
                    .file("etc/.wh.link", "")
                    .bytes())
            .build();
    layout = Files.createDirectory(temporary.resolve("layout"));
    TestArchive.layout(image, "app:1").writeTo(layout);
    importAgain();
  }

  @Test
  void checkFindsNothingInAnIntactStore() throws Exception {
    assertThat(check(true)).isEmpty();
  }

  @Test
  void damagedLayerIsFoundAndUnpackedAgain() throws Exception {
    Path file = layerWith("etc/base").resolve("etc/base");
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "evil"); // of the same size
    Files.setLastModifiedTime(file, time);
    assertThat(check(false))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.problem()).contains("etc/base has another content");
              assertThat(finding.imageIds()).containsExactly(image.id());
              assertThat(finding.repaired()).isFalse();
            });
    assertThat(file).hasContent("evil");
    assertThat(check(true)).singleElement().matches(Finding::repaired);
    assertThat(layerWith("etc/base").resolve("etc/base")).hasContent("base");
    assertThat(check(true)).isEmpty();
  }

  @Test
  void everyKindOfDamageIsFoundAndRepaired() throws Exception {
    Path base = layerWith("etc/base");
    List<Damage> kinds =
        List.of(
            () -> Files.delete(base.resolve("etc/base")),
            () -> Files.createFile(base.resolve("etc/more")),
            () -> Files.setAttribute(base.resolve("etc/base"), "unix:mode", 04755),
            () -> Files.setAttribute(base.resolve("etc"), "unix:uid", 5),
            () -> {
              Files.delete(base.resolve("etc/link"));
              Files.createSymbolicLink(base.resolve("etc/link"), Path.of("else"));
            },
            () -> Files.delete(layerWith("etc/top").resolve("etc/link")));
    for (Damage damage : kinds) {
      damage.happen();
      assertThat(check(true)).singleElement().matches(Finding::repaired);
      assertThat(check(true)).isEmpty();
    }
  }

  private interface Damage {
    void happen() throws IOException;
  }

  @Test
  void damagedLayerInUseIsReportedAndNotChanged() throws Exception {
    store.acquire(image.id(), "c1");
    Path file = layerWith("etc/base").resolve("etc/base");
    Files.writeString(file, "damaged");
    assertThat(check(true))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.repaired()).isFalse();
              assertThat(finding.outcome()).contains("c1");
            });
    assertThat(file).hasContent("damaged");
  }

  @Test
  void lostLayerIsMadeAgainForALease() throws Exception {
    removeTree(layerDirectory("etc/base"));
    List<Path> lower = store.acquire(image.id(), "c1").lowerDirectories();
    assertThat(lower.getLast().resolve("etc/base")).hasContent("base");
  }

  @Test
  void imageWithALostLayerIsListedAfterARestartAndRepaired() throws Exception {
    removeTree(layerWith("etc/top")); // the directory around it stays
    store = ImageStore.open(directories());
    assertThat(store.list()).singleElement().matches(found -> found.id().equals(image.id()));
    assertThat(check(true)).singleElement().matches(Finding::repaired);
    assertThat(store.acquire(image.id(), "c1").lowerDirectories().getFirst().resolve("etc/top"))
        .hasContent("top");
  }

  @Test
  void lostLayerWithoutItsBlobIsAnError() throws Exception {
    removeTree(layerDirectory("etc/base"));
    Path blob = root.resolve("blobs/sha256").resolve(image.layers().getFirst().hex());
    Files.delete(blob);
    assertThatThrownBy(() -> store.acquire(image.id(), "c1")).isInstanceOf(Exception.class);
    assertThat(store.leases()).containsExactly("c1");
  }

  @Test
  void corruptBlobIsRemovedAndPulledAgain() throws Exception {
    Path blob = root.resolve("blobs/sha256").resolve(image.layers().getLast().hex());
    Files.write(blob, new byte[] {1, 2, 3}, StandardOpenOption.WRITE);
    assertThat(check(false)).first().matches(finding -> finding.problem().equals("is corrupt"));
    assertThat(check(true)).hasSize(2).allMatch(Finding::repaired);
    assertThat(pulled).hasSize(1);
    assertThat(check(true)).isEmpty();
  }

  @Test
  void blobThatCannotBeOpenedIsReportedAndKept() throws Exception {
    Path blob = root.resolve("blobs/sha256").resolve(image.layers().getLast().hex());
    Path elsewhere = Files.move(blob, temporary.resolve("blob"));
    Files.createDirectory(blob); // makes opening the file fail, although the file is not lost
    assertThat(check(true))
        .anySatisfy(
            finding -> {
              assertThat(finding.subject()).isEqualTo("blob " + image.layers().getLast());
              assertThat(finding.repaired()).isFalse();
            });
    assertThat(blob).isDirectory();
    Files.delete(blob);
    Files.move(elsewhere, blob);
    assertThat(check(true)).isEmpty();
  }

  @Test
  void contentIsKeptWhileTheRecordOfItsImageCannotBeRead() throws Exception {
    Path record;
    try (var records = Files.list(root.resolve("records"))) {
      record = records.findFirst().orElseThrow();
    }
    try (Fd memory = Mounts.clone(Path.of("/proc/self/mem"))) {
      Mounts.attach(memory, record); // a regular file; a read at its start is EIO
    }
    store = ImageStore.open(directories());
    Mounts.detach(record);
    assertThat(store.list()).isEmpty();
    store = ImageStore.open(directories());
    assertThat(store.list()).singleElement().matches(found -> found.id().equals(image.id()));
    assertThat(check(true)).isEmpty();
  }

  @Test
  void damagedRecordIsSetAsideAndItsContentRemoved() throws Exception {
    Path record;
    try (var records = Files.list(root.resolve("records"))) {
      record = records.findFirst().orElseThrow();
    }
    Files.writeString(record, "{");
    store = ImageStore.open(directories());
    assertThat(store.list()).isEmpty();
    assertThat(root.resolve("aside").resolve(record.getFileName())).hasContent("{");
    assertThat(root.resolve("layers")).isEmptyDirectory();
    assertThat(check(true))
        .singleElement()
        .matches(finding -> finding.repaired() && finding.subject().contains("aside"));
    assertThat(root.resolve("aside")).isEmptyDirectory();
    assertThat(check(true)).isEmpty();
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void fifoInTheStoreIsNeverReadFrom() throws Exception {
    store.acquire(image.id(), "c1");
    for (String kind : List.of("leases", "blobs/sha256", "records")) {
      Path file;
      try (var files = Files.list(root.resolve(kind))) {
        file = files.findFirst().orElseThrow();
      }
      Files.delete(file);
      assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
    }
    store = ImageStore.open(directories());
    assertThat(store.list()).isEmpty();
    assertThat(store.leases()).as("the damaged lease can be released").containsExactly("c1");
    store.release("c1");
    importAgain();
    assertThat(check(true)).isNotEmpty().allMatch(Finding::repaired);
    assertThat(check(true)).isEmpty();
  }

  @Test
  void filesThatBelongToNoImageAreRemoved() throws Exception {
    Path blob = Files.writeString(root.resolve("blobs/sha256/strange"), "x");
    Path layer = Files.createDirectories(root.resolve("layers/strange/fs"));
    assertThat(check(false)).hasSize(2).noneMatch(Finding::repaired);
    assertThat(check(true)).hasSize(2).allMatch(Finding::repaired);
    assertThat(blob).doesNotExist();
    assertThat(layer).doesNotExist();
  }

  @Test
  void contentOfUnusedImagesIsReclaimable() throws Exception {
    assertThat(store.detailedUsage().usedImages()).isZero();
    assertThat(store.detailedUsage().reclaimableBytes()).isPositive();
    store.acquire(image.id(), "c1");
    assertThat(store.detailedUsage().usedImages()).isEqualTo(1);
    assertThat(store.detailedUsage().reclaimableBytes()).isZero();
  }

  /**
   * Layers in directories, whose files can be damaged one by one. {@code ErofsStoreTest} damages
   * EROFS images.
   */
  private ImageStoreSettings directories() {
    return new ImageStoreSettings(
        root, LayerLimits.DEFAULT, Optional.of(LayerFormat.DIRECTORY), 1, Set.of());
  }

  private List<Finding> check(boolean repair) throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    new StoreCheck(store, this::pullAgain).run(repair, findings::add);
    return findings;
  }

  private void pullAgain(String name) throws InterruptedException {
    pulled.add(name);
    importAgain();
  }

  private void importAgain() throws InterruptedException {
    try {
      new ImageImporter(store).importFrom(layout, "", false);
    } catch (CriException e) {
      throw new AssertionError(e);
    }
  }

  private Path layerWith(String file) throws IOException {
    return layerDirectory(file).resolve("fs");
  }

  private Path layerDirectory(String file) throws IOException {
    try (var layers = Files.list(root.resolve("layers"))) {
      return layers
          .filter(layer -> Files.exists(layer.resolve("fs").resolve(file)))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void removeTree(Path tree) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("rm", "-r", tree.toString()).start().waitFor()).isZero();
  }
}
