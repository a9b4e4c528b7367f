package io.jukung.cli.container;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
    Files.writeString(Path.of(file + ".4"), "not of this log\n");
    try (LogFile log = open()) {
      long missing = tail < 0 ? Long.MAX_VALUE : log.skipToLast(tail);
      if (missing > 0) {
        EarlierLogs.read(file, log, missing, line -> lines.add(new String(line, UTF_8)));
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
      EarlierLogs.read(file, log, 10, line -> lines.add(new String(line, UTF_8)));
      log.readRest();
    }
    assertThat(lines).containsExactly("F before", "F after");
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
    return new LogFile(file, line -> lines.add(new String(line, UTF_8)));
  }

  private void append(String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
