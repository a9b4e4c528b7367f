package io.jukung.runtime.server;

import org.jspecify.annotations.Nullable;

/** The daemon cannot start. The message is a sentence for the operator. */
public final class StartupException extends Exception {
  private static final long serialVersionUID = 1L;

  StartupException(String message) {
    this(message, null);
  }

  StartupException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
