package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.NeedsSystemd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package that {@code dist/deb} makes. */
@NeedsSystemd
class PackageIT {
  private static final Path DIST =
      Path.of(System.getProperty("e2e.oci-image")).normalize().resolveSibling("deb");

  @TempDir Path directory;

  private String run(String command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }

  private Path make(String version) throws Exception {
    run(DIST + " --fast --version " + version + " " + directory);
    return directory.resolve("jukung_" + version + "_amd64.deb");
  }

  @Test
  void sameInstallationGivesTheSamePackage() throws Exception {
    Path once = make("1.0");
    byte[] bytes = Files.readAllBytes(once);
    Files.delete(once);
    assertThat(Files.mismatch(make("1.0"), Files.write(directory.resolve("once"), bytes)))
        .isEqualTo(-1);
  }
}
