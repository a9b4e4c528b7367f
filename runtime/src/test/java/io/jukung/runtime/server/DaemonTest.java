package io.jukung.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.config.ConfigFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
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

  /** A regression: the second daemon killed the containers of the first one at its start. */
  @Test
  void daemonOfAnotherRootIsRefusedTheSameCgroupCacheNetworkAndBridge() throws Exception {
    Path network =
        Files.writeString(
            Files.createDirectory(directory.resolve("net.d")).resolve("a.conflist"),
            """
            {"cniVersion": "1.0.0", "name": "daemon-test", "plugins": [
              {"type": "bridge", "bridge": "daemon-test0"}]}
            """);
    try (Daemon first = Daemon.start(config(Map.of()))) {
      assertThat(first).isNotNull();
      Map<String, String> other = new LinkedHashMap<>();
      for (String key : List.of("root", "state", "socket")) {
        other.put(key, directory.resolve("second-" + key).toString());
      }
      refused(other, "cgroup /jukung-test-%d", "cgroup.root");
      other.put("cgroup.root", "/jukung-test-" + ProcessHandle.current().pid() + "-second");
      refused(other, "CNI cache " + directory.resolve("cni"), "cni.cache_dir");
      other.put("cni.cache_dir", directory.resolve("second-cni").toString());
      refused(other, "CNI network daemon-test", "cni.conf_dir");
      Files.writeString(network, Files.readString(network).replace("\"daemon-test\"", "\"other\""));
      refused(other, "bridge daemon-test0", "cni.conf_dir");
      Files.writeString(network, Files.readString(network).replace("daemon-test0", "other0"));
      Daemon.start(config(other)).close();
    }
    // The root is free and has no pod, so that another daemon may take over what it used.
    Map<String, String> next = Map.of("root", directory.resolve("third-root").toString());
    Daemon.start(config(next)).close();
  }

  private void refused(Map<String, String> settings, String what, String setting) {
    assertThatThrownBy(() -> Daemon.start(config(settings)))
        .isInstanceOf(StartupException.class)
        .hasMessage(
            "the daemon cannot start: %s belongs to the jukung of root %s, whose pods would be"
                + " taken for leftovers: set %s to something else, or stop that daemon and remove"
                + " its pods",
            what.formatted(ProcessHandle.current().pid()), directory.resolve("root"), setting);
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
