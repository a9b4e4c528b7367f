package io.jukung.shim;

import java.io.IOException;

/** Something with a descriptor that the {@link EventLoop} watches. */
abstract class Source {
  /** Where the loop knows it; −1 while it does not. */
  int slot = -1;

  /**
   * The descriptor is ready, has an error or is hung up. Level-triggered: what is left undone is
   * announced again.
   */
  abstract void ready(int events) throws IOException;

  /** Called where {@link #ready} threw: to close what only harms from now on. */
  void abandon() {}
}
