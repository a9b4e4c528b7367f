package io.jukung.image.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerfileParserTest {
  /** The instructions of the first stage of {@code FROM x} and these lines. */
  private static List<Instruction> stage(String... lines) {
    return DockerfileParser.parse("FROM x\n" + String.join("\n", lines))
        .stages()
        .getFirst()
        .instructions();
  }

  private static Instruction only(String... lines) {
    List<Instruction> all = stage(lines);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  // ── lines ──────────────────────────────────────────────────────────────────────────────────

  @Test
  void linesAreContinuedAcrossCommentsAndEmptyLines() {
    Instruction run =
        only("RUN one \\", "  two \\ ", "# a comment", "", "    # another", "  three", "");
    assertThat(run.argument()).isEqualTo("one   two   three");
    assertThat(run.firstLine()).isEqualTo(2);
    assertThat(run.lastLine()).isEqualTo(7);
  }

  @Test
  void escapedBackslashContinuesNothing() {
    List<Instruction> all = stage("RUN dir c:\\\\", "RUN b");
    assertThat(all).hasSize(2);
    assertThat(all.getFirst().argument()).isEqualTo("dir c:\\\\");
  }

  @Test
  void continuationAtTheEndOfTheFileEndsTheInstruction() {
    assertThat(only("RUN a \\").argument()).isEqualTo("a");
    assertThat(only("RUN a \\", "# comment").argument()).isEqualTo("a");
  }

  @Test
  void windowsLinesAndAByteOrderMarkAreRead() {
    Dockerfile file = DockerfileParser.parse("\uFEFF# escape=`\r\nFROM x\r\nRUN a `\r\n b\r\n");
    assertThat(file.escape()).isEqualTo('`');
    assertThat(file.stages().getFirst().instructions().getFirst().argument()).isEqualTo("a  b");
  }

  @Test
  void directivesStandAtTheTopOnly() {
    Dockerfile file = DockerfileParser.parse("# syntax = docker/dockerfile:1\n#ESCAPE=`\nFROM x");
    assertThat(file.directives()).isEqualTo(Map.of("syntax", "docker/dockerfile:1", "escape", "`"));
    assertThat(DockerfileParser.parse("# a comment\n# escape=`\nFROM x").escape()).isEqualTo('\\');
    assertThat(DockerfileParser.parse("\n# escape=`\nFROM x").escape()).isEqualTo('\\');
    assertThat(DockerfileParser.parse("# other=1\n# escape=`\nFROM x").escape()).isEqualTo('\\');
  }

  @Test
  void instructionsAreNamedInAnyCaseAndMayBeIndented() {
    assertThat(only("  run   a  b ").argument()).isEqualTo("a  b");
  }

  // ── stages ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void stagesHaveNamesPlatformsAndArgumentsBefore() {
    Dockerfile file =
        DockerfileParser.parse(
            """
            ARG BASE=busybox
            from $BASE as Build
            RUN a
            FROM --platform=linux/arm64 scratch
            COPY --from=build /a /b
            """);
    assertThat(file.globalArguments()).hasSize(1);
    assertThat(file.stages()).hasSize(2);
    Stage build = file.stages().getFirst();
    assertThat(build.name()).contains("build");
    assertThat(build.base()).isEqualTo("$BASE");
    assertThat(build.line()).isEqualTo(2);
    Stage last = file.stages().getLast();
    assertThat(last.name()).isEmpty();
    assertThat(last.platform()).contains("linux/arm64");
    assertThat(last.instructions().getFirst().flag("from")).contains("build");
  }

  @Test
  void graphHasWhatATargetNeedsAndNothingElse() {
    Dockerfile file =
        DockerfileParser.parse(
            """
            ARG B=base
            FROM alpine AS base
            FROM base AS a
            FROM alpine AS unused
            FROM $B AS b
            RUN --mount=type=bind,from=a,target=/x true
            FROM scratch
            COPY --from=b /x /y
            COPY --from=0 /x /y
            COPY --from=some/image /x /y
            """);
    StageGraph graph = StageGraph.of(file, Map.of("B", "base"));
    assertThat(graph.order(graph.target(""))).containsExactly(0, 1, 3, 4);
    assertThat(graph.order(graph.target("A"))).containsExactly(0, 1);
    assertThat(graph.order(graph.target("2"))).containsExactly(2);
    assertThat(graph.needs(3)).containsExactly(0, 1);
    assertThatThrownBy(() -> graph.target("other"))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("no stage other");
  }

  @Test
  void stageNeedsEarlierOnesOnlyAndTheLatestOfOneName() {
    Dockerfile file =
        DockerfileParser.parse(
            "FROM x AS a\nFROM a AS a\nFROM a\nCOPY --from=3 / /\nFROM y\nCOPY --from=a / /");
    StageGraph graph = StageGraph.of(file, Map.of());
    assertThat(graph.needs(1)).containsExactly(0);
    assertThat(graph.needs(2)).containsExactly(1);
    assertThat(graph.needs(3)).containsExactly(1);
  }

  // ── forms ──────────────────────────────────────────────────────────────────────────────────

  @Test
  void jsonFormHasWordsAndEveryOtherTextIsForAShell() {
    assertThat(only("CMD [\"a\", \"b c\"]").words()).contains(List.of("a", "b c"));
    assertThat(only("RUN [\"a\"] b").words()).isEmpty();
    assertThat(only("ENTRYPOINT [a]").words()).isEmpty();
    assertThat(only("CMD [ ]").words()).contains(List.of());
    assertThat(only("USER [\"a\"]").words()).isEmpty();
    assertThat(only("COPY --chown=1 [\"a b\", \"/c\"]").words()).contains(List.of("a b", "/c"));
    assertThat(only("CMD").argument()).isEmpty();
  }

  @Test
  void optionsStandBeforeTheRest() {
    Instruction copy =
        only("COPY --link --chown=\"a b\" --exclude=*.md --exclude=x --from=y a --b /c");
    assertThat(copy.flag("link")).contains("true");
    assertThat(copy.flag("chown")).contains("a b");
    assertThat(copy.flag("chmod")).isEmpty();
    assertThat(copy.flags().stream().filter(flag -> flag.name().equals("exclude"))).hasSize(2);
    assertThat(copy.argument()).isEqualTo("a --b /c");
    assertThat(only("RUN --mount=type=cache,target=/x --network=none -- --help").argument())
        .isEqualTo("--help");
  }

  @Test
  void onbuildKeepsAnInstruction() {
    Instruction onbuild = only("ONBUILD COPY --chown=1 a b");
    assertThat(onbuild.argument()).isEqualTo("COPY --chown=1 a b");
    Instruction trigger = onbuild.trigger().orElseThrow();
    assertThat(trigger.keyword()).isEqualTo(Keyword.COPY);
    assertThat(trigger.flag("chown")).contains("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ADD --checksum=sha256:1 https://x/y /z",
        "ADD --keep-git-dir=true https://x/y.git /z",
        "ARG A",
        "ARG A=1 B",
        "ENV A=1 B=\"c d\"",
        "ENV A b c",
        "EXPOSE 80/tcp 90",
        "HEALTHCHECK --interval=5s --retries=3 CMD curl x",
        "HEALTHCHECK NONE",
        "LABEL a.b=\"c d\" e=f",
        "MAINTAINER me",
        "SHELL [\"/bin/bash\", \"-c\"]",
        "STOPSIGNAL SIGQUIT",
        "USER a:b",
        "VOLUME /a /b",
        "VOLUME [\"/a\"]",
        "WORKDIR /a b",
        "COPY a b c/",
        "RUN --security=insecure x",
      })
  void instructionAsPeopleWriteIt(String line) {
    assertThat(only(line).keyword().name()).isEqualTo(line.split(" ", 2)[0]);
  }

  // ── files in the file ──────────────────────────────────────────────────────────────────────

  @Test
  void filesFollowTheirInstruction() {
    List<Instruction> all =
        stage(
            "COPY <<one <<-'two' /dest/",
            "first \\",
            "# no comment",
            "one",
            "\t\ttabbed $A",
            "\ttwo",
            "RUN 3<<EOF cat",
            "EOF",
            "USER 7");
    assertThat(all).hasSize(3);
    assertThat(all.get(0).heredocs())
        .containsExactly(
            new Heredoc("one", "first \\\n# no comment\n", true, ""),
            new Heredoc("two", "tabbed $A\n", false, ""));
    assertThat(all.get(0).lastLine()).isEqualTo(7);
    assertThat(all.get(1).heredocs()).containsExactly(new Heredoc("EOF", "", true, "3"));
    assertThat(all.get(2).argument()).isEqualTo("7");
  }

  @Test
  void marksInOtherInstructionsAndHereStringsAreNoFiles() {
    assertThat(only("CMD cat <<EOF").heredocs()).isEmpty();
    assertThat(only("RUN cat <<<word").heredocs()).isEmpty();
    assertThat(only("RUN echo '<<EOF'").heredocs()).isEmpty();
    assertThat(only("RUN echo $((1<<2))").heredocs()).isEmpty();
  }

  // ── mistakes ───────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                         | 1 | there is no FROM",
        "# only a comment           | 1 | there is no FROM",
        "RUN x                      | 1 | RUN stands before the first FROM",
        "FROM                       | 1 | FROM has no argument",
        "FROM a b                   | 1 | IMAGE or IMAGE AS NAME",
        "FROM a AS 1x               | 1 | the name of a stage",
        "FROM --os=x a              | 1 | FROM has no option --os, only --platform",
        "FROM a;RUNN x              | 2 | RUNN is no instruction; the nearest is RUN",
        "FROM a;;RUN                | 3 | RUN has no argument",
        "FROM a;USER --x a          | 2 | USER has no options, and not --x",
        "FROM a;COPY a              | 2 | sources and a destination",
        "FROM a;COPY [\"a\"]        | 2 | sources and a destination",
        "FROM a;CMD [1]             | 2 | a value that is not a string",
        "FROM a;SHELL bash          | 2 | SHELL is followed by a JSON list",
        "FROM a;ENV A               | 2 | ENV A has no value",
        "FROM a;LABEL a=1 b         | 2 | b is not NAME=VALUE",
        "FROM a;ARG =1              | 2 | has no name",
        "FROM a;STOPSIGNAL a b      | 2 | one word",
        "FROM a;HEALTHCHECK x       | 2 | NONE or CMD COMMAND",
        "FROM a;ONBUILD FROM x      | 2 | ONBUILD cannot keep FROM",
        "FROM a;ONBUILD ONBUILD RUN x | 2 | ONBUILD cannot keep ONBUILD",
        "FROM a;RUN <<EOF;x         | 2 | <<EOF has no end",
        "# escape=x;FROM a          | 1 | escape is",
        "# escape=`;# escape=`;FROM a | 2 | is given twice",
      })
  void mistakeIsNamedWithItsLine(String text, int line, String message) {
    assertThatThrownBy(() -> DockerfileParser.parse(text.replace(';', '\n')))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("Dockerfile:" + line + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void randomTextIsParsedOrRefused() {
    String[] parts = {
      "FROM ",
      "x",
      "\n",
      "\\\n",
      "RUN ",
      "COPY ",
      "<<EOF",
      "EOF",
      "[\"a\"",
      "]",
      "'",
      "\"",
      "--",
      "from=",
      " ",
      "# ",
      "ENV A=",
      "${",
      "}",
      "ONBUILD ",
      "\t",
      "`",
      "\\",
      "ARG "
    };
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "FROM x\n" : "");
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      try {
        Dockerfile file = DockerfileParser.parse(text.toString());
        assertThat(file.stages()).isNotEmpty();
        var _ = StageGraph.of(file, Map.of()).order(file.stages().size() - 1);
      } catch (CriException e) {
        assertThat(e.kind()).as("%s: %s", seed, text).isEqualTo(ErrorKind.INVALID_ARGUMENT);
      }
    }
  }
}
