package io.jukung.image.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.StoreCheck.Finding;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageImporter;
import io.jukung.image.transfer.TestArchive;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Layers in the EROFS format: when they are mounted, and how damaged ones are repaired. Needs root.
 */
class ErofsStoreTest {
  @TempDir Path temporary;
  private Path root;
  private ImageStore store;
  private TestImage image;

  @BeforeEach
  void open() throws Exception {
    root = temporary.resolve("images");
    store = open(LayerLimits.DEFAULT);
    image =
        TestImage.of(
                new TestTar().directory("etc").file("etc/base", "base".repeat(5000)).bytes(),
                new TestTar().directory("etc").file("etc/top", "top").bytes())
            .build();
    importImage();
  }

  @Test
  void thisKernelSupportsTheFormat() throws Exception {
    assertThat(LayerFormat.best(Files.createDirectory(temporary.resolve("probe"))))
        .isEqualTo(LayerFormat.EROFS);
    assertThat(temporary.resolve("probe")).isEmptyDirectory();
  }

  @Test
  void layersAreMountedFromTheFirstLeaseUntilTheyAreRemoved() throws Exception {
    assertThat(mounts()).isEmpty();
    List<Path> lower = store.acquire(image.id(), "c1").lowerDirectories();
    assertThat(lower.getFirst().resolve("etc/top")).hasContent("top");
    assertThat(store.acquire(image.id(), "c2").lowerDirectories()).isEqualTo(lower);
    assertThat(mounts())
        .hasSize(2)
        .allSatisfy(
            mount -> {
              assertThat(mount.type()).isEqualTo("erofs");
              assertThat(mount.options()).contains("ro", "nosuid", "nodev");
            });
    store.release("c1");
    store.remove(image.id());
    assertThat(mounts()).hasSize(2); // the other container has a lease
    store.release("c2");
    assertThat(mounts()).isEmpty();
    assertThat(root.resolve("layers")).isEmptyDirectory();
    assertThat(root.resolve("temporary")).isEmptyDirectory();
  }

  @Test
  void layersAreMountedAgainAfterAReboot() throws Exception {
    List<Path> lower = store.acquire(image.id(), "c1").lowerDirectories();
    unmountAll();
    store = open(LayerLimits.DEFAULT);
    assertThat(store.acquire(image.id(), "c1").lowerDirectories()).isEqualTo(lower);
    assertThat(lower.getLast().resolve("etc/base")).hasContent("base".repeat(5000));
  }

  @Test
  void layersAreNotMountedTwiceAfterARestart() throws Exception {
    store.acquire(image.id(), "c1");
    store = open(LayerLimits.DEFAULT);
    store.acquire(image.id(), "c2");
    assertThat(mounts()).hasSize(2);
  }

  @Test
  void removalInterruptedByAKillIsFinishedAtStart() throws Exception {
    Path layer = store.acquire(image.id(), "c1").lowerDirectories().getFirst().getParent();
    Files.move(layer, root.resolve("temporary/removed-layer-7"));
    store = open(LayerLimits.DEFAULT);
    assertThat(root.resolve("temporary")).isEmptyDirectory();
    assertThat(mounts()).hasSize(1);
  }

  @Test
  void damagedLayerIsMadeAgainForALease() throws Exception {
    Path erofs = images().getFirst();
    for (long size : new long[] {0, 1024, 4096}) {
      unmountAll();
      try (RandomAccessFile file = new RandomAccessFile(erofs.toFile(), "rw")) {
        file.setLength(size);
      }
      for (Path lower : store.acquire(image.id(), "c" + size).lowerDirectories()) {
        assertThat(lower.resolve("etc")).isNotEmptyDirectory();
      }
    }
  }

