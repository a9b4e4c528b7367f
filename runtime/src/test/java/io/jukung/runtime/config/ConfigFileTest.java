package io.jukung.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.runtime.config.Config.CgroupDriver;
import io.jukung.runtime.config.Config.LayerFormat;
import io.jukung.runtime.config.Config.LogLevel;
import io.jukung.runtime.config.Config.MissingController;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  private static final Path DOCUMENTED_DEFAULTS = Path.of("../dist/config.toml");

  @Test
  void documentedFileHoldsTheDefaults() throws Exception {
    assertThat(ConfigFile.read(DOCUMENTED_DEFAULTS, Map.of())).isEqualTo(Config.DEFAULTS);
  }

  @Test
  void documentedFileNamesEveryKeyWithAComment() throws IOException {
    assertThat(keysOf(Files.readAllLines(DOCUMENTED_DEFAULTS), true))
        .containsExactlyElementsOf(ConfigKeys.flatten(Config.DEFAULTS).keySet());
  }

  @Test
  void handlersHaveNamesOfTheOperator() throws Exception {
    Config config =
        ConfigFile.parse("[handlers.b]\npath = '/b'\n[handlers.a]\npath = '/a'\n", "t", Map.of());

    assertThat(config.handlers().keySet()).containsExactly("a", "b");
    assertThat(config.handlers().get("a"))
        .isEqualTo(
            new Config.Handler(
                Path.of("/a"),
                Config.HandlerType.OCI,
                List.of(),
                Config.HandlerCgroups.RUNTIME,
                List.of()));
  }

  @Test
  void everyKeyReachesItsSetting() throws Exception {
    Config config = ConfigFile.read(Path.of("src/test/resources/config/full.toml"), Map.of());

    assertThat(config)
        .isEqualTo(
            new Config(
                Path.of("/a/root"),
                Path.of("/a/state"),
                Path.of("/a/socket"),
                new Config.Log(LogLevel.TRACE, Config.LogFormat.JSON),
                new Config.ContainerLog(DataSize.ofMebibytes(32), new DataSize(3 << 10)),
                new Config.WritableLayer(
                    DataSize.ofMebibytes(7 << 10),
                    Config.LayerEnforcement.DAEMON,
                    Duration.ofSeconds(3)),
                new Config.Server(
                    new FileMode(0600), "4711", DataSize.ofMebibytes(32), Duration.ofSeconds(90)),
                new Config.Shim(List.of("/usr/bin/shim", "--flag"), 7, 9, Duration.ofMillis(1500)),
                new Config.Cni(
                    Path.of("/a/conf"),
                    "/a/template",
                    List.of(Path.of("/a/bin")),
                    Path.of("/a/cache"),
                    Duration.ofMillis(250)),
                new Config.Network(false, false, List.of("10.0.0.0/9"), 27),
                new Config.Cdi(
                    List.of(Path.of("/a/cdi")),
                    List.of(Path.of("/a/hooks")),
                    Duration.ofSeconds(3)),
                new Config.Nri(
                    true,
                    Path.of("/a/nri.sock"),
                    false,
                    Path.of("/a/plugins"),
                    Path.of("/a/plugins.d"),
                    Duration.ofSeconds(6),
                    Duration.ofSeconds(7)),
                new Config.Cgroup(CgroupDriver.SYSTEMD, "/a/cgroup", MissingController.IGNORE),
                new Config.Image(
                    Path.of("/a/certs.d"),
                    List.of(Path.of("/a/auth.json")),
                    3,
                    DataSize.ofMebibytes(1024),
                    new DataSize(0),
                    LayerFormat.EROFS,
                    List.of("a:1"),
                    "/a/policy.json"),
                new Config.Registry(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(4)),
                new Config.Streaming(
                    "::1", 10010, Duration.ofHours(1), "/a/cert.pem", "/a/key.pem"),
                new Config.Metrics("unix:/a/metrics"),
                new Config.Peers(
                    "10.0.0.1:5001",
                    "/a/peer.pem",
                    "/a/peer-key.pem",
                    "/a/peers.pem",
                    9,
                    List.of("a.example")),
                new Config.Traces("http://127.0.0.1:4318/v1/traces", true),
                new Config.Checkpoint(Path.of("/a/criu"), true),
                Map.of(
                    "sandboxed",
                    new Config.Handler(
                        Path.of("/a/runsc"),
                        Config.HandlerType.OCI,
                        List.of("--platform", "kvm"),
                        Config.HandlerCgroups.DAEMON,
                        List.of("dev.gvisor.*")))));
    var defaults = ConfigKeys.flatten(Config.DEFAULTS);
    ConfigKeys.flatten(config)
        .forEach(
            (key, value) ->
                assertThat(value)
                    .as("%s is another than the default", key)
                    .isNotEqualTo(defaults.get(key)));
  }

  @Test
  void emptyFileMeansDefaults() throws Exception {
    assertThat(ConfigFile.parse("", "t", Map.of())).isEqualTo(Config.DEFAULTS);
    assertThat(ConfigFile.parse("# nothing\n", "t", Map.of())).isEqualTo(Config.DEFAULTS);
  }

  @Test
  void flattenedSettingsParseBackToThemselves() throws Exception {
    Config config = ConfigFile.read(Path.of("src/test/resources/config/full.toml"), Map.of());
    String toml =
        ConfigKeys.flatten(config).entrySet().stream()
            .map(e -> e.getKey() + " = " + literal(e.getValue()))
            .collect(Collectors.joining("\n"));

    assertThat(ConfigFile.parse(toml, "t", Map.of())).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "rot = '/x' | t: unknown key rot, the nearest known key is root",
        "shim.spares = 3 | t: unknown key shim.spares, the nearest known key is shim.spare",
        "[cgroups]\\nroot = '/x' | t: unknown key cgroups, the nearest known key is cgroup",
        "shim.bin_dirs = [] | t: unknown key shim.bin_dirs, the nearest known key is cni.bin_dirs",
        "spare = 3 | t: unknown key spare, the nearest known key is shim.spare",
        "shim.spare = 'two' | t: shim.spare must be a whole number, not the string \"two\"",
        "shim.spare = 2.5 | t: shim.spare must be a whole number, not the number 2.5",
        "shim.spare = 99999999999 | t: shim.spare must be a whole number, not the number"
            + " 99999999999",
        "container_log.max_size = '63KiB' | t: container_log.max_size must be 0B or at least 64KiB",
        "writable_layer.max_size = '1023KiB' | t: writable_layer.max_size must be 0B or at least"
            + " 1MiB",
        "writable_layer.measure_every = '999ms' | t: writable_layer.measure_every must be at least"
            + " 1s",
        "container_log.max_rate = '1B' | t: container_log.max_rate must be 0B or at least 1KiB",
        "handlers.a = 1 | t: handlers.a must be a table, not the number 1",
        "[handlers.a]\\ntype = 'oci' | t: handlers.a.path is missing",
        "[handlers.A]\\npath = '/a' | t: handlers.A is not a name of letters a to z, digits and -",
        "[handlers.a]\\n"
            + "path = '/a'\\n"
            + "type = 'cri' | t: handlers.a.type: \"cri\" is not one of \"oci\"",
        "[handlers.a]\\n"
            + "path = '/a'\\n"
            + "paths = 1 | t: unknown key handlers.a.paths, the nearest known key is"
            + " handlers.NAME.path",
        "shim.spare = 65 | t: shim.spare must be between 0 and 64",
        "shim = 3 | t: shim must be a table, not the number 3",
        "root = 3 | t: root must be a path, not the number 3",
        "root = 'var/lib' | t: root: not an absolute path: \"var/lib\"",
        "cni.timeout = 10 | t: cni.timeout must be a duration like \"10s\", not the number 10",
        "cni.timeout = '10' | t: cni.timeout: not a duration: \"10\" (write as \"500ms\", \"10s\""
            + " or \"1m30s\")",
        "cni.conf_template = 'x' | t: cni.conf_template is not an absolute path",
        "cni.timeout = '0s' | t: cni.timeout must be above 0s",
        "cni.bin_dirs = '/x' | t: cni.bin_dirs must be an array, not the string \"/x\"",
        "cni.bin_dirs = [1] | t: cni.bin_dirs must be a path, not the number 1",
        "cni.bin_dirs = [] | t: cni.bin_dirs is empty",
        "log.level = 'loud' | t: log.level: \"loud\" is not one of \"error\", \"warn\", \"info\","
            + " \"debug\", \"trace\"",
        "log.level = true | t: log.level must be one of \"error\", \"warn\", \"info\", \"debug\","
            + " \"trace\", not the boolean true",
        "server.max_message_size = '16MB' | t: server.max_message_size: not a size: \"16MB\" (write"
            + " a whole number and B, KiB, MiB, GiB or TiB)",
        "server.max_message_size = '1KiB' | t: server.max_message_size must be between 1MiB and"
            + " 1GiB",
        "server.socket_mode = '0999' | t: server.socket_mode: not a file mode: \"0999\" (write"
            + " three octal digits, as \"0660\")",
        "cgroup.root = '/a/../b' | t: cgroup.root must be an absolute path without ..",
        "metrics.address = ':9413' | t: metrics.address \":9413\" is not an address (write"
            + " \"127.0.0.1:9413\" or \"unix:/path\")",
        "metrics.address = '127.0.0.1' | t: metrics.address \"127.0.0.1\" is not an address (write"
            + " \"127.0.0.1:9413\" or \"unix:/path\")",
        "metrics.address = '0.0.0.0:9413' | t: metrics.address \"0.0.0.0:9413\" can be reached by"
            + " other machines; metrics have no password",
        "metrics.address = 'unix:metrics' | t: metrics.address \"unix:metrics\" has no absolute"
            + " path",
      })
  void badKeyIsNamedInTheError(String toml, String message) {
    assertThatThrownBy(() -> ConfigFile.parse(toml.replace("\\n", "\n"), "t", Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(message);
  }

  @Test
  void syntaxErrorNamesTheLine() {
    assertThatThrownBy(() -> ConfigFile.parse("root = '/x'\nstate = = 3\n", "file.toml", Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("file.toml line 2: not TOML: ");
  }

  @Test
  void missingFileIsNamedInTheError(@TempDir Path directory) {
    Path file = directory.resolve("none.toml");
    assertThatThrownBy(() -> ConfigFile.read(file, Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(file + ": no such configuration file");
  }

  @Test
  void filesInConfDReplaceSingleKeysInTheOrderOfTheirNames(@TempDir Path directory)
      throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("config.toml"),
            "[cni]\ntimeout = '1s'\nbin_dirs = ['/a', '/b']\n[shim]\nspare = 5\n");
    Path dropIns = Files.createDirectory(directory.resolve("conf.d"));
    Files.writeString(dropIns.resolve("20-b.toml"), "[cni]\ntimeout = '3s'\n");
    Files.writeString(dropIns.resolve("10-a.toml"), "[cni]\ntimeout = '2s'\nbin_dirs = ['/c']\n");
    Files.writeString(dropIns.resolve(".30-half-written.toml"), "not TOML");
    Files.writeString(dropIns.resolve("README"), "not TOML");

    Config config = ConfigFile.read(file, Map.of("cni.conf_dir", "/set"));

    assertThat(config.cni().timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.cni().binDirs()).containsExactly(Path.of("/c"));
    assertThat(config.cni().confDir()).isEqualTo(Path.of("/set"));
    assertThat(config.shim().spare()).isEqualTo(5);
  }

  @Test
  void keysThatNeedEachOtherMayBeInDifferentFiles(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("config.toml"), "[streaming]\ntls_certificate = '/c.pem'\n");
    Files.writeString(
        Files.createDirectory(directory.resolve("conf.d")).resolve("key.toml"),
        "streaming.tls_key = '/k.pem'\n");

    assertThat(ConfigFile.read(file, Map.of()).streaming().tlsKey()).isEqualTo("/k.pem");
  }

  @Test
  void problemNamesTheFileThatHasSetTheKey(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(directory.resolve("config.toml"), "[shim]\nspare = 65\nspars = 1\n");
    Path dropIn =
        Files.writeString(
            Files.createDirectory(directory.resolve("conf.d")).resolve("a.toml"),
            "[shim]\nspare = 66\n[cni]\ntimeout = 7\n");

    assertThatThrownBy(() -> ConfigFile.read(file, Map.of()))
        .hasMessageContainingAll(
            dropIn + ": shim.spare must be between 0 and 64",
            dropIn + ": cni.timeout must be a duration",
            file + ": unknown key shim.spars");
  }

  @Test
  void liveSettingsLeaveWhatThePartsOfTheDaemonHaveUsedAlready() throws Exception {
    Config full = ConfigFile.read(Path.of("src/test/resources/config/full.toml"), Map.of());

    Config live = Config.DEFAULTS.withLiveSettings(full);

    assertThat(live.root()).isEqualTo(Config.DEFAULTS.root());
    assertThat(live.cni().cacheDir()).isEqualTo(Config.DEFAULTS.cni().cacheDir());
    assertThat(live.streaming()).isEqualTo(Config.DEFAULTS.streaming());
    assertThat(live.log()).isEqualTo(full.log());
    assertThat(live.shim()).isEqualTo(full.shim());
    assertThat(live.cni().timeout()).isEqualTo(full.cni().timeout());
    assertThat(live.image().maxDownloads()).isEqualTo(full.image().maxDownloads());
    assertThat(live.image().layerFormat()).isEqualTo(Config.DEFAULTS.image().layerFormat());
  }

  @Test
  void overridesReplaceSettingsOfTheFileAndNeedNoQuotes() throws Exception {
    Config config =
        ConfigFile.parse(
            "shim.spare = 5",
            "t",
            Map.of(
                "shim.spare",
                "0",
                "root",
                "/other",
                "cni.bin_dirs",
                "['/x']",
                "log.level",
                "debug"));

    assertThat(config.shim().spare()).isZero();
    assertThat(config.root()).isEqualTo(Path.of("/other"));
    assertThat(config.cni().binDirs()).containsExactly(Path.of("/x"));
    assertThat(config.log().level()).isEqualTo(LogLevel.DEBUG);
  }

  @Test
  void badOverrideNamesTheFlag() {
    assertThatThrownBy(() -> ConfigFile.parse("", "t", Map.of("shim.spar", "1")))
        .hasMessage(
            "--set shim.spar=1: unknown key shim.spar, the nearest known key is shim.spare");
  }

  /** The dotted keys of a TOML file in order; each must have a comment right above. */
  private static List<String> keysOf(List<String> lines, boolean commented) {
    var keys = new ArrayList<String>();
    String table = "";
    String previous = "";
    for (String line : lines) {
      if (line.startsWith("[")) {
        table = line.substring(1, line.indexOf(']')) + ".";
      } else if (line.contains(" = ") && !line.startsWith("#")) {
        keys.add(table + line.substring(0, line.indexOf(" = ")));
        assertThat(previous.startsWith("#")).as("comment above %s", line).isEqualTo(commented);
      }
      previous = line;
    }
    return keys;
  }

  private static String literal(Object value) {
    return switch (value) {
      case List<?> list ->
          list.stream().map(ConfigFileTest::literal).collect(Collectors.joining(", ", "[", "]"));
      case String text -> "'" + text + "'";
      default -> value.toString();
    };
  }
}
