package io.jukung.runtime.network.cni;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A plugin that failed, or could not be run. The message names plugin, command and network. */
public final class CniException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The plugin gave no code of its own. */
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
