package io.jukung.runtime.call;

import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Splits a list that may be too long for one gRPC message. */
public final class Chunks {
  /**
   * A chunk ends with the item that makes it this large. kubelet accepts messages of up to 16 MiB,
   * so the last item of a chunk may itself be several MiB.
   */
  static final int ENOUGH_BYTES = 1 << 20;

  private Chunks() {}

  /** Passes each item to the sink once and in order. No chunk is empty. */
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
