package io.jukung.linux.libc;

import com.kenai.jffi.MemoryIO;
import java.nio.charset.StandardCharsets;

/**
 * A zeroed block of native memory, freed by {@link #close}. Bounds are checked. Not thread-safe;
 * the kernel may write to it only while it is open.
 */
public final class Memory implements AutoCloseable {
  private static final MemoryIO IO = MemoryIO.getInstance();

  private final long address;
  private final int size;
  private boolean open = true;

  private Memory(int size) {
    this.size = size;
    this.address = IO.allocateMemory(Math.max(size, 8), true);
    if (address == 0) {
      throw new OutOfMemoryError("native block of " + size + " bytes");
    }
  }

  public static Memory allocate(int size) {
    return new Memory(size);
  }

  public static Memory ofBytes(byte[] bytes) {
    Memory memory = new Memory(bytes.length);
    memory.put(0, bytes, 0, bytes.length);
    return memory;
  }

  /**
   * Allocates a zero-terminated UTF-8 string. A text with a zero byte is an error, because the
   * kernel would see only its first part.
   */
  public static Memory ofString(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (byte b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("string with a zero byte for the kernel");
      }
    }
    Memory memory = new Memory(bytes.length + 1);
    memory.put(0, bytes, 0, bytes.length);
    return memory;
  }

  public long address() {
    if (!open) {
      throw new IllegalStateException("native memory used after close");
    }
    return address;
  }

  public int size() {
    return size;
  }

  public Memory putInt(int offset, int value) {
    IO.putInt(at(offset, 4), value);
    return this;
  }

  public Memory putShort(int offset, int value) {
    IO.putShort(at(offset, 2), (short) value);
    return this;
  }

  public Memory putByte(int offset, int value) {
    IO.putByte(at(offset, 1), (byte) value);
    return this;
  }

  public Memory putLong(int offset, long value) {
    IO.putLong(at(offset, 8), value);
    return this;
  }

  public Memory put(int offset, byte[] source, int start, int length) {
    IO.putByteArray(at(offset, length), source, start, length);
    return this;
  }

  public byte getByte(int offset) {
    return IO.getByte(at(offset, 1));
  }

  public short getShort(int offset) {
    return IO.getShort(at(offset, 2));
  }

  public int getInt(int offset) {
    return IO.getInt(at(offset, 4));
  }

  public long getLong(int offset) {
    return IO.getLong(at(offset, 8));
  }

  public byte[] getBytes(int offset, int length) {
    byte[] bytes = new byte[length];
    get(offset, bytes, 0, length);
    return bytes;
  }

  public void get(int offset, byte[] target, int start, int length) {
    IO.getByteArray(at(offset, length), target, start, length);
  }

  /**
   * Returns the offset of the first {@code value} in {@code length} bytes from {@code offset}; −1
   * if there is none.
   */
  public int indexOf(byte value, int offset, int length) {
    long start = at(offset, length);
    long found = length == 0 ? 0 : IO.memchr(start, value & 0xff, length);
    return found == 0 ? -1 : (int) (found - address);
  }

  /** Copies to another block, or within this one if the ranges do not overlap. */
  public void copyTo(int offset, Memory target, int targetOffset, int length) {
    IO.memcpy(target.at(targetOffset, length), at(offset, length), length);
  }

  /** Overwrites the whole block with zeroes. */
  public void clear() {
    clear(size);
  }

  /** Overwrites the first {@code length} bytes with zeroes. */
  public void clear(int length) {
    IO.setMemory(at(0, length), length, (byte) 0);
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      IO.freeMemory(address);
    }
  }

  private long at(int offset, int length) {
    if (!open || offset < 0 || length < 0 || offset > size - length) {
      throw new IndexOutOfBoundsException(
          "native access at " + offset + "+" + length + " of " + size + (open ? "" : ", closed"));
    }
    return address + offset;
  }
}
