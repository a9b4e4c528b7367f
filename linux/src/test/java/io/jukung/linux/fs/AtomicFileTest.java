package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  @TempDir Path directory;

  @Test
  void temporaryFileOfAKilledWriterIsRemovedAndThatOfALivingOneIsKept() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Files.writeString(directory.resolve(".atomic-" + ended.pid() + "-7"), "half a");
    Path others = Files.createFile(directory.resolve(".atomic-something"));
    Path living =
        Files.createFile(directory.resolve(".atomic-" + ProcessHandle.current().pid() + "-999999"));
    Path file = directory.resolve("record");
    AtomicFile.write(file, "whole".getBytes(UTF_8));
    AtomicFile.removeAbandoned(file);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(file, others, living);
    }
    assertThat(file).hasContent("whole");
  }

  @Test
  void directoryThatDoesNotExistHasNoTemporaryFiles() throws Exception {
    AtomicFile.removeAbandoned(directory.resolve("missing/record"));
    assertThat(directory).isEmptyDirectory();
  }
}
