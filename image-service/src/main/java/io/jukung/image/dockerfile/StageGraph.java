package io.jukung.image.dockerfile;

import io.jukung.cri.CriException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which stages of a Dockerfile need which others: as their base, for COPY --from, and for mounts of
 * RUN. A stage can need earlier ones only, so that there are no circles.
 */
public final class StageGraph {
  private static final Pattern MOUNTED_FROM = Pattern.compile("(?:^|,)from=([^,]*)");

  private final List<Stage> stages;
  private final List<Set<Integer>> needs = new ArrayList<>();

  private StageGraph(List<Stage> stages) {
    this.stages = stages;
  }

  /**
   * Looks for what the stages need.
   *
   * @param arguments replace variables in FROM: the ARG instructions before the first stage
   */
  public static StageGraph of(Dockerfile file, Map<String, String> arguments) {
    StageGraph graph = new StageGraph(file.stages());
    for (int i = 0; i < file.stages().size(); i++) {
      graph.needs.add(graph.needs(i, arguments, file.escape()));
    }
    return graph;
  }

  private Set<Integer> needs(int index, Map<String, String> arguments, char escape) {
    Set<Integer> found = new TreeSet<>();
    Stage stage = stages.get(index);
    earlierNamed(InstructionWords.whole(stage.base(), arguments, escape), index)
        .ifPresent(found::add);
    for (Instruction instruction : stage.instructions()) {
      if (instruction.keyword() == Keyword.COPY) {
        instruction.flag("from").flatMap(from -> earlier(from, index)).ifPresent(found::add);
      }
      for (Instruction.Flag flag : instruction.flags()) {
        Matcher match = MOUNTED_FROM.matcher(flag.value().orElse(""));
        if (flag.name().equals("mount") && match.find()) {
          earlier(match.group(1), index).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  /**
   * An earlier stage by its name or number.
   *
   * @param before the number of the stage that names it
   */
  public Optional<Integer> earlier(String nameOrNumber, int before) {
    if (nameOrNumber.matches("[0-9]{1,4}")) {
      int number = Integer.parseInt(nameOrNumber);
      return number < before ? Optional.of(number) : Optional.empty();
    }
    return earlierNamed(nameOrNumber, before);
  }

  /** The last stage of that name before another one; of two, the later hides the earlier. */
  public Optional<Integer> earlierNamed(String name, int before) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (int i = before - 1; i >= 0; i--) {
      if (stages.get(i).name().equals(Optional.of(lower))) {
        return Optional.of(i);
      }
    }
    return Optional.empty();
  }

  /** The stages that a stage needs itself, in their order. */
  public Set<Integer> needs(int stage) {
    return needs.get(stage);
  }

  /**
   * The number of the stage that is asked for.
   *
   * @param target a name or number; empty for the last stage
   * @throws CriException INVALID_ARGUMENT if there is no such stage
   */
  public int target(String target) {
    if (target.isEmpty()) {
      return stages.size() - 1;
    }
    return earlier(target, stages.size())
        .orElseThrow(
            () ->
                CriException.invalidArgument(
                    "the Dockerfile has no stage %s; it has %s"
                        .formatted(
                            target,
                            stages.stream()
                                .map(stage -> stage.name().orElse("one without a name"))
                                .toList())));
  }

  /** The stages that have to be built for a stage, itself included, each after those it needs. */
  public List<Integer> order(int target) {
    Set<Integer> done = new LinkedHashSet<>();
    add(target, done);
    return List.copyOf(done);
  }

  private void add(int stage, Set<Integer> done) {
    if (!done.contains(stage)) {
      needs.get(stage).forEach(each -> add(each, done));
      done.add(stage);
    }
  }
}
