package io.jukung.cli;

import java.io.ByteArrayOutputStream;

/** Watches what is typed for ctrl-p ctrl-q, as docker has it: leave, and let the container run. */
final class DetachKeys {
  private static final int CTRL_P = 16;
  private static final int CTRL_Q = 17;

  private boolean held;
  private boolean detached;

  /** What of these bytes is for the container; what comes after the keys is for nobody. */
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
