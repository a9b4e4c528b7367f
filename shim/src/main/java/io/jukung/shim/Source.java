package io.jukung.shim;

import java.io.IOException;

/** An object with a descriptor that the {@link EventLoop} watches. */
abstract class Source {
  /** The slot in the loop's tables; −1 while the loop does not watch this source. */
  int slot = -1;

  /**
   * Called when the descriptor is ready, has an error or is hung up. The loop is level-triggered:
   * it calls again for what is left undone.
   */
  abstract void ready(int events) throws IOException;

  /**
   * Called after {@link #ready} threw. A source that is of no use any more closes itself here. If
   * it does not, the loop calls {@link #ready} again, which must be able to continue where it
   * failed.
   */
  void abandon() {}
}
