package io.jukung.e2e.node;

/** The exit code and the output of a command. */
public record CommandResult(int exitCode, String stdout, String stderr) {
  /** The standard output, if the command succeeded. Otherwise the test fails with the output. */
  public String orThrow() {
    if (exitCode != 0) {
      throw new AssertionError("exit code " + exitCode + "\n" + stdout + stderr);
    }
    return stdout;
  }
}