  @Test
  void layerIsKeptWhenItsMountFailsForLackOfPrivilege() throws Exception {
    List<Object> before = fileKeys();
    assertThatThrownBy(
            () ->
                FreshThread.run(
                    "without CAP_SYS_ADMIN",
                    () -> {
                      dropSysAdmin();
                      store.acquire(image.id(), "c1");
                    }))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.is(Errno.EPERM)).isTrue());
    assertThat(fileKeys()).isEqualTo(before);
    assertThat(store.acquire(image.id(), "c1").lowerDirectories().getFirst().resolve("etc/top"))
        .hasContent("top");
  }

  private List<Object> fileKeys() throws IOException {
    List<Object> keys = new ArrayList<>();
    for (Path erofs : images()) {
      keys.add(Files.readAttributes(erofs, BasicFileAttributes.class).fileKey());
    }
    return keys;
  }

  /** Takes CAP_SYS_ADMIN out of the calling thread's effective set (capset(2)). */
  private static void dropSysAdmin() throws IOException {
    long permitted =
        Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
            .filter(line -> line.startsWith("CapPrm:"))
            .mapToLong(line -> Long.parseLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElseThrow();
    long effective = permitted & ~(1L << 21);
    try (Memory header = Memory.allocate(8);
        Memory sets = Memory.allocate(24)) {
      header.putInt(0, 0x20080522).putInt(4, 0);
      sets.putInt(0, (int) effective).putInt(4, (int) permitted).putInt(8, 0);
      sets.putInt(12, (int) (effective >>> 32)).putInt(16, (int) (permitted >>> 32)).putInt(20, 0);
      Kernel.call(
          Syscall.CAPSET, () -> "without CAP_SYS_ADMIN", header.address(), sets.address(), 0);
    }
  }

  @Test
  void damageAnywhereInTheImageIsFoundAndRepaired() throws Exception {
    Path erofs = imageWith("basebase");
    long size = Files.size(erofs);
    assertThat(check(true)).isEmpty();
    // These are in the superblock, the content of the file, and the modes of the root and of etc.
    long inodes = size - 4096;
    for (long offset : new long[] {1100, 4096 + 17, 3 * 4096, inodes + 36, inodes + 164}) {
      flip(erofs, offset);
      assertThat(check(false))
          .as("offset %d of %d", offset, size)
          .isNotEmpty() // there can be a second finding, for the layer above
          .noneMatch(Finding::repaired);
      assertThat(check(true)).singleElement().matches(Finding::repaired);
      assertThat(check(true)).isEmpty();
    }
  }

  @Test
  void sameLayerGivesTheSameImageBytes() throws Exception {
    List<byte[]> before = new ArrayList<>();
    for (Path erofs : images()) {
      before.add(Files.readAllBytes(erofs));
    }
    store.remove(image.id());
    importImage();
    for (Path erofs : images()) {
      assertThat(Files.readAllBytes(erofs)).isEqualTo(before.removeFirst());
    }
  }

  @Test
  void layerWithTooManyNamesBecomesADirectory() throws Exception {
    store.remove(image.id());
    store = open(new LayerLimits(1 << 30, 1_000_000, 0, /* maxIndexBytes= */ 20_000));
    TestTar many = new TestTar();
    for (int i = 0; i < 200; i++) {
      many.file("many/" + i, "x");
    }
    image =
        TestImage.of(many.bytes(), new TestTar().file("many/.wh.7", "").file("one", "1").bytes())
            .build();
    importImage();
    List<Path> lower = store.acquire(image.id(), "c1").lowerDirectories();
    assertThat(lower.getLast().resolve("many/199")).hasContent("x");
    assertThat(lower.getFirst().resolve("one")).hasContent("1");
    assertThat(lower.getFirst().resolve("many/7")).exists();
    assertThat(images()).hasSize(1);
    assertThat(mounts()).hasSize(1);
    assertThat(check(true)).isEmpty();
  }

  @Test
  void layersOfTheOtherFormatStayUsable() throws Exception {
    store =
        ImageStore.open(
            new ImageStoreSettings(
                root, LayerLimits.DEFAULT, Optional.of(LayerFormat.DIRECTORY), 1, Set.of()));
    TestImage other =
        TestImage.of(
                new TestTar().directory("etc").file("etc/base", "base".repeat(5000)).bytes(),
                new TestTar().directory("etc").file("etc/.wh.base", "").bytes())
            .build();
    image = other;
    importImage();
    List<Path> lower = store.acquire(image.id(), "c1").lowerDirectories();
    assertThat(Files.getAttribute(lower.getFirst().resolve("etc/base"), "unix:mode"))
        .isEqualTo(0x2000);
    assertThat(lower.getLast().resolve("etc/base")).isRegularFile();
    assertThat(mounts()).hasSize(1);
    assertThat(check(true)).isEmpty();
  }

  @Test
  void checkFailsForAFormatThatCannotBeMounted() {
    Path onProc = Path.of("/proc/nowhere");
    assertThatThrownBy(() -> LayerFormat.EROFS.check(onProc)).isInstanceOf(IOException.class);
  }

  private ImageStore open(LayerLimits limits) throws IOException {
    return ImageStore.open(
        new ImageStoreSettings(root, limits, Optional.of(LayerFormat.EROFS), 1, Set.of()));
  }

  private void importImage() throws Exception {
    Path layout = Files.createTempDirectory(temporary, "layout");
    TestArchive.layout(image, "app:1").writeTo(layout);
    new ImageImporter(store).importFrom(layout, "", false);
  }

  private List<Finding> check(boolean repair) throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    new StoreCheck(
            store,
            name -> {
              throw new IllegalStateException("nothing is to be pulled: " + name);
            })
        .run(repair, findings::add);
    return findings;
  }

  private List<Path> images() throws IOException {
    try (Stream<Path> layers = Files.list(root.resolve("layers"))) {
      return layers
          .map(layer -> layer.resolve("layer.erofs"))
          .filter(Files::exists)
          .sorted()
          .toList();
    }
  }

  private Path imageWith(String text) throws IOException {
    for (Path erofs : images()) {
      if (new String(Files.readAllBytes(erofs), ISO_8859_1).contains(text)) {
        return erofs;
      }
    }
    throw new AssertionError("no image has " + text);
  }

  private static void flip(Path file, long offset) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(offset);
      int old = bytes.read();
      bytes.seek(offset);
      bytes.write(old ^ 0x15);
    }
  }

  private List<MountinfoLine> mounts() throws IOException {
    return MountTable.read().under(root);
  }

  private void unmountAll() throws IOException {
    for (MountinfoLine mount : mounts()) {
      Mounts.detach(Path.of(mount.mountPoint()));
    }
  }
}
