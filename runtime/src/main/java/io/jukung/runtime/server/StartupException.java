package io.jukung.runtime.server;

import org.jspecify.annotations.Nullable;

/** Why the daemon cannot start, in one sentence for the operator. */
public final class StartupException extends Exception {
  private static final long serialVersionUID = 1L;

  StartupException(String message) {
    this(message, null);
  }

  StartupException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
