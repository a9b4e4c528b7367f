package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DaemonTest {
  @TempDir Path directory;

  @Test
  void startsWithEmptyDirectoriesAndLeavesNoSocket() throws Exception {
    try (Daemon daemon = Daemon.start(config(Map.of()))) {
      assertThat(daemon).isNotNull();
      assertThat(directory.resolve("state/jukung.sock")).exists();
    }

    assertThat(directory.resolve("state/jukung.sock")).doesNotExist();
  }

  @Test
  void secondDaemonIsRefusedAndTheFirstGoesOn() throws Exception {
    try (Daemon first = Daemon.start(config(Map.of()))) {
      assertThat(first).isNotNull();
      Config other = config(Map.of("socket", directory.resolve("other.sock").toString()));

      assertThatThrownBy(() -> Daemon.start(other))
          .isInstanceOf(StartupException.class)
          .hasMessageEndingWith("works on " + directory.resolve("root"));
      assertThat(directory.resolve("state/jukung.sock")).exists();
    }
  }

  @Test
  void failedStartReleasesItsLocks() throws Exception {
    Path inTheWay = Files.writeString(directory.resolve("file"), "");
    assertThatThrownBy(() -> Daemon.start(config(Map.of("socket", inTheWay.toString()))))
        .isInstanceOf(StartupException.class);

    Daemon.start(config(Map.of())).close();
  }

  private Config config(Map<String, String> more) throws Exception {
    var settings = new LinkedHashMap<String, String>();
    settings.put("root", directory.resolve("root").toString());
    settings.put("state", directory.resolve("state").toString());
    settings.put("socket", directory.resolve("state/jukung.sock").toString());
    settings.put("shim.spare", "0");
    settings.put("shim.command", "['/bin/false']");
    settings.put("cni.conf_dir", directory.resolve("net.d").toString());
    settings.put("cni.cache_dir", directory.resolve("cni").toString());
    settings.put("cgroup.root", "/jukung-test-" + ProcessHandle.current().pid());
    settings.putAll(more);
    Path file = Files.writeString(directory.resolve("config.toml"), "");
    return ConfigFile.read(file, settings);
  }
}
