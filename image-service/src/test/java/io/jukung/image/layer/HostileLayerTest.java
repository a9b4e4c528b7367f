package io.jukung.image.layer;

import static io.jukung.image.layer.RawTar.BLOCK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import io.jukung.image.content.Digest;
import io.jukung.image.pull.TestImage;
import io.jukung.image.tar.TestTar;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Layers that an attacker could make: they must not change anything outside the layer, and must not
 * take unbounded memory or disk. Needs root, because only root could do such damage.
 */
@ParameterizedClass
@EnumSource(LayerFormat.class)
class HostileLayerTest {
  private final LayerFormat format;
  @TempDir Path temporary;
  private Path outside;
  private Path secret;
  private LayerFixture layers;

  HostileLayerTest(LayerFormat format) {
    this.format = format;
  }

  @BeforeEach
  void open() throws IOException {
    outside = Files.createDirectory(temporary.resolve("outside"));
    secret = Files.writeString(outside.resolve("secret"), "host");
    layers = new LayerFixture(temporary.resolve("store"), format);
  }

  @AfterEach
  void checkThatTheHostIsUnchangedAndNoFilesAreLeft() throws IOException {
    assertThat(secret).hasContent("host");
    try (Fd directory = HostFile.openDirectory(outside)) {
      assertThat(FileStatus.of(directory).mode()).isEqualTo(0755);
      assertThat(FileStatus.of(directory, "secret".getBytes(UTF_8)).mode()).isEqualTo(0644);
    }
    assertThat(TreeSnapshot.of(outside)).hasSize(2);
    layers.assertNothingUnfinished();
  }

  // ── ways out ───────────────────────────────────────────────────────────────────────────────

  @Test
  void refusesNamesWithDotDot() {
    String up = "../".repeat(20) + outside + "/evil";
    for (String name : List.of("../evil", "a/../../evil", "..", "a/..", up, "./../evil")) {
      assertRefused(new TestTar().file(name, "x").bytes(), "leads out of its directory");
      assertRefused(new TestTar().directory(name).bytes(), "leads out of its directory");
    }
  }

  @Test
  void unpacksAbsoluteNamesBelowTheRoot() throws Exception {
    Path fs = layers.unpack(new TestTar().file(outside + "/evil", "x").bytes());
    assertThat(fs.resolve(outside.toString().substring(1)).resolve("evil")).hasContent("x");
  }

