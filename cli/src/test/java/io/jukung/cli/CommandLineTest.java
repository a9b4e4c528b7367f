package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerState;
import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is the same for all commands: the connection, the help, and errors in the command line. */
class CommandLineTest extends CommandHarness {
  @Test
  void missingDaemonIsReportedInOneSentence() {
    Path nowhere = directory.resolve("none.sock");

    assertThat(Jukung.run(environment(), "-s", nowhere.toString(), "ps")).isEqualTo(1);

    assertThat(err.toString(UTF_8))
        .startsWith("jukung: cannot reach a daemon on " + nowhere + " (")
        .endsWith("), is `jukung serve` running?\n");
  }

  @Test
  void socketIsReadFromTheEnvironmentAsAUrl() {
    var environment =
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true),
            new PrintStream(err, true),
            false,
            Map.of("JUKUNG_SOCKET", "unix://" + cri.socket()),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess());

    assertThat(Jukung.run(environment, "version")).isZero();
  }

  @Test
  void unknownCommandIsReportedInOneSentence() {
    assertThat(jukung("frobnicate")).isEqualTo(125);

    assertThat(err)
        .hasToString("jukung: frobnicate is not a jukung command, see `jukung --help`\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V", "ps --version", "ctr -n k8s.io images -V"})
  void versionOptionPrintsTheClientsVersion(String line) {
    assertThat(Jukung.run(environment(), line.split(" "))).isZero();

    assertThat(out.toString(UTF_8)).matches("jukung \\d+\\.\\d+\\.\\d+\\S*\n");
  }

  @ParameterizedTest
  @CsvSource({"imgaes, images", "lgos, logs", "stpo, stop", "pss, ps", "ispect, inspect"})
  void misspeltCommandIsAnsweredWithTheNearestOne(String misspelt, String nearest) {
    assertThat(jukung(misspelt, "x")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: %s is not a jukung command (did you mean %s?), see `jukung --help`\n"
                .formatted(misspelt, nearest));
  }

  @Test
  void misspeltSubcommandIsNamed() {
    assertThat(jukung("ctr", "-n", "k8s.io", "image", "improt", "-")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: improt is not a command of jukung ctr images (did you mean import?),"
                + " see `jukung ctr images --help`\n");
  }

  @Test
  void misspeltOptionIsNamedEvenWhereAnArgumentIsMissing() {
    assertThat(jukung("run", "--hlep")).isEqualTo(125);
    assertThat(jukung("ps", "--qiet=true")).isEqualTo(125);
    assertThat(jukung("ps", "-x")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            """
            jukung: unknown option --hlep (did you mean --help?), see `jukung run --help`
            jukung: unknown option --qiet (did you mean --quiet?), see `jukung ps --help`
            jukung: unknown option -x, see `jukung ps --help`
            """);
  }

  @Test
  void missingArgumentIsNamed() {
    assertThat(jukung("logs")).isEqualTo(125);
    assertThat(jukung("ps", "web")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            """
            jukung: Missing required parameter: 'CONTAINER', see `jukung logs --help`
            jukung: unexpected argument web, see `jukung ps --help`
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "run --cpus abc busybox, \"abc\" is not a number",
    "stop -t soon web, \"soon\" is not a whole number",
    "run --stop-timeout soon busybox, \"soon\" is not a whole number",
    "run --health-retries many busybox, \"many\" is not a whole number",
    "logs --tail 1.5 web, \"1.5\" is not a whole number",
    "exec --timeout 99999999999999999999 web, \"99999999999999999999\" is not a whole number",
    "exec --tty=3 web ls, \"3\" is neither true nor false",
  })
  void valueOfTheWrongKindIsExplainedWithoutJavasWords(String line, String sentence) {
    assertThat(jukung(line.split(" "))).isEqualTo(125);

    assertThat(err.toString(UTF_8))
        .startsWith("jukung: Invalid value for option '--")
        .contains(sentence)
        .doesNotContain("java", "BigDecimal", "long", "boolean");
  }

  @Test
  void shortSocketOptionStandsBeforeTheCommandAlone() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("pause", "-s", "KILL", "web")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: unknown option -s (the socket is -s before the command, or --socket),"
                + " see `jukung pause --help`\n");
    assertThat(cri.requests).isEmpty();
    assertThat(Jukung.run(environment(), "-s", cri.socket().toString(), "ps")).isZero();
    assertThat(Jukung.run(environment(), "ps", "--socket", cri.socket().toString())).isZero();
  }

  @Test
  void helpAndCompletionListEveryCommand() {
    assertThat(jukung("--help")).isZero();
    String help = out.toString(UTF_8);
    out.reset();
    assertThat(jukung("__complete", "--", "")).isZero();

    List<String> commands = visibleCommands();
    assertThat(commands).hasSizeGreaterThan(15);
    assertThat(commands)
        .allSatisfy(
            name -> {
              assertThat(help).containsPattern("(?m)^  " + name + " ");
              assertThat(out.toString(UTF_8)).containsPattern("(?m)^" + name + "\t");
            });
    assertThat(help).doesNotContain("__complete");
  }

  private List<String> visibleCommands() {
    return Jukung.all(environment()).getSubcommands().entrySet().stream()
        .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  @Test
  void everyCommandHasHelp() {
    for (String name : visibleCommands()) {
      out.reset();
      assertThat(Jukung.run(environment(), name, "--help")).as(name).isZero();
      assertThat(out.toString(UTF_8)).as(name).startsWith("Usage: jukung " + name);
    }
  }
}
