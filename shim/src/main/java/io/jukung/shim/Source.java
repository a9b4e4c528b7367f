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

  /**
   * Called after {@link #ready} threw: closes what only does harm from now on. A source that does
   * nothing here is asked again, so its {@link #ready} must be able to go on where it failed.
   */
  void abandon() {}
}
