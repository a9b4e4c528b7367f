package io.jukung.cli.command;

/**
 * One kind of unused objects that can be removed together. {@code system prune} has a list of them,
 * one for each kind.
 */
public interface Pruning {
  /** Returns what is removed, for the question before, such as "all stopped containers". */
  String what();

  /** Whether such objects take disk space, so that it is worth saying how much is free now. */
  default boolean takesSpace() {
    return true;
  }

  /**
   * Removes the objects, and prints a line for each.
   *
   * @return the bytes of disk space that are free now
   */
  long prune(Connection connection, CliEnvironment environment);
}
