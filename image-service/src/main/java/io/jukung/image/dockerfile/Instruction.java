package io.jukung.image.dockerfile;

import java.util.List;
import java.util.Optional;

/**
 * One instruction of a Dockerfile, with its lines put together. Nothing in it is expanded.
 *
 * @param flags the options, in their order
 * @param argument what follows the options; for the JSON form the list's text
 * @param words the strings of the JSON form; empty for the shell form
 * @param heredocs the files that follow the instruction, in the order of their marks
 * @param trigger the instruction that ONBUILD keeps for later; empty for every other keyword
 * @param firstLine the number of its first line, from 1
 * @param lastLine the number of its last line, that of files that follow included
 */
public record Instruction(
    Keyword keyword,
    List<Flag> flags,
    String argument,
    Optional<List<String>> words,
    List<Heredoc> heredocs,
    Optional<Instruction> trigger,
    int firstLine,
    int lastLine) {
  /**
   * An option.
   *
   * @param name without dashes
   * @param value empty for an option without one, which means true
   */
  public record Flag(String name, Optional<String> value) {}

  /** The value of the option; the last one if it is given more than once. */
  public Optional<String> flag(String name) {
    return flags.stream()
        .filter(each -> each.name.equals(name))
        .reduce((_, last) -> last)
        .map(each -> each.value.orElse("true"));
  }
}
