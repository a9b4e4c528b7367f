package io.jukung.runtime.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The output of commands, and what is removed from their layers. */
class StepLogTest {
  private static final String TIME = "2026-01-02T03:04:05.123456789Z ";

  @TempDir Path temporary;

  @Test
  void logIsPassedOnAsItGrowsWithoutTimesAndMarks() throws Exception {
    Path file = temporary.resolve("log");
    StringBuilder shown = new StringBuilder();
    try (StepLog log =
        new StepLog(
            file,
            (error, data, length) ->
                shown.append(error ? "E:" : "").append(new String(data, 0, length, UTF_8)))) {
      log.read(); // the file is not there yet
      Files.writeString(file, TIME + "stdout F first line\n" + TIME + "stdout P long ");
      log.read();
      assertThat(shown.toString()).isEqualTo("first line\n");
      append(file, "text\n" + TIME + "stdout F end\n" + TIME + "stderr F \n");
      log.read();
      assertThat(shown.toString()).isEqualTo("first line\nlong textend\nE:\n");
    }
  }

  @Test
  void fileThatIsNoLogIsRefused() throws Exception {
    Path file = Files.writeString(temporary.resolve("log"), "nonsense\n");
    try (StepLog log = new StepLog(file, (_, _, _) -> {})) {
      assertThatThrownBy(log::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is not CRI's");
    }
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  @Test
  void emptyTargetsOfMountsAreRemovedAndWorkOfTheCommandStays() throws Exception {
    Path upper = Files.createDirectory(temporary.resolve("upper"));
    Files.createDirectories(upper.resolve("etc"));
    Files.createFile(upper.resolve("etc/hosts"));
    Files.createFile(upper.resolve("etc/hostname"));
    Files.createDirectories(upper.resolve("mount/deep"));
    Files.createDirectories(upper.resolve("changed"));
    MountStubs stubs = MountStubs.of(upper);
    Files.writeString(upper.resolve("etc/hostname"), "of the command");
    Files.setPosixFilePermissions(
        upper.resolve("changed"), PosixFilePermissions.fromString("rwx------"));
    Files.createFile(upper.resolve("new"));
    stubs.remove(upper);
    assertThat(upper.resolve("etc/hosts")).doesNotExist();
    assertThat(upper.resolve("etc/hostname")).hasContent("of the command");
    assertThat(upper.resolve("mount")).doesNotExist();
    assertThat(upper.resolve("changed")).exists();
    assertThat(upper.resolve("new")).exists();
  }

  @Test
  void linkInThePlaceOfAMountsParentLeadsNotToFilesOfTheNode() throws Exception {
    Path upper = Files.createDirectory(temporary.resolve("upper"));
    Path stub = Files.createDirectories(upper.resolve("a/b/c"));
    Files.createDirectories(upper.resolve("gone/below"));
    MountStubs stubs = MountStubs.of(upper);
    Path ofNode = Files.createDirectory(temporary.resolve("node"));
    Files.move(stub, ofNode.resolve("c")); // the same directory, where a link leads to
    Files.delete(upper.resolve("a/b"));
    Files.createSymbolicLink(upper.resolve("a/b"), ofNode);
    Files.delete(upper.resolve("gone/below"));
    Files.delete(upper.resolve("gone"));
    Files.createFile(upper.resolve("gone"));
    stubs.remove(upper);
    assertThat(ofNode.resolve("c")).isDirectory();
    assertThat(upper.resolve("a/b")).isSymbolicLink();
    assertThat(upper.resolve("gone")).isRegularFile();
  }
}
