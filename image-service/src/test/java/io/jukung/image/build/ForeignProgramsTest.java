package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.manifest.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForeignProgramsTest {
  private static final Platform NODE = new Platform("linux", "amd64", "");
  private static final Platform ARM = new Platform("linux", "arm64", "v8");

  /** What Debian's package qemu-user-static registers for aarch64. */
  private static final String QEMU =
      """
      interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
      flags: FLAGS
      offset 0
      magic 7f454c460201010000000000000000000200b700
      mask ffffffffffffff00fffffffffffffffffeffffff
      """;

  @TempDir private Path registered;

  @BeforeEach
  void enable() throws IOException {
    Files.writeString(registered.resolve("status"), "enabled\n");
    Files.writeString(registered.resolve("register"), "");
  }

  private boolean isRunnable(Platform image) throws IOException {
    return ForeignPrograms.isRunnable(image, NODE, registered);
  }

  private void register(String state, String flags) throws IOException {
    Files.writeString(
        registered.resolve("qemu-aarch64"), state + "\n" + QEMU.replace("FLAGS", flags));
  }

  @Test
  void ownProgramsRunAndThoseOfOlderProcessorsToo() throws IOException {
    assertThat(isRunnable(NODE)).isTrue();
    assertThat(isRunnable(new Platform("linux", "amd64", "v1"))).isTrue();
    assertThat(isRunnable(new Platform("linux", "386", ""))).isTrue();
    assertThat(isRunnable(ARM)).isFalse();
    assertThat(isRunnable(new Platform("linux", "unknown", ""))).isFalse();
  }

  @Test
  void interpreterThatIsOpenAlreadyRunsTheProgramsOfItsArchitecture() throws IOException {
    register("enabled", "POCF");
    assertThat(isRunnable(ARM)).isTrue();
    assertThat(isRunnable(new Platform("linux", "riscv64", ""))).isFalse();
    assertThat(isRunnable(new Platform("linux", "arm", "v7"))).isFalse();
    Files.writeString(registered.resolve("status"), "disabled\n");
    assertThat(isRunnable(ARM)).isFalse();
  }

  @Test
  void interpreterThatIsOffOrThatContainersCannotReachRunsNothing() throws IOException {
    register("disabled", "POCF");
    assertThat(isRunnable(ARM)).isFalse();
    register("enabled", "POC");
    assertThat(isRunnable(ARM)).isFalse();
    Files.writeString(
        registered.resolve("python"),
        "enabled\ninterpreter /usr/bin/python3\nflags: F\nextension .pyc\n");
    assertThat(isRunnable(ARM)).isFalse();
  }
}
