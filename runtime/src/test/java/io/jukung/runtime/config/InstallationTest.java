package io.jukung.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstallationTest {
  @AfterEach
  void forgetHome() {
    System.clearProperty("jukung.home");
  }

  @Test
  void configuredShimCommandIsPreferredToTheInstalledShim() throws Exception {
    assertThat(Installation.shimCommand(shim(Duration.ZERO))).containsExactly("/bin/other", "-x");
  }

  @Test
  void theTimeAfterWhichAShimSleepsIsItsOption() throws Exception {
    assertThat(Installation.shimCommand(shim(Duration.ofSeconds(2))))
        .containsExactly("/bin/other", "-x", "--sleep-after", "2000");
  }

  private static Config.Shim shim(Duration sleepAfter) {
    return new Config.Shim(List.of("/bin/other", "-x"), 1, 1, sleepAfter);
  }

  @Test
  void installedShimIsFoundBesideTheLauncher(@TempDir Path home) throws Exception {
    Path program = Files.createDirectories(home.resolve("lib/shim")).resolve("jukung-shim");
    Files.createFile(
        program,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    System.setProperty("jukung.home", home.toString());
    assertThat(Installation.shimCommand(Config.DEFAULTS.shim()))
        .containsExactly(program.toString(), "--sleep-after", "30000");
  }

  @Test
  void missingShimIsNamedInTheError(@TempDir Path home) {
    System.setProperty("jukung.home", home.toString());
    assertThatThrownBy(() -> Installation.shimCommand(Config.DEFAULTS.shim()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(home + "/lib/shim/jukung-shim: missing");
  }

  @Test
  void withoutAnInstallationTheCommandMustBeConfigured() {
    assertThatThrownBy(() -> Installation.shimCommand(Config.DEFAULTS.shim()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("shim.command must be set");
  }
}
