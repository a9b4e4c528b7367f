package io.jukung.runtime.store;

import java.io.IOException;

/**
 * A record was read, and its content is not what a record has to be. Reading again is of no use.
 */
public final class DamagedRecordException extends IOException {
  private static final long serialVersionUID = 1L;

  public DamagedRecordException(String message) {
    super(message);
  }

  DamagedRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
