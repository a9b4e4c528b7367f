package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.WallClock;
import io.jukung.shim.SavedPod.SavedLog;
import io.jukung.shim.v1.LogLimits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs that leave output out, because of a largest size or a rate. */
class CriLogLimitsTest {
  private static final int SIZE = 64 << 10;
  private static final int RATE = 32 << 10;
  private static final String TOO_LARGE =
      "jukung: output is left out from here on: the log has reached its limit of 65536 bytes";
  private static final String TOO_FAST =
      "jukung: output is left out from here on: it is more than 32768 bytes a second";

  @TempDir Path directory;

  private final CriLog.Buffers buffers = new CriLog.Buffers(new WallClock());
  private Path path;

  @BeforeEach
  void choosePath() {
    path = directory.resolve("0.log");
  }

  private static LogLimits.Builder size() {
    return LogLimits.newBuilder().setMaxSize(SIZE);
  }

  private CriLog open(LogLimits.Builder limits) throws Exception {
    return CriLog.open(buffers, path.toString(), LogGate.of(limits.build(), System.nanoTime()));
  }

  private static void feed(CriLog.Stream stream, String text) throws Exception {
    byte[] all = text.getBytes(StandardCharsets.US_ASCII);
    int most = 32 << 10; // what a pipe takes at once in any case
    for (int at = 0; at < all.length; at += most) {
      byte[] piece = Arrays.copyOfRange(all, at, Math.min(at + most, all.length));
      try (Pipe pipe = Pipe.open()) {
        pipe.writer().write(piece);
        assertThat(stream.pump(pipe.reader())).isEqualTo(piece.length);
      }
    }
  }

  private static String line(char letter) {
    return String.valueOf(letter).repeat(999) + "\n";
  }

