package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.io.StatusFlags;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.WallClock;
import io.jukung.linux.libc.Memory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriLogTest {
  private static final int MAX = CriLog.MAX_CONTENT;

  @TempDir Path directory;

  private final CriLog.Buffers buffers = new CriLog.Buffers(new WallClock());

  /** One record of the log, without its time. */
  private record Line(String stream, String tag, String content) {}

  @Test
  void linesBecomeFullRecords() throws Exception {
    assertThat(logOf("one\ntwo\n", "\n", "three\n"))
        .containsExactly(full("one"), full("two"), full(""), full("three"));
  }

  @Test
  void lineInPiecesIsOneRecord() throws Exception {
    assertThat(logOf("on", "e", "\ntw", "o\n")).containsExactly(full("one"), full("two"));
  }

  @Test
  void tailWithoutNewlineEndsAsPartial() throws Exception {
    assertThat(logOf("one\ntwo")).containsExactly(full("one"), partial("two"));
  }

  @Test
  void streamWithoutOutputLogsNothing() throws Exception {
    assertThat(logOf()).isEmpty();
  }

  @Test
  void lineOf16KibIsOneRecord() throws Exception {
    String line = "x".repeat(MAX);
    assertThat(logOf(line + "\n")).containsExactly(full(line));
  }

  @Test
  void lineLongerThan16KibIsSplit() throws Exception {
    String line = "x".repeat(MAX);
    assertThat(logOf(line + "y\n")).containsExactly(partial(line), full("y"));
    assertThat(logOf(line + line + "\nz\n")).containsExactly(partial(line), full(line), full("z"));
    assertThat(logOf(line + line + "y"))
        .containsExactly(partial(line), partial(line), partial("y"));
  }

  @Test
  void contentIsLoggedByteForByte() throws Exception {
    byte[] all = new byte[255];
    for (int i = 0, value = 0; i < all.length; value++) {
      if (value != '\n') {
        all[i++] = (byte) value;
      }
    }
    String content = new String(all, StandardCharsets.ISO_8859_1);
    assertThat(logOf(content + "\n")).containsExactly(full(content));
  }

  @Test
  void timesAreNowAndInUtc() throws Exception {
    Instant before = Instant.now().minusMillis(1);
    logOf("one\n");
    String time = Files.readString(directory.resolve("0.log")).split(" ", 2)[0];
    assertThat(time).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z");
    assertThat(Instant.parse(time)).isBetween(before, Instant.now());
  }

  @Test
  void streamsAreNamedAndKeepTheirOwnTails() throws Exception {
    Path path = directory.resolve("two.log");
    CriLog log = CriLog.open(buffers, path.toString(), null);
    CriLog.Stream out = log.stream("stdout");
    CriLog.Stream err = log.stream("stderr");
    feed(out, bytes("a"));
    feed(err, bytes("b"));
    feed(out, bytes("c\n"));
    err.end();
    out.end();
    log.close();
    assertThat(read(path))
        .containsExactly(new Line("stdout", "F", "ac"), new Line("stderr", "P", "b"));
  }

  @Test
  void fileIsReadableByItsGroupOnlyAndAppendedTo() throws Exception {
    logOf("one\n");
    logOf("two\n");
    Path path = directory.resolve("0.log");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-r-----");
    assertThat(Files.readAllLines(path)).hasSize(2);
  }

  @Test
  void symbolicLinkIsNotFollowed() throws Exception {
    Path target = Files.createFile(directory.resolve("target"));
    Path link = Files.createSymbolicLink(directory.resolve("link.log"), target);
    assertThatThrownBy(() -> CriLog.open(buffers, link.toString(), null))
        .hasMessageContaining("ELOOP");
  }

  @Test
  void reopenedLogGoesOnInTheNewFile() throws Exception {
    Path path = directory.resolve("rotated.log");
    Path old = directory.resolve("rotated.log.1");
    CriLog log = CriLog.open(buffers, path.toString(), null);
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, bytes("before\nbegun "));
    Files.move(path, old);
    feed(stream, bytes("before, too\n"));
    log.reopen();
    assertThat(path).isEmptyFile();
    feed(stream, bytes("ended\nafter\n"));
    stream.end();
    log.close();
    assertThat(read(old)).containsExactly(full("before"), full("begun before, too"));
    assertThat(read(path)).containsExactly(full("ended"), full("after"));
  }

  @Test
  void failedReopenStaysWithTheOldFile() throws Exception {
    Path logs = Files.createDirectory(directory.resolve("logs"));
    Path path = logs.resolve("0.log");
    CriLog log = CriLog.open(buffers, path.toString(), null);
    CriLog.Stream stream = log.stream("stdout");
    Path moved = directory.resolve("moved");
    Files.move(logs, moved);
    assertThatThrownBy(log::reopen).hasMessageContaining("ENOENT");
    feed(stream, bytes("still\n"));
    stream.end();
    log.close();
    assertThat(read(moved.resolve("0.log"))).containsExactly(full("still"));
  }

  @Test
  void linesThatAFullDiskDropsAreCounted() throws Exception {
    CriLog log = CriLog.open(buffers, "/dev/full", null);
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, bytes("lost\n"));
    feed(stream, bytes("lost\n"));
    stream.end();
    assertThat(log.droppedBytes())
        .isEqualTo(2L * "2026-11-21T00:00:00.000000000Z stdout F lost\n".length());
    log.close();
  }

  @Test
  void recordAfterOneThatWasCutBeginsOnItsOwnLine() throws Exception {
    // A FIFO that is nearly full takes only a part of a write, as a full disk does.
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (Fd reader = HostFile.open(fifo.toString(), OpenFlags.O_NONBLOCK, 0)) {
      CriLog log = CriLog.open(buffers, fifo.toString(), null);
      CriLog.Stream stream = log.stream("stdout");
      for (int i = 0; i < 8; i++) {
        feed(stream, bytes("x".repeat(10_000) + "\n"));
      }
      assertThat(log.droppedBytes()).isPositive();
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      drain(reader, content);
      feed(stream, bytes("next\n"));
      drain(reader, content);
      List<String> lines = content.toString(StandardCharsets.US_ASCII).lines().toList();
      assertThat(lines.getLast()).endsWith("Z stdout F next");
      assertThat(lines.get(lines.size() - 2)).endsWith("xxx").hasSizeLessThan(10_000);
      stream.end();
      log.close();
    }
  }

  @Test
  void logWithoutAPathDiscardsOutput() throws Exception {
    CriLog log = CriLog.open(buffers, "", null);
    CriLog.Stream stream = log.stream("stdout");
    feed(stream, bytes("nobody reads this\n"));
    stream.end();
    log.reopen();
    log.close();
    assertThat(log.droppedBytes()).isZero();
  }

  @Test
  void closedPipeIsTheEndAndAnEmptyPipeIsNot() throws Exception {
    try (Pipe pipe = Pipe.open()) {
      StatusFlags.setNonBlocking(pipe.reader());
      CriLog log = CriLog.open(buffers, "", null);
      CriLog.Stream stream = log.stream("stdout");
      assertThat(stream.pump(pipe.reader())).isEqualTo(Transfer.WOULD_BLOCK);
      pipe.writer().close();
      assertThat(CriLog.isEnd(stream.pump(pipe.reader()))).isTrue();
      assertThat(CriLog.isEnd(-Errno.EIO)).isTrue();
      assertThat(CriLog.isEnd(Transfer.WOULD_BLOCK)).isFalse();
      stream.end();
    }
  }

  /** The log does not depend on the pieces in which the output arrives. */
  @Test
  void chunkingDoesNotChangeTheLog() throws Exception {
    for (int seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      byte[] output = randomOutput(random);
      Path path = directory.resolve("random-" + seed + ".log");
      CriLog log = CriLog.open(buffers, path.toString(), null);
      CriLog.Stream stream = log.stream("stdout");
      for (int at = 0; at < output.length; ) {
        int bound = random.nextInt(4) == 0 ? 8 : 64 * 1024;
        int length = Math.min(output.length - at, 1 + random.nextInt(bound));
        byte[] piece = new byte[length];
        System.arraycopy(output, at, piece, 0, length);
        feed(stream, piece);
        at += length;
      }
      stream.end();
      log.close();
      assertThat(read(path)).as("seed %d", seed).isEqualTo(expected(output));
    }
  }

  private static byte[] randomOutput(Random random) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    int lines = random.nextInt(200);
    for (int i = 0; i < lines; i++) {
      int length =
          switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> MAX - 1 + random.nextInt(3);
            case 2 -> random.nextInt(5 * MAX);
            default -> random.nextInt(200);
          };
      output.writeBytes(
          String.valueOf((char) ('a' + i % 26)).repeat(length).getBytes(StandardCharsets.US_ASCII));
      if (i < lines - 1 || random.nextBoolean()) {
        output.write('\n');
      }
    }
    return output.toByteArray();
  }

  /** A simple and slow implementation of the format. */
  private static List<Line> expected(byte[] output) {
    List<Line> records = new ArrayList<>();
    String text = new String(output, StandardCharsets.ISO_8859_1);
    while (!text.isEmpty()) {
      int newline = text.indexOf('\n');
      String line = newline < 0 ? text : text.substring(0, newline);
      text = newline < 0 ? "" : text.substring(newline + 1);
      while (line.length() > MAX) {
        records.add(partial(line.substring(0, MAX)));
        line = line.substring(MAX);
      }
      records.add(newline < 0 ? partial(line) : full(line));
    }
    return records;
  }

  private static Line full(String content) {
    return new Line("stdout", "F", content);
  }

  private static Line partial(String content) {
    return new Line("stdout", "P", content);
  }

  /** Returns the records that are logged for these pieces of a stream. */
  private List<Line> logOf(String... pieces) throws Exception {
    Path path = directory.resolve("0.log");
    List<Line> before = Files.exists(path) ? read(path) : List.of();
    CriLog log = CriLog.open(buffers, path.toString(), null);
    CriLog.Stream stream = log.stream("stdout");
    for (String piece : pieces) {
      feed(stream, bytes(piece));
    }
    stream.end();
    log.close();
    List<Line> all = read(path);
    return all.subList(before.size(), all.size());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void feed(CriLog.Stream stream, byte[] piece) throws Exception {
    try (Pipe pipe = Pipe.open()) {
      pipe.writer().write(piece);
      assertThat(stream.pump(pipe.reader())).isEqualTo(piece.length);
    }
  }

  private static void drain(Fd reader, ByteArrayOutputStream content) throws Exception {
    try (Memory buffer = Memory.allocate(65536)) {
      int count;
      while ((count = Transfer.read(reader, buffer, 0, 65536)) > 0) {
        content.writeBytes(buffer.getBytes(0, count));
      }
    }
  }

  private static List<Line> read(Path path) throws Exception {
    List<Line> records = new ArrayList<>();
    String text = Files.readString(path, StandardCharsets.ISO_8859_1);
    List<String> lines = List.of(text.split("\n", -1));
    assertThat(lines.getLast()).isEmpty();
    for (String line : lines.subList(0, lines.size() - 1)) {
      String[] fields = line.split(" ", 4);
      assertThat(fields[0]).hasSize(Rfc3339.LENGTH);
      records.add(new Line(fields[1], fields[2], fields[3]));
    }
    return records;
  }
}
