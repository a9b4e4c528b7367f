package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the commands of docs/tutorial.md in their order, as they stand there. */
class TutorialIT {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  /**
   * A command of the page, and the output that the page shows.
   *
   * @param output empty where the page shows none, and any will do
   */
  private record Step(String command, List<String> output) {}

  private static List<Step> steps() throws IOException {
    List<Step> steps = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(REPOSITORY.resolve("docs/tutorial.md"))) {
      if (line.startsWith("```")) {
        inside = line.equals("```console");
      } else if (inside && line.startsWith("$ ")) {
        steps.add(new Step(line.substring(2), new ArrayList<>()));
      } else if (inside) {
        steps.getLast().output().add(line);
      }
    }
    return steps;
  }

  @Test
  void everyCommandOfTheTutorialDoesWhatThePageSays() throws Exception {
    List<Step> steps = steps();
    assertThat(steps).hasSizeGreaterThan(12);
    try (Node node = Node.start()) {
      QuickstartIT.makeBareMachine(node);
      assertThat(QuickstartIT.quickstart(node).exitCode()).isZero();
      try {
        for (Step step : steps) {
          CommandResult result = run(node, step.command());
          assertThat(result.exitCode()).as("%s: %s", step.command(), result).isZero();
          if (!step.output().isEmpty()) {
            assertThat(result.stdout().lines()).as(step.command()).isEqualTo(step.output());
          }
        }
        assertThat(run(node, "jukung ps -a").orThrow()).doesNotContain("web");
      } finally {
        QuickstartIT.quickstart(node, "--stop");
      }
    }
  }

  private static CommandResult run(Node node, String command) throws Exception {
    String installed = Path.of(System.getProperty("e2e.dist")).resolve("bin").toString();
    return node.run(
        "sh",
        "-c",
        "cd \"$0\" && PATH=\"$1:$PATH\" && " + command,
        REPOSITORY.toString(),
        installed);
  }
}
