package io.jukung.runtime.network.cni;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A plugin has failed or could not be run. The message names the plugin, the command and the
 * network.
 */
public final class CniException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The code if the plugin reported none. */
  public static final int NO_CODE = 0;

  private final int code;

  public CniException(String message, int code, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public CniException(String message) {
    this(message, NO_CODE, null);
  }

  /** The plugin's error code (section "Error" of the specification), or {@link #NO_CODE}. */
  public int code() {
    return code;
  }
}
