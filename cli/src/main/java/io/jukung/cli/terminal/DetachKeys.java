package io.jukung.cli.terminal;

import java.io.ByteArrayOutputStream;

/**
 * Watches the user's input for docker's detach keys, ctrl-p ctrl-q, which end the client and leave
 * the container running.
 */
final class DetachKeys {
  private static final int CTRL_P = 16;
  private static final int CTRL_Q = 17;

  private boolean held;
  private boolean detached;

  /**
   * Returns the bytes that are for the container. A ctrl-p is held back until the next key shows
   * whether the user detaches; bytes after the detach keys are dropped.
   */
  byte[] filter(byte[] typed, int length) {
    var passed = new ByteArrayOutputStream(length + 1);
    for (int i = 0; i < length && !detached; i++) {
      int key = typed[i];
      if (held && key == CTRL_Q) {
        detached = true;
      } else {
        if (held) {
          passed.write(CTRL_P);
        }
        held = key == CTRL_P;
        if (!held) {
          passed.write(key);
        }
      }
    }
    return passed.toByteArray();
  }

  boolean isDetached() {
    return detached;
  }
}
