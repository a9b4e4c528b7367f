package io.jukung.runtime.hook;

import java.io.IOException;

/** A hook could not be run, has failed, or has taken too long. The message names the hook. */
public final class HookFailure extends IOException {
  private static final long serialVersionUID = 1L;

  HookFailure(String message) {
    super(message);
  }

  HookFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