  /** The contents of the lines. */
  private static List<String> read(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.US_ASCII)) {
      return lines.map(line -> line.split(" ", 4)[3]).toList();
    }
  }

  @Test
  void aFullLogSaysWhereOutputIsLeftOutAndHowMuch() throws Exception {
    CriLog log = open(size());
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(100));
    assertThat(Files.size(path)).isBetween((long) SIZE - 2000, (long) SIZE);
    List<String> lines = read(path);
    assertThat(lines.getLast()).isEqualTo(TOO_LARGE);
    long leftOut = 1000L * (100 - (lines.size() - 1));
    assertThat(log.leftOutBytes()).isEqualTo(leftOut).isPositive();

    stream.end();
    log.close();
    assertThat(read(path).getLast())
        .isEqualTo("jukung: " + leftOut + " bytes of output are left out before this line");
    assertThat(Files.size(path)).isLessThanOrEqualTo(SIZE);
  }

  @Test
  void aRotatedLogGoesOnAndBeginsWithWhatWasLeftOut() throws Exception {
    CriLog log = open(size());
    CriLog.Stream stream = log.stream("stderr");
    feed(stream, line('a').repeat(100));
    long leftOut = log.leftOutBytes();
    Files.move(path, directory.resolve("0.log.old"));
    log.reopen();
    feed(stream, "after\n");
    assertThat(read(path))
        .containsExactly(
            "jukung: " + leftOut + " bytes of output are left out before this line", "after");
    stream.end();
    log.close();
  }

  @Test
  void aLogThatIsThereCountsFromItsSize() throws Exception {
    Files.writeString(path, "x".repeat(SIZE - 1000) + "\n");
    CriLog log = open(size());
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a'));
    assertThat(log.leftOutBytes()).isEqualTo(1000);
    stream.end();
    log.close();
    assertThat(Files.size(path)).isLessThanOrEqualTo(SIZE);
  }

  @Test
  void theHardSizeHoldsForAnyLengthsOfLines() throws Exception {
    for (int length : new int[] {0, 1, 37, 501, 5000, CriLog.MAX_CONTENT, 50_000}) {
      Files.deleteIfExists(path);
      CriLog log = open(size().setMaxBytesPerSecond(RATE));
      CriLog.Stream stream = log.stream("stdout");
      CriLog.Stream other = log.stream("stderr");
      String text = ("x".repeat(length) + "\n").repeat(200_000 / (length + 1));
      feed(stream, text);
      feed(other, text);
      assertThat(log.leftOutBytes()).isPositive();
      stream.end();
      other.end();
      log.close();
      assertThat(Files.size(path)).as("lines of %d", length).isLessThanOrEqualTo(SIZE);
    }
  }

  @Test
  void aLogOfItsOwnRotatesAndKeepsSoManyFiles() throws Exception {
    CriLog log = open(size().setMaxFiles(3));
    CriLog.Stream stream = log.stream("stdout");
    for (char letter = 'a'; letter <= 'f'; letter++) {
      feed(stream, line(letter).repeat(50));
    }
    assertThat(log.leftOutBytes()).isZero();
    stream.end();
    log.close();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("0.log", "0.log.1", "0.log.2");
    }
    assertThat(read(path).getLast()).startsWith("ff");
    assertThat(read(directory.resolve("0.log.2"))).hasSizeGreaterThan(50);
    assertThat(Files.size(directory.resolve("0.log.1"))).isLessThanOrEqualTo(SIZE);
  }

  @Test
  void aLogWithOneFileBeginsAgain() throws Exception {
    CriLog log = open(size().setMaxFiles(1));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(70) + line('b'));
    stream.end();
    log.close();
    assertThat(read(path).getLast()).startsWith("bb");
    assertThat(read(path)).hasSizeLessThan(30);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aLogThatCannotRotateLeavesOutputOut() throws Exception {
    CriLog log = open(size().setMaxFiles(2));
    CriLog.Stream stream = log.stream("stdout");
    Files.createDirectories(directory.resolve("0.log.1/in the way"));
    feed(stream, line('a').repeat(100));
    assertThat(log.leftOutBytes()).isPositive();
    assertThat(read(path).getLast()).isEqualTo(TOO_LARGE);
    stream.end();
    log.close();
  }

  /** The rename succeeds and the new file cannot be made, as without space or descriptors. */
  @Test
  void aRotationThatCouldNotMakeTheNewFileIsFinishedLater() throws Exception {
    Path pod = Files.createDirectory(directory.resolve("pod"));
    Path away = directory.resolve("away");
    path = pod.resolve("0.log");
    CriLog log = open(size().setMaxFiles(3));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(60));
    Files.move(path, pod.resolve("0.log.1"));
    Files.move(pod, away); // no file can be made at the path
    feed(stream, line('b').repeat(10));
    assertThat(log.leftOutBytes()).isPositive();

    Files.move(away, pod);
    // A sleep ends the wait of a second.
    CriLog woken = CriLog.restore(buffers, log.save());
    CriLog.Stream again = woken.stream("stdout");
    feed(again, line('c'));
    again.end();
    woken.close();
    assertThat(read(path)).hasSize(2);
    assertThat(read(path).getFirst()).startsWith("jukung: ");
    assertThat(read(path).getLast()).startsWith("cc");
    assertThat(read(pod.resolve("0.log.1")).getFirst()).startsWith("aa");
    assertThat(pod.resolve("0.log.2")).doesNotExist();
    stream.end();
  }

  @Test
  void aRotationThatStoppedHalfWayDoesNotMoveEarlierFilesAgain() throws Exception {
    Files.writeString(directory.resolve("0.log.2"), "moved already\n");
    CriLog log = open(size().setMaxFiles(4));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(70));
    stream.end();
    log.close();
    assertThat(read(directory.resolve("0.log.1")).getFirst()).startsWith("aa");
    assertThat(directory.resolve("0.log.2")).hasContent("moved already\n");
    assertThat(directory.resolve("0.log.3")).doesNotExist();
  }

  @Test
  void aFailedRotationIsTriedAgainAfterASecondAndSaidOnce() {
    LogGate gate = LogGate.of(size().setMaxFiles(2).build(), 0);
    long failed = 5_000_000_000L;
    gate.refill(failed);
    assertThat(gate.mayRotate()).isTrue();
    assertThat(gate.rotationFailed()).as("said").isTrue();
    assertThat(gate.mayRotate()).isFalse();
    gate.refill(failed + 999_999_999L);
    assertThat(gate.mayRotate()).isFalse();
    gate.refill(failed + 1_000_000_000L);
    assertThat(gate.mayRotate()).isTrue();
    assertThat(gate.rotationFailed()).as("said again").isFalse();
    assertThat(gate.mayRotate()).isFalse();

    gate.file(0);
    assertThat(gate.mayRotate()).isTrue();
    assertThat(gate.rotationFailed()).as("said of another failure").isTrue();
  }

  @Test
  void recordsThatAFullDiskDropsDoNotFillTheLog() throws Exception {
    CriLog log = CriLog.open(buffers, "/dev/full", LogGate.of(size().build(), System.nanoTime()));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(100));
    stream.end();
    log.close();
    assertThat(log.droppedBytes()).isGreaterThan(100_000);
    assertThat(log.leftOutBytes()).as("left out because of the limit").isZero();
  }

  @Test
  void aFullDiskDoesNotRotateAnAlmostEmptyLog() throws Exception {
    Files.writeString(path, "current\n");
    Path earlier = directory.resolve("0.log.1");
    Files.writeString(earlier, "earlier\n");
    LogGate gate = LogGate.of(size().setMaxFiles(2).build(), System.nanoTime());
    // The log writes to a device that is always full. Its path is one that can rotate.
    Fd full = HostFile.open("/dev/full", OpenFlags.O_WRONLY, 0);
    CriLog log =
        CriLog.restore(
            buffers, new SavedLog(path.toString(), full.release(), false, 0, gate.save()));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(100));
    stream.end();
    log.close();
    assertThat(earlier).hasContent("earlier\n");
    assertThat(path).hasContent("current\n");
  }

  @Test
  void aFullLogGoesOnAfterSomebodyElseHasTruncatedIt() throws Exception {
    CriLog log = open(size());
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(100));
    long leftOut = log.leftOutBytes();
    Files.writeString(path, "");
    feed(stream, "after\n");
    assertThat(read(path))
        .containsExactly(
            "jukung: " + leftOut + " bytes of output are left out before this line", "after");
    stream.end();
    log.close();
  }

  @Test
  void aLogThatSomebodyElseHasTruncatedIsNotRotatedEarly() throws Exception {
    CriLog log = open(size().setMaxFiles(2));
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(60));
    Files.writeString(path, "");
    feed(stream, line('b').repeat(30));
    stream.end();
    log.close();
    assertThat(read(path)).hasSize(30);
    assertThat(directory.resolve("0.log.1")).doesNotExist();
  }

  @Test
  void aFastLogSaysWhereOutputIsLeftOut() throws Exception {
    LogGate gate = LogGate.of(LogLimits.newBuilder().setMaxBytesPerSecond(RATE).build(), 0);
    gate.take(RATE);
    assertThat(gate.judge(100)).isEqualTo(LogGate.State.TOO_FAST);
    gate.begin(LogGate.State.TOO_FAST);
    assertThat(gate.beginning()).isEqualTo(TOO_FAST);
    gate.refill(400_000_000L);
    assertThat(gate.judge(100)).as("0.4 of a burst").isEqualTo(LogGate.State.TOO_FAST);
    gate.refill(600_000_000L);
    assertThat(gate.judge(100)).as("0.6 of a burst").isEqualTo(LogGate.State.OPEN);
  }

  @Test
  void aLowRateStillTakesTheLongestRecord() {
    LogGate gate = LogGate.of(LogLimits.newBuilder().setMaxBytesPerSecond(1024).build(), 0);
    assertThat(gate.judge(CriLog.MAX_CONTENT + 50)).isEqualTo(LogGate.State.OPEN);
    gate.take(2 * CriLog.MAX_CONTENT);
    gate.begin(LogGate.State.TOO_FAST);
    gate.refill(Long.MAX_VALUE);
    assertThat(gate.judge(CriLog.MAX_CONTENT + 50)).isEqualTo(LogGate.State.OPEN);
  }

  @Test
  void aClockThatGoesBackChangesNothing() {
    LogGate gate = LogGate.of(LogLimits.newBuilder().setMaxBytesPerSecond(RATE).build(), 1000);
    gate.take(RATE);
    gate.refill(0);
    assertThat(gate.judge(1)).isEqualTo(LogGate.State.TOO_FAST);
  }

  @Test
  void theLimitsGoOnAfterASleep() throws Exception {
    CriLog log = open(size());
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, line('a').repeat(100));
    long leftOut = log.leftOutBytes();
    CriLog woken = CriLog.restore(buffers, log.save());
    CriLog.Stream again = woken.stream("stdout");
    feed(again, line('b'));
    assertThat(woken.leftOutBytes()).isEqualTo(leftOut + 1000);
    again.end();
    woken.close();
    assertThat(read(path)).filteredOn(TOO_LARGE::equals).hasSize(1);
    assertThat(read(path).getLast()).contains(" " + (leftOut + 1000) + " bytes");
    stream.end();
  }
}
