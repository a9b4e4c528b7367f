package io.jukung.e2e.cut;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The writes and flushes of a disk in their order. Thread-safe. */
public final class WriteLog {
  private final List<Entry> entries = new ArrayList<>();
  private @Nullable IOException failure;

  /** A write; or a flush, after which the disk keeps all writes before, if the content is empty. */
  private record Entry(long offset, byte[] content) {
    boolean isFlush() {
      return content.length == 0;
    }
  }

  synchronized void write(long offset, byte[] content) {
    entries.add(new Entry(offset, content));
  }

  synchronized void flush() {
    entries.add(new Entry(0, new byte[0]));
  }

  synchronized void broken(IOException why) {
    failure = why;
  }

  /** How many writes and flushes there were until now: the point of a power cut. */
  public synchronized int size() {
    return entries.size();
  }

  /** How many flushes there were. */
  public synchronized long flushes() {
    return entries.stream().filter(Entry::isFlush).count();
  }

  /**
   * Makes the image that a power cut leaves: with all that the disk has promised by a flush, and of
   * the writes since then each or none, as it comes. A disk may order them as it likes.
   *
   * @param target a copy of the image before the first write
   * @param point how many writes and flushes the disk has got before the cut
   * @param choice chooses the writes since the last flush that the disk has kept; null: all
   */
  public synchronized void imageAt(int point, @Nullable Random choice, Path target)
      throws IOException {
    if (failure != null) {
      throw failure;
    }
    int promised = point;
    while (promised > 0 && !entries.get(promised - 1).isFlush()) {
      promised--;
    }
    try (FileChannel image = FileChannel.open(target, StandardOpenOption.WRITE)) {
      for (int i = 0; i < point; i++) {
        Entry entry = entries.get(i);
        if (i < promised || choice == null || choice.nextBoolean()) {
          image.write(ByteBuffer.wrap(entry.content()), entry.offset());
        }
      }
    }
  }
}