  @Test
  void writesThroughASymlinkStayBelowTheRoot() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .symlink("abs", outside.toString())
                .file("abs/evil", "x")
                .symlink("up", "../".repeat(30) + outside)
                .file("up/evil2", "y")
                .symlink("dir/chain", "/abs")
                .file("dir/chain/evil3", "z")
                .bytes());
    Path inside = fs.resolve(outside.toString().substring(1));
    assertThat(inside.resolve("evil")).hasContent("x");
    assertThat(inside.resolve("evil2")).hasContent("y");
    assertThat(inside.resolve("evil3")).hasContent("z");
  }

  @Test
  void symlinkLoopIsAnError() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(
            () ->
                layers.unpack(
                    new TestTar().symlink("a", "b").symlink("b", "a").file("a/x", "y").bytes()));
  }

  @Test
  void fileOverASymlinkReplacesTheLink() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .symlink("link", secret.toString())
                .file("link", "x")
                .symlink("dir", outside.toString())
                .directory("dir", 0777)
                .bytes());
    assertThat(fs.resolve("link")).isRegularFile().hasContent("x");
    assertThat(Files.isSymbolicLink(fs.resolve("dir"))).isFalse();
  }

  @Test
  void hardLinksCannotReachFilesOutsideTheLayer() {
    for (String target :
        List.of(secret.toString(), "../".repeat(20) + secret, "abs/secret", "/proc/self/root")) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () ->
                  layers.unpack(
                      new TestTar()
                          .symlink("abs", outside.toString())
                          .hardLink("evil", target)
                          .bytes()));
    }
  }

  @Test
  void hardLinkToASymlinkAndWriteThroughItStaysBelowTheRoot() throws Exception {
    Path fs =
        layers.unpack(
            new TestTar()
                .symlink("link", secret.toString())
                .hardLink("alias", "link")
                .file("alias", "x")
                .bytes());
    assertThat(fs.resolve("alias")).isRegularFile();
    assertThat(Files.isSymbolicLink(fs.resolve("link"))).isTrue();
  }

  @Test
  void refusesHardLinksToDirectoriesWhiteoutsAndThemselves() {
    byte[] below = new TestTar().file("gone", "x").bytes();
    for (byte[] tar :
        List.of(
            new TestTar().directory("d").hardLink("l", "d").bytes(),
            new TestTar().hardLink("l", "/").bytes(),
            new TestTar().file("f", "x").hardLink("f", "f").bytes(),
            new TestTar().file(".wh.gone", "").hardLink("l", "gone").bytes())) {
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> layers.unpackOver(below, tar));
    }
  }

  @Test
  void directoryReplacedByASymlinkDuringUnpackingDoesNotLeadOutside() throws Exception {
    int count = 500;
    byte[][] members = new byte[count + 1][];
    members[0] = RawTar.empty("d/", '5', "");
    for (int i = 1; i <= count; i++) {
      // Another parent comes in between, so that each entry opens the directory again.
      members[i] = RawTar.concat(RawTar.file("d/f" + i, "x"), RawTar.file("other/f" + i, "y"));
    }
    byte[] tar = RawTar.archive(members);
    for (int round = 0; round < 2; round++) {
      AtomicBoolean stop = new AtomicBoolean();
      Thread swapper = swapper(stop);
      try (LayerDraft draft = layers.store().draft(format)) {
        Throwable failure =
            catchThrowable(
                () -> draft.unpack(new ByteArrayInputStream(tar), Digest.sha256(tar), true));
        // The swap may make the unpacking fail, but must not lead it outside.
        assertThat(failure == null || failure instanceof IOException).isTrue();
      } finally {
        stop.set(true);
        swapper.join();
      }
    }
  }

  /** Moves the directory of a draft away and puts a link to the outside in its place. */
  private Thread swapper(AtomicBoolean stop) {
    Path drafts = temporary.resolve("store/temporary");
    return Thread.ofPlatform()
        .start(
            () -> {
              while (!stop.get()) {
                try (var found = Files.newDirectoryStream(drafts, "layer-*")) {
                  for (Path draft : found) {
                    Path directory = draft.resolve("fs/d");
                    Path aside = draft.resolve("fs/aside");
                    Files.move(directory, aside);
                    Files.createSymbolicLink(directory, outside);
                    Files.delete(directory);
                    Files.move(aside, directory);
                  }
                } catch (IOException e) {
                  Thread.onSpinWait(); // the draft does not exist yet, or not any more
                }
              }
            });
  }

  // ── overlayfs ──────────────────────────────────────────────────────────────────────────────

  @Test
  void refusesWhiteoutsThatNameNoFile() {
    byte[] below = new TestTar().directory("d").bytes();
    for (String name : List.of(".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh...")) {
      assertThatExceptionOfType(LayerFormatException.class)
          .isThrownBy(() -> layers.unpackOver(below, new TestTar().file(name, "").bytes()))
          .withMessageContaining("whiteout");
    }
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> layers.unpackOver(below, new TestTar().file("d/.wh.x/y", "").bytes()))
        .withMessageContaining("within a whiteout");
  }

  @Test
  void refusesExtendedAttributesOfOverlayfs() {
    for (String attribute :
        List.of(
            "trusted.overlay.opaque",
            "trusted.overlay.redirect",
            "user.overlay.opaque",
            "trusted.overlay.metacopy")) {
      byte[] pax = RawTar.pax(Map.of("SCHILY.xattr." + attribute, new byte[] {'y'}));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "overlayfs");
      assertRefused(RawTar.archive(pax, RawTar.empty("d/", '5', "")), "overlayfs");
      assertRefused(RawTar.archive(pax, RawTar.empty("l", '2', "x")), "overlayfs");
    }
  }

  @Test
  void refusesDeviceNumbersThatTheKernelDoesNotHave() {
    assertRefused(new TestTar().node("n", TarConstants.LF_CHR, 4096, 1).bytes(), "device number");
    assertRefused(
        new TestTar().node("n", TarConstants.LF_BLK, 1, 2_097_151).bytes(), "device number");
  }

  @Test
  void refusesOwnersThatAreNoValidIds() {
    for (String uid : List.of("4294967295", "4294967296", "9223372036854775807")) {
      byte[] pax = RawTar.pax(Map.of("uid", uid.getBytes(UTF_8)));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "owner");
    }
  }

  // ── bombs ──────────────────────────────────────────────────────────────────────────────────

  private static final LayerLimits SMALL = new LayerLimits(16 << 20, 1_000, 0);

  @Test
  void gzipBombFailsAtTheSizeLimit() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bomb)) {
      writeZeros(out, 64 << 20);
    }
    assertThat(bomb.size()).isLessThan(128 << 10);
    assertBombEnds(bomb.toByteArray());
  }

  @Test
  void zstdBombFailsAtTheSizeLimit() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream out = new ZstdOutputStream(bomb)) {
      writeZeros(out, 256 << 20);
    }
    assertThat(bomb.size()).isLessThan(64 << 10);
    assertBombEnds(bomb.toByteArray());
  }

  @Test
  void paddingAfterTheArchiveFailsAtTheSizeLimit() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (OutputStream out = new ZstdOutputStream(bomb)) {
      out.write(new byte[64 << 20]);
    }
    assertBombEnds(bomb.toByteArray());
  }

  private void assertBombEnds(byte[] bomb) throws Exception {
    layers = new LayerFixture(temporary.resolve("small"), format, SMALL);
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> layers.unpackCompressed(bomb, new byte[0]))
        .withMessageContaining("larger than 16777216 bytes");
  }

  /** Files of one MiB each, until there are as many bytes. */
  private static void writeZeros(OutputStream out, int bytes) throws IOException {
    byte[] member = RawTar.member(RawTar.header("zeros", '0', "4000000"), new byte[1 << 20]);
    for (int written = 0; written < bytes; written += 1 << 20) {
      out.write(member);
    }
    out.write(new byte[2 * BLOCK]);
  }

  @Test
  void tooManyEntriesAreRefused() throws Exception {
    layers = new LayerFixture(temporary.resolve("small"), format, SMALL);
    TestTar files = new TestTar();
    for (int i = 0; i < 1_001; i++) {
      files.file("f" + i, "");
    }
    assertRefused(files.bytes(), "more than 1000 entries");
    TestTar implied = new TestTar();
    for (int i = 0; i < 101; i++) {
      implied.file("d" + i + "/x".repeat(10) + "/f", "");
    }
    assertRefused(implied.bytes(), "more than 1000 entries");
    TestTar whiteouts = new TestTar();
    for (int i = 0; i < 1_001; i++) {
      whiteouts.file(".wh.f" + i, "");
    }
    byte[] tar = whiteouts.bytes();
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> layers.unpackOver(new byte[1024], tar))
        .withMessageContaining("more than 1000 entries");
  }

  @Test
  void unpackingFailsBeforeItUsesReservedSpace() throws Exception {
    LayerLimits greedy = new LayerLimits(1 << 30, 1_000, Long.MAX_VALUE);
    layers = new LayerFixture(temporary.resolve("full"), format, greedy);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> layers.unpack(new TestTar().file("f", "x").bytes()))
        .withMessageContaining("stay reserved");
  }

  @Test
  void refusesWrongLengths() {
    byte[] good = RawTar.record("path", "name".getBytes(UTF_8));
    for (String content :
        List.of(
            "99999999999 path=x\n",
            "-5 path=x\n",
            "0 path=x\n",
            "7 path=xyz\n",
            "path=x\n",
            "9 =xxxx\n",
            "11 path=xyz",
            "1000000 path=x\n")) {
      byte[] pax = RawTar.paxOf('x', RawTar.concat(good, content.getBytes(UTF_8)));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "PAX record");
    }
    for (String size : List.of("-1", "99999999999999999999", "1e3", "")) {
      byte[] pax = RawTar.pax(Map.of("size", size.getBytes(UTF_8)));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "PAX size");
    }
    for (String time : List.of("1e999999999", "99999999999999999999", "x", "1.2.3")) {
      byte[] pax = RawTar.pax(Map.of("mtime", time.getBytes(UTF_8)));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "PAX mtime");
    }
    byte[] nul = RawTar.pax(Map.of("path", new byte[] {'a', 0, 'b'}));
    assertRefused(RawTar.archive(nul, RawTar.file("f", "x")), "zero byte");
  }

  @Test
  void refusesHeaderExtensionsAboveTheSizeLimit() {
    String terabyte = Long.toOctalString(1L << 32);
    for (char type : new char[] {'x', 'g', 'L', 'K'}) {
      assertRefused(
          RawTar.concat(RawTar.header("bomb", type, terabyte), new byte[4 * BLOCK]), "above");
    }
  }

  @Test
  void refusesAMemberThatIsLongerThanTheArchive() {
    assertRefused(
        RawTar.concat(RawTar.header("f", '0', "77777777777"), new byte[BLOCK]), "ends within");
    byte[] negative = RawTar.header("f", '0', "0");
    Arrays.fill(negative, 124, 136, (byte) 0xFF);
    assertRefused(RawTar.archive(RawTar.checksummed(negative)), "negative size");
    byte[] huge = RawTar.header("f", '0', "0");
    Arrays.fill(huge, 124, 136, (byte) 0x7F);
    huge[124] = (byte) 0xBF;
    assertRefused(RawTar.archive(RawTar.checksummed(huge)), "beyond 64 bits");
  }

  @Test
  void refusesWrongSparseMaps() {
    for (String map :
        List.of(
            "0,9223372036854775807",
            "9223372036854775807,9223372036854775807",
            "5,5,0,5",
            "0,5,3,5",
            "0,1,2",
            "0,512",
            "x,1",
            "100,1")) {
      byte[] pax =
          RawTar.pax(
              Map.of(
                  "GNU.sparse.map", map.getBytes(UTF_8),
                  "GNU.sparse.size", "10".getBytes(UTF_8),
                  "GNU.sparse.numblocks", "1".getBytes(UTF_8)));
      assertRefused(RawTar.archive(pax, RawTar.file("f", "12345")), "sparse");
    }
    byte[] inContent =
        RawTar.pax(
            Map.of(
                "GNU.sparse.major", "1".getBytes(UTF_8),
                "GNU.sparse.minor", "0".getBytes(UTF_8),
                "GNU.sparse.realsize", "10".getBytes(UTF_8)));
    for (String head : List.of("99999999999\n", "2\n0\n1\n", "x\n", "1".repeat(100))) {
      assertRefused(RawTar.archive(inContent, RawTar.file("f", head)), "sparse");
    }
  }

  @Test
  void refusesASparseFileAboveTheSizeLimitWithoutWritingIt() throws Exception {
    layers = new LayerFixture(temporary.resolve("small"), format, SMALL);
    byte[] pax =
        RawTar.pax(
            Map.of(
                "GNU.sparse.map", "0,1".getBytes(UTF_8),
                "GNU.sparse.size", Long.toString(1L << 40).getBytes(UTF_8)));
    assertRefused(RawTar.archive(pax, RawTar.file("f", "x")), "a file of 1099511627776 bytes");
  }

  // ── what is no archive ─────────────────────────────────────────────────────────────────────

  @Test
  void refusesMalformedArchives() {
    byte[] tar = new TestTar().file("f", "x".repeat(2_000)).bytes();
    byte[] flipped = tar.clone();
    flipped[3] ^= 1;
    assertRefused(flipped, "checksum");
    assertRefused(Arrays.copyOf(tar, 700), "ends within");
    assertRefused(Arrays.copyOf(tar, 300), "ends within");
    assertRefused(RawTar.concat(new byte[BLOCK], tar), "lone zero block");
    assertRefused(RawTar.archive(RawTar.empty("v", 'V', "")), "type");
    assertRefused(
        RawTar.concat(RawTar.pax(Map.of("path", new byte[] {'x'}))), "after a header extension");
    assertRefused("not a tar archive at all".repeat(100).getBytes(UTF_8), "tar");
    assertRefused(new TestTar().symlink("l", "").bytes(), "symbolic link");
    assertRefused(new TestTar().file("n".repeat(5_000), "").bytes(), "more than 4095 bytes");
  }

  @Test
  void refusesCorruptCompressedData() throws Exception {
    byte[] tar = new TestTar().file("f", "x".repeat(50_000)).bytes();
    byte[] gzip = TestImage.gzipped(tar);
    byte[] zstd = Zstd.compress(tar);
    byte[] badTrailer = gzip.clone();
    badTrailer[gzip.length - 1] ^= 1;
    byte[] badData = gzip.clone();
    badData[gzip.length / 2] ^= 0x55;
    byte[] badZstd = zstd.clone();
    badZstd[zstd.length / 2] ^= 0x55;
    for (byte[] blob :
        List.of(
            badTrailer,
            badData,
            badZstd,
            Arrays.copyOf(gzip, gzip.length - 3),
            Arrays.copyOf(gzip, 40),
            Arrays.copyOf(zstd, zstd.length - 3),
            RawTar.concat(gzip, new byte[] {1, 2, 3}))) {
      assertThatExceptionOfType(LayerFormatException.class)
          .isThrownBy(() -> layers.unpackCompressed(blob, tar));
    }
  }

  @Test
  void randomDamageIsUnpackedOrRefusedWithAMessage() throws Exception {
    byte[] tar =
        new TestTar()
            .directory("d")
            .file("d/f", "x".repeat(600))
            .symlink("d/l", "../..")
            .hardLink("h", "d/f")
            .file("p".repeat(150), "y")
            .file("d/.wh.x", "")
            .bytes();
    long seed = 20_260_101;
    Random random = new Random(seed);
    layers = new LayerFixture(temporary.resolve("small"), format, SMALL);
    for (int round = 0; round < 400; round++) {
      byte[] damaged = tar.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        int block = random.nextInt(damaged.length / BLOCK) * BLOCK;
        damaged[block + random.nextInt(BLOCK)] = (byte) random.nextInt();
        // With a valid checksum more of the reader sees the damage.
        byte[] header = Arrays.copyOfRange(damaged, block, block + BLOCK);
        System.arraycopy(RawTar.checksummed(header), 0, damaged, block, BLOCK);
      }
      try (LayerDraft draft = layers.store().draft(format)) {
        draft.unpack(new ByteArrayInputStream(damaged), Digest.sha256(damaged), round % 2 == 0);
      } catch (IOException e) {
        assertThat(e.getMessage()).as("seed %d, round %d", seed, round).isNotEmpty();
      }
    }
  }

  // ── cancellation ───────────────────────────────────────────────────────────────────────────

  @Test
  void interruptEndsUnpackingAndLeavesNoFiles() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread unpacking =
        Thread.ofPlatform()
            .start(
                () ->
                    failure.set(
                        catchThrowable(
                            () -> {
                              try (LayerDraft draft = layers.store().draft(format)) {
                                draft.unpack(
                                    new EndlessTar(reading), Digest.sha256(new byte[0]), true);
                              }
                            })));
    reading.await();
    unpacking.interrupt();
    unpacking.join(10_000);
    assertThat(unpacking.isAlive()).isFalse();
    assertThat(failure.get()).isInstanceOf(InterruptedIOException.class);
  }

  /** An endless sequence of small files. */
  private static final class EndlessTar extends InputStream {
    private final CountDownLatch reading;
    private byte[] member = new byte[0];
    private int position;
    private int number;

    EndlessTar(CountDownLatch reading) {
      this.reading = reading;
    }

    @Override
    public int read(byte[] target, int start, int length) {
      if (position == member.length) {
        member = RawTar.file("f" + number++, "x");
        position = 0;
      }
      if (number > 100) {
        reading.countDown();
      }
      int count = Math.min(length, member.length - position);
      System.arraycopy(member, position, target, start, count);
      position += count;
      return count;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      read(one, 0, 1);
      return one[0] & 0xFF;
    }
  }

  private void assertRefused(byte[] tar, String reason) {
    assertThatExceptionOfType(LayerFormatException.class)
        .isThrownBy(() -> layers.unpack(tar))
        .withMessageContaining(reason);
  }
}
