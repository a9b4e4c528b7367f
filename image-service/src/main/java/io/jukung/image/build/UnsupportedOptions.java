package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.dockerfile.Dockerfile;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Refuses what docker's builder can do and jukung cannot, before anything is built. */
final class UnsupportedOptions {
  private static final Map<String, Set<String>> REFUSED =
      Map.of(
          "ADD", Set.of("keep-git-dir"),
          "COPY", Set.of("parents"),
          "RUN", Set.of("device"));

  private UnsupportedOptions() {}

  /**
   * @param stages the numbers of those that are needed
   * @throws CriException UNIMPLEMENTED with the line
   */
  static void check(Dockerfile file, List<Integer> stages) {
    for (int index : stages) {
      Stage stage = file.stages().get(index);
      for (Instruction each : stage.instructions()) {
        try {
          check(each);
        } catch (CriException e) {
          throw BuildErrors.at(each.firstLine(), e);
        }
      }
    }
  }

  /** As {@link #check(Dockerfile, List)}, of one instruction, which may be a trigger. */
  static void check(Instruction instruction) {
    String keyword = instruction.keyword().name();
    for (Instruction.Flag flag : instruction.flags()) {
      if (REFUSED.getOrDefault(keyword, Set.of()).contains(flag.name())) {
        throw BuildErrors.unimplemented(keyword + " --" + flag.name());
      }
      if (flag.name().equals("security") && !flag.value().orElse("").equals("sandbox")) {
        throw BuildErrors.unimplemented("RUN --security=" + flag.value().orElse(""));
      }
      if (flag.name().equals("network") && flag.value().equals(Optional.of("none"))) {
        throw BuildErrors.unimplemented("RUN --network=none");
      }
    }
  }
}
