package io.jukung.image.build;

import io.jukung.image.dockerfile.Dockerfile;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.Keyword;
import io.jukung.image.dockerfile.Stage;
import java.util.EnumSet;
import java.util.Set;

/** The names of the steps of a stage, in the form of docker's builder. Not thread-safe. */
final class StageNames {
  /** The instructions that change files, and are steps of their own. */
  static final Set<Keyword> LAYERS =
      EnumSet.of(Keyword.RUN, Keyword.COPY, Keyword.ADD, Keyword.WORKDIR);

  private static final int MAX_SHOWN = 160;

  private final String stage;
  private final long steps;
  private int number = 1;

  /**
   * @param prefix before the name of the stage; empty, or the platform with a space after it
   */
  StageNames(Dockerfile file, int index, String prefix) {
    Stage self = file.stages().get(index);
    boolean only = file.stages().size() == 1 && self.name().isEmpty();
    this.stage = prefix + (only ? "" : self.name().orElse("stage-" + index) + " ");
    this.steps =
        1 + self.instructions().stream().filter(each -> LAYERS.contains(each.keyword())).count();
  }

  /** The name of the step that has the image of FROM. */
  String from(String image) {
    return "[%s1/%d] FROM %s".formatted(stage, steps, image);
  }

  /** The name of the next step. Those of triggers come in addition to the number of steps. */
  String next(Instruction instruction) {
    number++;
    return "[%s%d/%d] %s".formatted(stage, number, Math.max(steps, number), text(instruction));
  }

  /** The instruction on one line. */
  static String text(Instruction instruction) {
    StringBuilder text = new StringBuilder(instruction.keyword().name());
    for (Instruction.Flag flag : instruction.flags()) {
      text.append(" --").append(flag.name());
      flag.value().ifPresent(value -> text.append('=').append(value));
    }
    text.append(' ').append(instruction.argument().replaceAll("\\s+", " "));
    return text.length() <= MAX_SHOWN ? text.toString() : text.substring(0, MAX_SHOWN) + "…";
  }
}
