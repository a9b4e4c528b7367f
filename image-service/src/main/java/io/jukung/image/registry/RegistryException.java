package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a registry, a mirror or a token server answered instead of what was asked for. */
public final class RegistryException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  RegistryException(ErrorKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  RegistryException(ErrorKind kind, String message) {
    this(kind, message, null);
  }

  public ErrorKind kind() {
    return kind;
  }
}
