package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The set-up of a machine that has Debian's minimum and nothing else, by {@code e2e/bare-machine}.
 * A machine that tests run on has programs whose packages nobody would miss here.
 */
@Tag("beside")
class BareMachineIT {
  private static final Path SCRIPT =
      Path.of(System.getProperty("e2e.oci-image"))
          .normalize()
          .resolveSibling("../e2e/bare-machine")
          .normalize();

  @TempDir Path directory;

  @Test
  void whatAMachineLacksIsNamedAndInstalled() throws Exception {
    Process process =
        new ProcessBuilder(SCRIPT.toString(), directory.resolve("machine").toString())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said)
        .contains("a missing JDK is named")
        .contains("what is missing to build and run is named")
        .contains("what is missing to test is named")
        .contains("nothing is missing after it")
        .endsWith("the bare machine is set up\n");
  }
}
