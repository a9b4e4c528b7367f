package io.jukung.image.content;

import java.io.IOException;

/**
 * The slow half of a removal: what it frees is out of its store already. What is left undone, a
 * store's owner removes when it opens next.
 */
@FunctionalInterface
public interface Removal {
  Removal NOTHING = () -> {};

  void finish() throws IOException;
}
