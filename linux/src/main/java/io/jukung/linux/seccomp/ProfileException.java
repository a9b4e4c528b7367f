package io.jukung.linux.seccomp;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A profile that cannot become a filter because of what it says, whatever the state of the host.
 * Any other IOException is a failure of the host, such as a disk error or a limit that was reached.
 */
public final class ProfileException extends IOException {
  private static final long serialVersionUID = 1L;

  public ProfileException(String message) {
    this(message, null);
  }

  public ProfileException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
