package io.jukung.cri.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;

/**
 * The words of a container's first process, as docker tells them apart.
 *
 * @param entrypoint empty if there is none
 * @param command the arguments of the entrypoint, or the command itself
 */
record CommandWords(List<String> entrypoint, List<String> command) {
  /**
   * Tells the words apart by the image: CRI does not keep which of them the user has given.
   *
   * @param image the configuration of the image
   */
  static CommandWords of(JsonNode spec, JsonNode image) {
    List<String> all = words(spec.path("process").path("args"));
    List<String> fromImage = words(image.path("Entrypoint"));
    if (fromImage.isEmpty() || all.isEmpty()) {
      return new CommandWords(List.of(), all);
    }
    boolean begins =
        all.size() >= fromImage.size() && all.subList(0, fromImage.size()).equals(fromImage);
    int count = begins ? fromImage.size() : 1;
    return new CommandWords(all.subList(0, count), all.subList(count, all.size()));
  }

  private static List<String> words(JsonNode list) {
    return list.valueStream().map(JsonNode::asText).toList();
  }

  String path() {
    return !entrypoint.isEmpty()
        ? entrypoint.getFirst()
        : command.isEmpty() ? "" : command.getFirst();
  }

  List<String> arguments() {
    return entrypoint.isEmpty()
        ? command.stream().skip(1).toList()
        : Stream.concat(entrypoint.stream().skip(1), command.stream()).toList();
  }
}
