package io.jukung.runtime.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon's command lines: what they print, and the exit code. */
class MainTest {
  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void helpOfEachCommandIsPrinted() {
    for (String command : List.of("serve", "config")) {
      out.reset();
      assertThat(run(command, "--help")).isZero();
      assertThat(out.toString(UTF_8)).startsWith("Usage: jukung " + command);
    }
    assertThat(run("config", "check", "--help")).isZero();
    assertThat(err).hasToString("");
  }

  @Test
  void unknownOptionIsRefusedByName() {
    assertThat(run("serve", "--confg", "x")).isEqualTo(125);
    assertThat(err).hasToString("jukung: unknown option --confg, see `jukung serve --help`\n");
  }

  @Test
  void optionWithoutItsValueIsRefused() {
    assertThat(run("serve", "--config")).isEqualTo(125);
    assertThat(err)
        .hasToString("jukung: option --config needs a value, see `jukung serve --help`\n");
  }

  @Test
  void unexpectedWordIsRefused() {
    assertThat(run("serve", "now")).isEqualTo(125);
    assertThat(err).hasToString("jukung: unexpected word now, see `jukung serve --help`\n");
  }

  @Test
  void unknownSubcommandOfConfigIsRefused() {
    assertThat(run("config", "chek")).isEqualTo(125);
    assertThat(err.toString(UTF_8)).contains("config has check, dump and default, not chek");
  }

  @Test
  void socketInFrontOfTheCommandIsAnOptionOfTheCommand() throws Exception {
    Path file = Files.writeString(directory.resolve("config.toml"), "[shim]\nspares = 1\n");

    assertThat(run("-s", "unix:///run/x.sock", "serve", "-c", file.toString())).isEqualTo(1);

    assertThat(err.toString(UTF_8)).contains("unknown key shim.spares");
  }

  @Test
  void serveReportsABadConfigurationInOneSentence() throws Exception {
    Path file = Files.writeString(directory.resolve("config.toml"), "[shim]\nspares = 1\n");

    assertThat(run("serve", "--config", file.toString())).isEqualTo(1);

    assertThat(err)
        .hasToString(
            "jukung: %s: unknown key shim.spares, the nearest known key is shim.spare\n"
                .formatted(file));
  }

  @Test
  void socketMayStandBeforeConfig() throws Exception {
    Path file = Files.writeString(directory.resolve("config.toml"), "[shim]\nspare = 1\n");

    assertThat(run("-s", "/run/x.sock", "config", "check", file.toString())).isZero();
  }

  @Test
  void configIsCheckedAndShown() throws Exception {
    Path file = Files.writeString(directory.resolve("config.toml"), "[shim]\nspare = 1\n");

    assertThat(run("config", "check", file.toString())).isZero();
    assertThat(out).hasToString(file + " is good\n");
    out.reset();
    assertThat(run("config", "show", file.toString())).isZero();
    String shown = out.toString(UTF_8);
    assertThat(shown)
        .contains("root = \"/var/lib/jukung\"\n", "shim.spare = 1\n", "shim.command = []\n");
    out.reset();
    assertThat(run("config", "dump", file.toString())).isZero();
    assertThat(out).hasToString(shown);
  }

  @Test
  void dumpedConfigurationIsAConfigurationFile() throws Exception {
    assertThat(run("config", "default")).isZero();
    Path file = Files.writeString(directory.resolve("dumped.toml"), out.toString(UTF_8));
    out.reset();

    assertThat(run("config", "dump", file.toString())).isZero();

    assertThat(out).hasToString(Files.readString(file));
    assertThat(run("config", "default", file.toString())).isEqualTo(125);
  }

  @Test
  void everyProblemOfAConfigurationIsReportedInASentence() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("config.toml"), "rot = '/x'\n[shim]\nspare = 'two'\n[cni]\nx = 1\n");

    assertThat(run("config", "check", file.toString())).isEqualTo(1);

    assertThat(err)
        .hasToString(
            """
            F: unknown key rot, the nearest known key is root
            F: shim.spare must be a whole number, not the string "two"
            F: unknown key cni.x, the nearest known key is cni
            """
                .replace("F", file.toString()));
  }

  @Test
  void problemsOfRegistriesAreConfigurationProblems() throws Exception {
    Path certs = directory.resolve("certs.d");
    Path hosts = Files.createDirectories(certs.resolve("quay.io")).resolve("hosts.toml");
    Files.writeString(hosts, "servr = \"https://quay.io\"\nca = \"gone.pem\"\n");
    Path file =
        Files.writeString(
            directory.resolve("config.toml"), "[image]\nregistry_config_dir = '" + certs + "'\n");

    assertThat(run("config", "check", file.toString())).isEqualTo(1);

    assertThat(err.toString(UTF_8).lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith(
                        hosts + ": servr is not a key that is known here, the nearest is server"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        hosts
                            + ": quay.io: "
                            + hosts.resolveSibling("gone.pem")
                            + " does not exist"));
  }

  private int run(String... words) {
    return Main.run(
        List.of(words), new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
  }
}
