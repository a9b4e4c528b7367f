package io.jukung.runtime.store;

import java.io.IOException;

/** A record was read, and its content is no valid record. Reading it again cannot help. */
public final class DamagedRecordException extends IOException {
  private static final long serialVersionUID = 1L;

  public DamagedRecordException(String message) {
    super(message);
  }

  DamagedRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
