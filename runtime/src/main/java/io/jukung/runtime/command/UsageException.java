package io.jukung.runtime.command;

/** A command line that cannot be understood; the message is a sentence for the user. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
