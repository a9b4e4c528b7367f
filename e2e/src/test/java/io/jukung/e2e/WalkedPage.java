package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A page of the documents whose commands a test runs in their order, as they stand there. */
final class WalkedPage {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  private final List<Step> steps;

  /**
   * A command of the page, and the output that the page shows.
   *
   * @param output empty where the page shows none, and any will do
   */
  private record Step(String command, List<String> output) {}

  private WalkedPage(List<Step> steps) {
    this.steps = steps;
  }

  /**
   * @param name the path of the page in the repository
   */
  static WalkedPage read(String name) throws IOException {
    List<Step> steps = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(REPOSITORY.resolve(name))) {
      if (line.startsWith("```")) {
        inside = line.equals("```console");
      } else if (inside && line.startsWith("$ ")) {
        steps.add(new Step(line.substring(2), new ArrayList<>()));
      } else if (inside) {
        steps.getLast().output().add(line);
      }
    }
    return new WalkedPage(steps);
  }

  /** The page without the commands that have one of these texts in them. */
  WalkedPage without(List<String> texts) {
    return new WalkedPage(
        steps.stream()
            .filter(step -> texts.stream().noneMatch(each -> step.command().contains(each)))
            .toList());
  }

  /** The page with another word in its commands. */
  WalkedPage withWord(String word, String other) {
    return new WalkedPage(
        steps.stream()
            .map(step -> new Step(step.command().replace(word, other), step.output()))
            .toList());
  }

  int size() {
    return steps.size();
  }

  /** Runs all commands. Each has to succeed. */
  void walk(Node node) throws Exception {
    walk(node, "");
  }

  /**
   * As {@link #walk(Node)}.
   *
   * @param before a line of the shell that is run before each command
   */
  void walk(Node node, String before) throws Exception {
    walk(node, before, () -> {});
  }

  /** Something that happens before each command. */
  interface Interruption {
    void happen() throws Exception;
  }

  /**
   * As {@link #walk(Node, String)}, with an interruption before each command, which changes nothing
   * of what the commands do.
   */
  void walk(Node node, String before, Interruption interruption) throws Exception {
    for (Step step : steps) {
      interruption.happen();
      CommandResult result = run(node, before + "\n" + step.command());
      assertThat(result.exitCode()).as("%s: %s", step.command(), result).isZero();
      if (!step.output().isEmpty()) {
        assertThat(result.stdout().lines()).as(step.command()).isEqualTo(step.output());
      }
    }
  }

  /** Runs a command in the checkout, with jukung in the path. */
  static CommandResult run(Node node, String command) throws Exception {
    String installed = Path.of(System.getProperty("e2e.dist")).resolve("bin").toString();
    return node.run(
        "sh",
        "-c",
        "cd \"$0\" && PATH=\"$1:$PATH\" || exit\n" + command,
        REPOSITORY.toString(),
        installed);
  }
}
