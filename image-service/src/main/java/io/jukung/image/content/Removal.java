package io.jukung.image.content;

import java.io.IOException;

/**
 * The slow half of a removal: the object has left its store already, and {@link #finish} deletes
 * its bytes. If that does not happen, because of a crash for example, the bytes are deleted when
 * the store is opened next.
 */
@FunctionalInterface
public interface Removal {
  /** The removal of an object that was not there. */
  Removal NOTHING = () -> {};

  /** Deletes the bytes. */
  void finish() throws IOException;
}
