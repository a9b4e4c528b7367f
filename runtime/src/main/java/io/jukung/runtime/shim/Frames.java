package io.jukung.runtime.shim;

import com.google.protobuf.MessageLite;
import io.jukung.linux.libc.Memory;
import io.jukung.shim.v1.FromShim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads and writes the frames of shim.proto: four bytes of length, then a message. Not thread-safe.
 */
final class Frames {
  static final int MAX_FRAME = 1 << 20;

  private static final int HEADER = 4;
  private static final int FIRST_INPUT = 1024;

  private byte[] input = new byte[FIRST_INPUT];
  private int length;

  /**
   * Makes the frame of a message.
   *
   * @throws IOException if the frame is larger than a shim reads
   */
  static byte[] encode(MessageLite message) throws IOException {
    int size = message.getSerializedSize();
    if (size > MAX_FRAME) {
      throw new IOException(
          "message of " + size + " bytes to a shim, which reads at most " + MAX_FRAME);
    }
    return ByteBuffer.allocate(HEADER + size).putInt(size).put(message.toByteArray()).array();
  }

  /**
   * Adds received bytes.
   *
   * @return the messages that are complete now
   */
  List<FromShim> take(Memory chunk, int count) throws IOException {
    if (length + count > input.length) {
      input = Arrays.copyOf(input, Math.max(2 * input.length, length + count));
    }
    chunk.get(0, input, length, count);
    length += count;
    List<FromShim> messages = new ArrayList<>();
    int at = 0;
    while (length - at >= HEADER) {
      int size = ByteBuffer.wrap(input, at, HEADER).getInt();
      if (size < 0 || size > MAX_FRAME) {
        throw new IOException("frame of " + size + " bytes from a shim");
      }
      if (length - at - HEADER < size) {
        break;
      }
      messages.add(FromShim.parser().parseFrom(input, at + HEADER, size));
      at += HEADER + size;
    }
    System.arraycopy(input, at, input, 0, length - at);
    length -= at;
    return messages;
  }
}
