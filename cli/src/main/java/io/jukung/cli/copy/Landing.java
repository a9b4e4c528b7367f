package io.jukung.cli.copy;

import io.jukung.cli.command.CliException;

/**
 * Where a copy goes, by docker's rules.
 *
 * @param directory the directory, which exists, that the archive is unpacked in
 * @param name the name of the source in the archive; empty: only what is in the source is copied
 */
record Landing(String directory, String name) {
  /** What is at a path. */
  enum Found {
    NOTHING,
    FILE,
    DIRECTORY
  }

  /**
   * Decides.
   *
   * @param isDirectory whether the source is a directory
   * @param there what is at the target, symbolic links followed
   * @throws CliException if the rules forbid the copy
   */
  static Landing of(Place source, boolean isDirectory, Place target, Found there) {
    return switch (there) {
      case DIRECTORY ->
          new Landing(target.path(), isDirectory && source.meansContent() ? "" : required(source));
      case FILE -> {
        if (isDirectory) {
          throw CliException.failed(
              "cannot copy a directory to a file: " + target.path() + " is not a directory");
        }
        if (target.mustBeDirectory()) {
          throw CliException.failed(target.path() + " is not a directory");
        }
        yield new Landing(target.parent(), target.name());
      }
      case NOTHING -> {
        if (!isDirectory && target.mustBeDirectory()) {
          throw CliException.failed("there is no directory " + target.path());
        }
        yield new Landing(target.parent(), target.name());
      }
    };
  }

  private static String required(Place source) {
    String name = source.name();
    if (name.isEmpty() || name.equals(".") || name.equals("..")) {
      return ""; // a root has no name: what is in it is copied
    }
    return name;
  }
}
