package io.jukung.cri.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogFileTest {
  private static final String HEAD = "2026-11-21T01:02:03.456789012Z stdout ";

  @TempDir Path directory;
  private Path file;
  private final List<String> lines = new ArrayList<>();

  @BeforeEach
  void name() {
    file = directory.resolve("c.log");
  }

  @Test
  void fileThatDoesNotExistYetIsReadOnceItDoes() throws IOException {
    try (LogFile log = open()) {
      assertThat(log.read()).isFalse();
      append("a\n");
      assertThat(log.read()).isTrue();
    }
    assertThat(lines).containsExactly("a");
  }

  @Test
  void lineIsReadOnceItIsComplete() throws IOException {
    try (LogFile log = open()) {
      append("a\nb");
      log.read();
      assertThat(lines).containsExactly("a");
      append("c\n");
      log.read();
      assertThat(lines).containsExactly("a", "bc");
    }
  }

  @Test
  void incompleteLastLineIsReadAtTheEnd() throws IOException {
    append("a\nb");
    try (LogFile log = open()) {
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b");
  }

  @Test
  void rotatedFileIsReadToItsEndBeforeTheNewOne() throws IOException {
    try (LogFile log = open()) {
      append("a\n");
      log.read();
      append("b\n");
      Files.move(file, directory.resolve("c.log.20261121"));
      append("c\n");
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c");
  }

  @Test
  void newFileIsReadOnceRotationHasMadeIt() throws IOException {
    try (LogFile log = open()) {
      append("a\n");
      log.read();
      Files.move(file, directory.resolve("c.log.1"));
      assertThat(log.read()).isFalse();
      append("b\n");
      assertThat(log.read()).isTrue();
    }
    assertThat(lines).containsExactly("a", "b");
  }

  @Test
  void truncatedFileIsReadFromItsStart() throws IOException {
    try (LogFile log = open()) {
      append("aaaa\n");
      log.read();
      Files.writeString(file, "b\n");
      log.readRest();
    }
    assertThat(lines).containsExactly("aaaa", "b");
  }

  @Test
  void lineAboveOneMebibyteIsGivenInPieces() throws IOException {
    append("x".repeat((1 << 20) + 5) + "\n");
    try (LogFile log = open()) {
      log.readRest();
    }
    assertThat(lines).extracting(String::length).containsExactly(1 << 20, 5);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "3, 3", "9, 9", "10, 10", "11, 10", "1000000, 10"})
  void tailKeepsTheLastLines(long tail, int expected) throws IOException {
    IntStream.range(0, 10).forEach(i -> append(HEAD + "F line " + i + "\n"));
    try (LogFile log = open()) {
      log.skipToLast(tail);
      log.readRest();
    }
    assertThat(lines)
        .containsExactlyElementsOf(
            IntStream.range(10 - expected, 10).mapToObj(i -> HEAD + "F line " + i).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "'F a,F b,P c,P d,F e', 1, 'P c,P d,F e'",
    "'F a,F b,P c,P d,F e', 2, 'F b,P c,P d,F e'",
    "'P a,F b,P c', 1, 'P c'",
    "'P a,F b,P c', 2, 'P a,F b,P c'",
    "'P a,F b,P c', 0, ''",
    "'P a', 1, 'P a'",
  })
  void tailKeepsThePartsOfALineTogether(String written, long tail, String expected)
      throws IOException {
    for (String line : written.split(",", -1)) {
      append(HEAD + line + "\n");
    }
    try (LogFile log = open()) {
      log.skipToLast(tail);
      log.readRest();
    }
    assertThat(
            lines.stream()
                .map(line -> line.substring(HEAD.length()))
                .collect(Collectors.joining(",")))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 'a,b,c,d,e'",
    "0, ''",
    "1, 'e'",
    "2, 'd,e'",
    "3, 'c,d,e'",
    "4, 'b,c,d,e'",
    "9, 'a,b,c,d,e'"
  })
  void earlierFilesComeFirst(long tail, String expected) throws IOException {
    append("F d\nF e\n");
    Files.writeString(Path.of(file + ".1"), "F c\n");
    Files.writeString(Path.of(file + ".2"), "F a\nF b\n");
    Files.writeString(Path.of(file + ".5"), "not of this log\n");
    try (LogFile log = open()) {
      long missing = tail < 0 ? Long.MAX_VALUE : log.skipToLast(tail);
      if (missing > 0) {
        EarlierLogs.read(log, missing);
      }
      log.readRest();
    }
    assertThat(lines.stream().map(line -> line.substring(2)).collect(Collectors.joining(",")))
        .isEqualTo(expected);
  }

  @Test
  void aFileThatIsRotatedMeanwhileIsPrintedOnce() throws IOException {
    append("F before\n");
    try (LogFile log = open()) {
      assertThat(log.openNow()).isNotNull();
      Files.move(file, Path.of(file + ".1"));
      append("F after\n");
      EarlierLogs.read(log, 10);
      log.readRest();
    }
    assertThat(lines).containsExactly("F before", "F after");
  }

  @Test
  void filesThatCameAndWentBetweenTwoReadsAreReadOldestFirst() throws IOException {
    Files.writeString(Path.of(file + ".1"), "before\n");
    append("a\n");
    try (LogFile log = open()) {
      assertThat(log.openNow()).isNotNull();
      log.read();
      append("b\n");
      for (String text : List.of("c\n", "d\ne\n", "f\n", "g\n")) {
        rotate();
        append(text);
      }
      assertThat(log.read()).isTrue();
      rotate();
      append("h\n");
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c", "d", "e", "f", "g", "h");
  }

  /** As the output of {@code jukung run}, whose container writes before the first read. */
  @Test
  void aLogThatRotatedBeforeTheFirstReadIsReadFromItsFirstFile() throws IOException {
    try (LogFile log = open()) {
      assertThat(log.read()).isFalse();
      append("a\n");
      for (String text : List.of("b\n", "c\n")) {
        rotate();
        append(text);
      }
      assertThat(log.read()).isTrue();
      assertThat(log.read()).isFalse();
    }
    assertThat(lines).containsExactly("a", "b", "c");
  }

  /** The reader found the key of one file and opened another. It then waited for ever. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aRotationWhileTheFileIsOpenedDoesNotStopTheReader(boolean before) throws IOException {
    append("a\n");
    int[] opened = {0};
    LogFile.Opener rotating =
        path -> {
          boolean first = opened[0]++ == 0;
          if (first && before) {
            rotate();
            append("b\n");
          }
          FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
          if (first && !before) {
            rotate();
            append("b\n");
          }
          return channel;
        };
    try (LogFile log = new LogFile(file, this::add, rotating)) {
      EarlierLogs.read(log, Long.MAX_VALUE);
      log.read();
      rotate();
      append("c\n");
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c");
  }

  @Test
  void aFileThatIsReplacedAtEachAttemptIsReadLater() throws IOException {
    append("a\n");
    boolean[] busy = {true};
    LogFile.Opener rotating =
        path -> {
          if (busy[0]) {
            rotate();
            append("b\n");
          }
          return FileChannel.open(path, StandardOpenOption.READ);
        };
    try (LogFile log = new LogFile(file, this::add, rotating)) {
      assertThat(log.openNow()).isNull();
      busy[0] = false;
      assertThat(log.openNow()).isNotNull();
    }
  }

  @Test
  void filesThatAreNewerThanTheOpenOneAreNotReadBeforeIt() throws IOException {
    append("a\n");
    rotate();
    append("b\n");
    try (LogFile log = open()) {
      assertThat(log.openNow()).isNotNull();
      for (String text : List.of("c\n", "d\n", "e\n")) {
        rotate();
        append(text);
      }
      EarlierLogs.read(log, 10);
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void filesAreReadOnceIfTheLogRotatesTwiceWhileTheyAreOpened() throws IOException {
    append("a\n");
    for (String text : List.of("b\n", "c\n")) {
      rotate();
      append(text);
    }
    boolean[] rotated = {false};
    LogFile.Opener rotating =
        path -> {
          if (path.toString().endsWith(".2") && !rotated[0]) {
            // The file with b was found as .1. Now the one with c comes behind it, as .2.
            rotated[0] = true;
            for (String text : List.of("d\n", "e\n")) {
              rotate();
              append(text);
            }
          }
          return FileChannel.open(path, StandardOpenOption.READ);
        };
    try (LogFile log = new LogFile(file, this::add, rotating)) {
      EarlierLogs.read(log, 10);
      log.readRest();
    }
    assertThat(rotated).containsExactly(true);
    assertThat(lines).containsExactly("a", "b", "c", "d", "e");
  }

  /** While the shim rotates, one number is free for a moment. */
  @ParameterizedTest
  @CsvSource({"1", "2", "3"})
  void aFreeNumberDoesNotHideOlderFiles(int free) throws IOException {
    append("a\n");
    try (LogFile log = open()) {
      log.read();
      for (String text : List.of("b\n", "c\n", "d\n")) {
        rotate();
        append(text);
      }
      for (int i = 3; i >= free; i--) {
        Files.move(Path.of(file + "." + i), Path.of(file + "." + (i + 1)));
      }
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c", "d");
  }

  @Test
  void filesBehindTheDeletedLastOneAreNotReadAgain() throws IOException {
    append("a\n");
    rotate();
    append("b\n");
    try (LogFile log = open()) {
      EarlierLogs.read(log, 10);
      log.read();
      for (String text : List.of("c\n", "d\n")) {
        rotate();
        append(text);
      }
      Files.delete(Path.of(file + ".2")); // the file with b; the one with a is behind it
      log.readRest();
    }
    assertThat(lines).containsExactly("a", "b", "c", "d");
  }

  @Test
  void tailOfLinesLongerThanABlock() throws IOException {
    for (int i = 0; i < 5; i++) {
      append(HEAD + "F " + i + "x".repeat(100_000) + "\n");
    }
    try (LogFile log = open()) {
      log.skipToLast(2);
      log.readRest();
    }
    assertThat(lines)
        .extracting(line -> line.substring(0, HEAD.length() + 3))
        .containsExactly(HEAD + "F 3", HEAD + "F 4");
  }

  private LogFile open() {
    return new LogFile(file, this::add);
  }

  private void add(byte[] line) {
    lines.add(new String(line, UTF_8));
  }

  /** Moves the files on as the shim does. Nothing is at the path then. */
  private void rotate() throws IOException {
    int free = 1;
    while (Files.exists(Path.of(file + "." + free))) {
      free++;
    }
    for (int i = free; i > 1; i--) {
      Files.move(Path.of(file + "." + (i - 1)), Path.of(file + "." + i));
    }
    Files.move(file, Path.of(file + ".1"));
  }

  private void append(String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
