package io.jukung.image.build;

/** A command of RUN has ended with another exit code than 0. */
final class CommandFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  CommandFailedException(String command, int exitCode, boolean outOfMemory) {
    super(
        "process \"%s\" did not complete successfully: %s"
            .formatted(command, outOfMemory ? "cannot allocate memory" : "exit code: " + exitCode));
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
