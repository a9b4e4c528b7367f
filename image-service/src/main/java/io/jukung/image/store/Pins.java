package io.jukung.image.store;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The pins of work under way, such as pulls and imports. Thread-safe. */
final class Pins {
  private final ReentrantLock lock;
  private final Set<Pin> open = new HashSet<>();

  /**
   * @param lock the store's
   */
  Pins(ReentrantLock lock) {
    this.lock = lock;
  }

  /** What is done when a pin has been closed. */
  @FunctionalInterface
  interface AfterClose {
    void run() throws IOException;
  }

  Pin open(AfterClose afterClose) {
    Pin pin = new Pin(this, afterClose);
    lock.lock();
    try {
      open.add(pin);
    } finally {
      lock.unlock();
    }
    return pin;
  }

  void close(Pin pin) {
    lock.lock();
    try {
      open.remove(pin);
    } finally {
      lock.unlock();
    }
  }

  void addBlob(Pin pin, Digest digest) {
    lock.lock();
    try {
      pin.blobs().add(digest);
    } finally {
      lock.unlock();
    }
  }

  void addLayers(Pin pin, Collection<ChainId> chainIds) {
    lock.lock();
    try {
      pin.layers().addAll(chainIds);
    } finally {
      lock.unlock();
    }
  }

  /** The open pins. The caller holds the store's lock for as long as it looks into them. */
  List<Pin> all() {
    return List.copyOf(open);
  }
}
