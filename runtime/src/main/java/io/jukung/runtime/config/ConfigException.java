package io.jukung.runtime.config;

import org.jspecify.annotations.Nullable;

/** A configuration that cannot be used. The message names the file and the key, in one sentence. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  ConfigException(String message) {
    this(message, null);
  }

  ConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
