package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import io.jukung.image.pull.TestImage;
import io.jukung.image.tar.TestTar;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The files that well-formed layers become. Needs root, for owners, devices and attributes. */
@ParameterizedClass
@EnumSource(LayerFormat.class)
class UnpackTest {
  private final LayerFormat format;
  @TempDir Path temporary;
  private LayerFixture layers;

  UnpackTest(LayerFormat format) {
    this.format = format;
  }

  @BeforeEach
  void open() throws IOException {
    layers = new LayerFixture(temporary, format);
  }

  @Test
  void filesHaveTheModesOwnersAndTimesOfTheArchive() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .directory("bin", 02775)
                .file(
                    "bin/su",
                    new byte[] {1, 2, 3},
                    entry -> {
                      entry.setMode(06755);
                      entry.setIds(12, 34);
                      entry.setModTime(-5_000L);
                    })
                .file("bin/big-ids", new byte[0], this::setBigIds)
                .bytes());
    FileStatus su = status(fs, "bin", "su");
    assertThat(su.mode()).isEqualTo(06755);
    assertThat(su.uid()).isEqualTo(12);
    assertThat(su.gid()).isEqualTo(34);
    assertThat(su.modified()).isEqualTo(new FileTime(-5, 0));
    FileStatus big = status(fs, "bin", "big-ids");
    assertThat(big.uid()).isEqualTo(3_000_000);
    assertThat(big.gid()).isEqualTo((int) 4_000_000_000L);
    assertThat(status(fs, "", "bin").mode()).isEqualTo(02775);
    assertThat(fs.resolve("bin/su")).hasBinaryContent(new byte[] {1, 2, 3});
  }

  private void setBigIds(TarArchiveEntry entry) {
    entry.setUserId(3_000_000L);
    entry.setGroupId(4_000_000_000L);
  }

  @Test
  void directoriesKeepTheirTimesWhenEntriesAreMadeInThem() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .directory("a", entry -> entry.setModTime(1_000_000L))
                .directory("a/b", entry -> entry.setModTime(2_000_000L))
                .file("a/b/one", "1")
                .file("a/two", "2")
                .file("a/b/three", "3")
                .symlink("a/b/link", "one")
                .bytes());
    assertThat(status(fs, "", "a").modified()).isEqualTo(new FileTime(1_000, 0));
    assertThat(status(fs, "a", "b").modified()).isEqualTo(new FileTime(2_000, 0));
  }

  @Test
  void directoryDescribedAfterItsContentHasItsOwnAttributes() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .file("a/b/file", "x")
                .directory(
                    "a/b",
                    entry -> {
                      entry.setModTime(3_000_000L);
                      entry.setMode(0700);
                      entry.setIds(5, 6);
                    })
                .file("a/b/later", "y")
                .bytes());
    FileStatus status = status(fs, "a", "b");
    assertThat(status.modified()).isEqualTo(new FileTime(3_000, 0));
    assertThat(status.mode()).isEqualTo(0700);
    assertThat(status.uid()).isEqualTo(5);
  }

  @Test
  void binaryExtendedAttributesKeepEveryByte() throws Exception {
    // A capability set (VFS_CAP_REVISION_2) with cap_setuid: 0x80 is not UTF-8.
    byte[] capability = {1, 0, 0, 2, (byte) 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    Path fs =
        layers.unpack(
            RawTar.archive(
                RawTar.pax(Map.of("SCHILY.xattr.security.capability", capability)),
                RawTar.file("ping", "x"),
                RawTar.pax(Map.of("SCHILY.xattr.user.all", all)),
                RawTar.file("other", "y")));
    try (Fd root = HostFile.openDirectory(fs)) {
      assertThat(ExtendedAttributes.get(root, bytes("ping"), "security.capability"))
          .contains(capability);
      assertThat(ExtendedAttributes.get(root, bytes("other"), "user.all")).contains(all);
    }
  }

  @Test
  void extendedAttributesThatBelongToTheHostAreIgnored() throws Exception {
    Path fs =
        layers.unpack(
            RawTar.archive(
                RawTar.pax(
                    Map.of(
                        "SCHILY.xattr.security.selinux", bytes("system_u:object_r:bin_t:s0"),
                        "SCHILY.xattr.trusted.any", bytes("x"),
                        "SCHILY.xattr.user.kept", bytes("y"))),
                RawTar.file("file", "x")));
    try (Fd root = HostFile.openDirectory(fs)) {
      assertThat(ExtendedAttributes.list(root, bytes("file"))).containsExactly("user.kept");
    }
  }

  @Test
  void longNamesOfPaxAndGnuAreRead() throws Exception {
    String directory = "d".repeat(200);
    String name = directory + "/" + "f".repeat(250);
    String target = "t".repeat(1000);
    for (TestTar tar : new TestTar[] {new TestTar(), new TestTar().gnu()}) {
      Path fs =
          layers.unpack(tar.directory(directory).file(name, "x").symlink("l", target).bytes());
      assertThat(fs.resolve(name)).hasContent("x");
      assertThat(Files.readSymbolicLink(fs.resolve("l"))).hasToString(target);
    }
  }

  @Test
  void namesThatAreNotUtf8KeepTheirBytes() throws Exception {
    byte[] name = {'n', (byte) 0xE9, (byte) 0xFF};
    Path fs =
        layers.unpack(
            RawTar.archive(
                RawTar.pax(Map.of("path", name)),
                RawTar.file("other", "x"),
                RawTar.file("\u00e9-plain", "y")));
    try (Fd root = HostFile.openDirectory(fs)) {
      assertThat(FileStatus.of(root, name).size()).isEqualTo(1);
      assertThat(FileStatus.of(root, "\u00e9-plain".getBytes(ISO_8859_1)).size()).isEqualTo(1);
    }
  }

  @Test
  void devicesFifosAndLinksAreMade() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .node("null", TarConstants.LF_CHR, 1, 3)
                .node("disk", TarConstants.LF_BLK, 259, 70_000)
                .node("pipe", TarConstants.LF_FIFO, 0, 0)
                .file("file", "x")
                .hardLink("hard", "file")
                .symlink("soft", "/etc/passwd")
                .hardLink("hard-to-soft", "soft")
                .bytes());
    assertThat(status(fs, "", "null").type()).isEqualTo(FileType.CHARACTER_DEVICE);
    assertThat(status(fs, "", "null").deviceMinor()).isEqualTo(3);
    assertThat(status(fs, "", "null").mode()).isEqualTo(0640);
    assertThat(status(fs, "", "disk").deviceMajor()).isEqualTo(259);
    assertThat(status(fs, "", "disk").deviceMinor()).isEqualTo(70_000);
    assertThat(status(fs, "", "pipe").type()).isEqualTo(FileType.FIFO);
    assertThat(status(fs, "", "hard").inode()).isEqualTo(status(fs, "", "file").inode());
    assertThat(status(fs, "", "hard-to-soft").type()).isEqualTo(FileType.SYMLINK);
    assertThat(Files.readSymbolicLink(fs.resolve("soft"))).hasToString("/etc/passwd");
  }

  @Test
  void laterEntryReplacesAnEarlierEntryOfTheSameName() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .file("a", "old")
                .file("a", "new")
                .directory("tree")
                .file("tree/inner", "x")
                .file("tree", "now a file")
                .symlink("d", "elsewhere")
                .directory("d")
                .file("d/in", "y")
                .directory("kept")
                .file("kept/in", "z")
                .directory("kept", 0711)
                .bytes());
    assertThat(fs.resolve("a")).hasContent("new");
    assertThat(fs.resolve("tree")).hasContent("now a file");
    assertThat(fs.resolve("d")).isDirectory();
    assertThat(fs.resolve("d/in")).hasContent("y");
    assertThat(fs.resolve("kept/in")).hasContent("z");
    assertThat(status(fs, "", "kept").mode()).isEqualTo(0711);
  }

  @Test
  void entryOfTheRootSetsTheAttributesOfTheRoot() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .directory(
                    ".",
                    entry -> {
                      entry.setMode(0555);
                      entry.setModTime(4_000_000L);
                    })
                .file("./file", "x")
                .bytes());
    try (Fd root = HostFile.openDirectory(fs)) {
      assertThat(FileStatus.of(root).mode()).isEqualTo(0555);
      assertThat(FileStatus.of(root).modified()).isEqualTo(new FileTime(4_000, 0));
    }
  }

  // ── compression ────────────────────────────────────────────────────────────────────────────

  @Test
  void gzipWithSeveralMembersIsRead() throws Exception {
    byte[] tar = new TestTar().file("file", "x".repeat(100_000)).bytes();
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    for (int start = 0; start < tar.length; start += 30_000) {
      int end = Math.min(tar.length, start + 30_000);
      blob.write(TestImage.gzipped(Arrays.copyOfRange(tar, start, end)));
    }
    assertThat(layers.unpackCompressed(blob.toByteArray(), tar).resolve("file"))
        .hasContent("x".repeat(100_000));
  }

  @Test
  void zstdWithSkippableAndSeveralFramesIsRead() throws Exception {
    byte[] tar = new TestTar().file("file", "x".repeat(100_000)).bytes();
    byte[] skippable = {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 7, 7};
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    blob.write(skippable);
    blob.write(Zstd.compress(Arrays.copyOfRange(tar, 0, 30_000)));
    blob.write(skippable);
    blob.write(Zstd.compress(Arrays.copyOfRange(tar, 30_000, tar.length)));
    assertThat(layers.unpackCompressed(blob.toByteArray(), tar).resolve("file"))
        .hasContent("x".repeat(100_000));
  }

  @Test
  void digestCoversBytesAfterTheEndOfTheArchive() throws Exception {
    byte[] tar = new TestTar().file("file", "x").bytes();
    byte[] longer = Arrays.copyOf(tar, tar.length + 50_000);
    assertThat(layers.unpack(longer).resolve("file")).hasContent("x");
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> layers.unpackCompressed(TestImage.gzipped(longer), tar))
        .withMessageContaining("its image says");
    layers.assertNothingUnfinished();
  }

  @Test
  void emptyLayersAreUnpacked() throws Exception {
    assertThat(layers.unpack(new byte[1024])).isEmptyDirectory();
    assertThat(layers.unpack(new byte[0])).isEmptyDirectory();
  }

  // ── layers over others ─────────────────────────────────────────────────────────────────────

  @Test
  void whiteoutBecomesADeviceAndOpaqueMarkerAnAttribute() throws Exception {
    Path fs =
        layers.unpackOver(
            new TestTar()
                .directory("d")
                .file("d/gone", "x")
                .file("d/kept", "y")
                .directory("o")
                .bytes(),
            new TestTar()
                .directory("d", entry -> entry.setModTime(9_000_000L))
                .file("d/.wh.gone", "")
                .directory("o")
                .file("o/.wh..wh..opq", "")
                .file("o/new", "z")
                .bytes());
    assertThat(status(fs, "d", "gone").isWhiteout()).isTrue();
    assertThat(status(fs, "", "d").modified()).isEqualTo(new FileTime(9_000, 0));
    assertThat(opaque(fs, "o")).isTrue();
    assertThat(opaque(fs, "d")).isFalse();
    assertThat(fs.resolve("o/new")).hasContent("z");
  }

  @Test
  void whiteoutsHideOnlyTheLayersBelow() throws Exception {
    byte[] below =
        new TestTar().file("f", "old").directory("d").file("d/old", "x").file("g", "old").bytes();
    Path before =
        layers.unpackOver(
            below,
            new TestTar()
                .file(".wh.f", "")
                .file("f", "new")
                .file(".wh.d", "")
                .directory("d")
                .file("d/new", "y")
                .bytes());
    Path after =
        layers.unpackOver(
            below,
            new TestTar()
                .file("f", "new")
                .file(".wh.f", "")
                .directory("d")
                .file("d/new", "y")
                .file(".wh.d", "")
                .bytes());
    Path implied =
        layers.unpackOver(below, new TestTar().file(".wh.d", "").file("d/new", "y").bytes());
    for (Path fs : new Path[] {before, after}) {
      assertThat(fs.resolve("f")).hasContent("new");
    }
    for (Path fs : new Path[] {before, after, implied}) {
      assertThat(fs.resolve("d/new")).hasContent("y");
      assertThat(opaque(fs, "d")).isTrue();
    }
  }

  @Test
  void whiteoutOfANameThatDoesNotExistBelowIsRemoved() throws Exception {
    Path fs =
        layers.unpackOver(
            new TestTar().directory("d").file("d/file", "x").bytes(),
            new TestTar()
                .directory("d", entry -> entry.setModTime(9_000_000L))
                .file("d/.wh.never", "")
                .file(".wh.never", "")
                .file("d/.wh.file", "")
                .bytes());
    assertThat(TreeSnapshot.of(fs).keySet()).containsExactly("", "d", "d/file");
    assertThat(status(fs, "", "d").modified()).isEqualTo(new FileTime(9_000, 0));
  }

  @Test
  void whiteoutIsKeptOnlyForNamesThatAreVisibleBelow() throws Exception {
    byte[] bottom = new TestTar().directory("d").file("d/a", "x").file("d/b", "y").bytes();
    byte[] middle = new TestTar().directory("d").file("d/.wh.a", "").bytes();
    byte[] top = new TestTar().directory("d").file("d/.wh.a", "").file("d/.wh.b", "").bytes();
    Path fs = layers.unpackAll(bottom, middle, top).getFirst();
    assertThat(TreeSnapshot.of(fs).keySet()).containsExactly("", "d", "d/b");
  }

  @Test
  void whiteoutsInTheLowestLayerAreIgnored() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .directory("d")
                .file("d/.wh.x", "")
                .file("d/.wh..wh..opq", "")
                .node("zero", TarConstants.LF_CHR, 0, 0)
                .file("d/file", "y")
                .bytes());
    assertThat(TreeSnapshot.of(fs).keySet()).containsExactly("", "d", "d/file");
    assertThat(opaque(fs, "d")).isFalse();
  }

  @Test
  void deviceZeroZeroIsAWhiteout() throws Exception {
    Path fs =
        layers.unpackOver(
            new TestTar().file("gone", "x").bytes(),
            new TestTar()
                .node("gone", TarConstants.LF_CHR, 0, 0)
                .node("never", TarConstants.LF_CHR, 0, 0)
                .bytes());
    assertThat(TreeSnapshot.of(fs).keySet()).containsExactly("", "gone");
    assertThat(status(fs, "", "gone").isWhiteout()).isTrue();
  }

  @Test
  void directoriesWithoutAnEntryGetTheirAttributesFromTheLayersBelow() throws Exception {
    byte[] below =
        new TestTar()
            .directory(".", entry -> entry.setMode(0711))
            .directory("tmp", entry -> entry.setMode(01777))
            .directory(
                "tmp/own",
                entry -> {
                  entry.setIds(7, 8);
                  entry.setModTime(5_000_000L);
                })
            .bytes();
    Path fs = layers.unpackOver(below, new TestTar().file("tmp/own/new/file", "x").bytes());
    assertThat(status(fs, "", "tmp").mode()).isEqualTo(01777);
    FileStatus own = status(fs, "tmp", "own");
    assertThat(own.uid()).isEqualTo(7);
    assertThat(own.gid()).isEqualTo(8);
    assertThat(own.modified()).isEqualTo(new FileTime(5_000, 0));
    assertThat(status(fs, "tmp/own", "new").mode()).isEqualTo(0755);
    try (Fd root = HostFile.openDirectory(fs)) {
      assertThat(FileStatus.of(root).mode()).isEqualTo(0711);
    }
  }

  @Test
  void metadataFilesOfAufsAreIgnored() throws Exception {
    Path fs =
        layers.unpackOver(
            new TestTar().file("x", "x").bytes(),
            new TestTar()
                .directory(".wh..wh.plnk")
                .file(".wh..wh.plnk/1.2", "y")
                .file("z", "z")
                .bytes());
    assertThat(TreeSnapshot.of(fs).keySet()).containsExactly("", "z");
  }

  @Test
  void layerIsFoundAgainAfterReopening() throws Exception {
    Path fs = layers.unpack(new TestTar().file("file", "x").bytes());
    LayerStore again =
        LayerStore.open(
            temporary.resolve("layers"),
            temporary.resolve("temporary"),
            LayerLimits.DEFAULT,
            format);
    assertThat(again.chainIds()).isEqualTo(layers.store().chainIds()).hasSize(1);
    assertThat(again.usage()).isEqualTo(layers.store().usage());
    Files.writeString(fs.resolveSibling("layer.json"), "{");
    LayerStore damaged =
        LayerStore.open(
            temporary.resolve("layers"),
            temporary.resolve("temporary"),
            LayerLimits.DEFAULT,
            format);
    assertThat(damaged.chainIds()).hasSize(1);
    assertThat(damaged.usage().bytes()).isPositive();
  }

  private static boolean opaque(Path fs, String directory) throws IOException {
    try (Fd opened = HostFile.openDirectory(fs.resolve(directory))) {
      return ExtendedAttributes.get(opened, "trusted.overlay.opaque").isPresent();
    }
  }

  private static FileStatus status(Path fs, String directory, String name) throws IOException {
    try (Fd opened = HostFile.openDirectory(fs.resolve(directory))) {
      return FileStatus.of(opened, bytes(name));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
