package io.jukung.e2e.node;

/** How a command ended and what it said. */
public record CommandResult(int exitCode, String stdout, String stderr) {
  /** The standard output of a command that must have succeeded. */
  public String orThrow() {
    if (exitCode != 0) {
      throw new AssertionError("exit code " + exitCode + "\n" + stdout + stderr);
    }
    return stdout;
  }
}
