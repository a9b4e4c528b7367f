package io.jukung.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerCgroupTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "'low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0\n', false",
    "'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 0\n', true",
    "'low 0\nhigh 0\nmax 3\noom 9\noom_kill 12\n', true",
    "'oom_kill 1\n', true",
    "'oom_kill 0\n', false",
    "'oom_group_kill 7\n', false",
    "'', false",
  })
  void oomKillsAreReadFromMemoryEvents(String events, boolean killed) throws Exception {
    Files.writeString(directory.resolve("memory.events"), events);
    assertThat(ContainerCgroup.oomKilled(directory.toString())).isEqualTo(killed);
  }

  @Test
  void withoutMemoryControllerNoOomKillIsReported() throws Exception {
    assertThat(ContainerCgroup.oomKilled(directory.toString())).isFalse();
  }

  @Test
  void numbersOfControlFilesAreZeroIfThereAreNone() throws Exception {
    Files.writeString(directory.resolve("memory.peak"), "33554432\n");
    Files.writeString(directory.resolve("memory.max"), "max\n");
    assertThat(ContainerCgroup.number(directory.toString(), "memory.peak")).isEqualTo(33554432);
    assertThat(ContainerCgroup.number(directory.toString(), "memory.max")).isZero();
    assertThat(ContainerCgroup.number(directory.toString(), "memory.none")).isZero();
  }

  @Test
  void killInARemovedCgroupSucceeds() throws Exception {
    ContainerCgroup.kill(directory.resolve("gone").toString());
  }

  @Test
  void killEndsProcessesOfNestedCgroups() throws Exception {
    try (TestCgroup outer = TestCgroup.create("kill")) {
      Path inner = Files.createDirectory(outer.directory().resolve("inner"));
      Process process = new ProcessBuilder("sleep", "1000").start();
      try {
        Files.writeString(inner.resolve("cgroup.procs"), Long.toString(process.pid()));
        ContainerCgroup.kill(outer.path());
        assertThat(process.waitFor()).isEqualTo(137);
        RunningShim.await("the cgroup is empty", outer::isEmpty);
      } finally {
        process.destroyForcibly();
        Files.delete(inner);
      }
    }
  }
}
