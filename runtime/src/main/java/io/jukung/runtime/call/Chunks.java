package io.jukung.runtime.call;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Parts of a list too long for one message. */
public final class Chunks {
  /** An item more may follow, of at most a MiB or two; kubelet takes messages of 16 MiB. */
  private static final int ENOUGH_BYTES = 1 << 20;

  private Chunks() {}

  /** Gives each item once, in order, and never none at a time. */
  public static <T extends MessageLite> void send(List<T> items, Consumer<List<T>> sink) {
    List<T> chunk = new ArrayList<>();
    long bytes = 0;
    for (T item : items) {
      chunk.add(item);
      bytes += item.getSerializedSize();
      if (bytes >= ENOUGH_BYTES) {
        sink.accept(chunk);
        chunk = new ArrayList<>();
        bytes = 0;
      }
    }
    if (!chunk.isEmpty()) {
      sink.accept(chunk);
    }
  }
}
