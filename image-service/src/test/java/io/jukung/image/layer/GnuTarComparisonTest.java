package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.DeviceNumber;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unpacks the same archives with our code and with GNU tar, and compares the trees. Needs root. */
@ParameterizedClass
@EnumSource(LayerFormat.class)
class GnuTarComparisonTest {
  private final LayerFormat format;

  /** Real files of the machine: every Debian has them, some thousand names of all kinds. */
  private static final List<String> REAL_TREES = List.of("/etc", "/usr/share/zoneinfo");

  private static final String ATTRIBUTES =
      "--xattrs --xattrs-include=user.* " + "--xattrs-include=security.capability";

  @TempDir Path temporary;
  private LayerFixture layers;
  private Path source;

  GnuTarComparisonTest(LayerFormat format) {
    this.format = format;
  }

  @BeforeEach
  void open() throws IOException {
    layers = new LayerFixture(temporary.resolve("store"), format);
    source = Files.createDirectory(temporary.resolve("source"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax"})
  void unpacksATreeOfThisMachineAsGnuTarDoes(String format) throws Exception {
    for (String tree : REAL_TREES) {
      assertSameAsGnuTar(Path.of(tree), "--format=" + format);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax"})
  void unpacksFilesOfEveryKindAsGnuTarDoes(String format) throws Exception {
    makeTreeOfEveryKind();
    assertSameAsGnuTar(source, "--format=" + format);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--format=gnu",
        "--format=pax --sparse-version=0.0",
        "--format=pax --sparse-version=0.1",
        "--format=pax --sparse-version=1.0"
      })
  void unpacksSparseFilesAsGnuTarDoesAndKeepsTheirHoles(String options) throws Exception {
    makeSparse("few", 10 << 20, 0, 1 << 20);
    makeSparse("hole-at-end", 50 << 20, 0);
    makeSparse("only-hole", 30 << 20);
    long[] many = new long[60];
    for (int i = 0; i < many.length; i++) {
      many[i] = (long) i * 300_000;
    }
    makeSparse("many", 20 << 20, many);
    Path ours = assertSameAsGnuTar(source, options + " --sparse");
    if (format == LayerFormat.DIRECTORY) {
      assertThat(blocks(ours, "only-hole")).isZero();
      assertThat(blocks(ours, "many")).isLessThan(60 * 4096 * 3 / 512);
    }
    assertThat(layers.store().usage().bytes()).isLessThan(2 << 20);
  }

  @Test
  void unpacksABinaryFileAsGnuTarDoes() throws Exception {
    Files.copy(Path.of("/proc/self/exe"), source.resolve("java"));
    assertSameAsGnuTar(source, "");
  }

  private void makeTreeOfEveryKind() throws IOException {
    try (Fd root = HostFile.openDirectory(source)) {
      FileTime time = new FileTime(1_234_567_890, 0);
      DirectoryEntry.makeDirectory(root, bytes("dir"), 03711);
      try (Fd directory = DirectoryEntry.openDirectory(root, bytes("dir"))) {
        DirectoryEntry.makeSymlink(directory, bytes("relative"), bytes("../file"));
        DirectoryEntry.makeSymlink(directory, bytes("dangling"), bytes("/no/where"));
        DirectoryEntry.makeDirectory(directory, bytes("x".repeat(255)), 0500);
        FileAttributes.setOwner(directory, bytes("dangling"), 77, 78);
      }
      try (Fd file = DirectoryEntry.createFile(root, bytes("file"), 04755)) {
        file.write(bytes("content"));
        FileAttributes.setOwner(file, 1000, 100_000);
        FileAttributes.setMode(file, 06751);
        ExtendedAttributes.set(file, "user.note", new byte[] {0, 1, (byte) 0xFE, '\n', '='});
        FileAttributes.setTimes(file, time, new FileTime(-1_000, 0));
      }
      DirectoryEntry.makeHardLink(root, bytes("file"), root, bytes("hard"));
      for (byte[] odd :
          List.of(bytes("-rf"), bytes(" "), bytes("new\nline"), bytes("ünï"), new byte[] {-1})) {
        DirectoryEntry.createFile(root, odd, 0600).close();
      }
      DeviceNumber device = new DeviceNumber(259, 1_000);
      DirectoryEntry.makeNode(root, bytes("block"), FileType.BLOCK_DEVICE, 0660, device);
      DirectoryEntry.makeNode(root, bytes("char"), FileType.CHARACTER_DEVICE, 0602, device);
      DirectoryEntry.makeNode(root, bytes("fifo"), FileType.FIFO, 0606, device);
    }
  }

  private void makeSparse(String name, long size, long... offsets) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(source.resolve(name).toFile(), "rw")) {
      file.setLength(size);
      for (long offset : offsets) {
        file.seek(offset);
        file.write(bytes("data at " + offset));
      }
    }
  }

  /** Returns our tree, after comparing it with that of GNU tar. */
  private Path assertSameAsGnuTar(Path tree, String options) throws Exception {
    Path archive = temporary.resolve("archive.tar");
    List<String> create = new ArrayList<>(List.of("tar", "-C", tree.toString(), "--create"));
    create.addAll(words(options));
    create.addAll(words(attributes(options)));
    create.addAll(List.of("--file", archive.toString(), "."));
    run(create);
    Path theirs = Files.createTempDirectory(temporary, "gnu");
    List<String> extract =
        new ArrayList<>(
            List.of(
                "tar", "-C", theirs.toString(), "--extract", "--numeric-owner", "--same-owner"));
    extract.addAll(List.of("--preserve-permissions", "--file", archive.toString()));
    extract.addAll(words(ATTRIBUTES));
    run(extract);
    Path ours = layers.unpack(Files.readAllBytes(archive));
    Map<String, String> expected = TreeSnapshot.of(theirs);
    assertThat(expected).hasSizeGreaterThan(1);
    assertThat(TreeSnapshot.of(ours)).isEqualTo(expected);
    return ours;
  }

  /** The ustar format cannot hold attributes. */
  private static String attributes(String options) {
    return options.contains("pax") ? ATTRIBUTES : "";
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" +", -1));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
  }

  private static long blocks(Path tree, String name) throws IOException {
    try (Fd directory = HostFile.openDirectory(tree)) {
      return FileStatus.of(directory, bytes(name)).blocks();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
