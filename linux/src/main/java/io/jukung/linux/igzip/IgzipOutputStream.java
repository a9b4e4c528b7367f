package io.jukung.linux.igzip;

import io.jukung.linux.libc.Memory;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Compresses with gzip (RFC 1952) by igzip of ISA-L, if the machine has it (Debian's package
 * libisal2), in a fraction of the time of the JDK's zlib. The header has no time and no name. The
 * same bytes give the same result on the same machine; another processor or version of the library
 * may give another one. Not thread-safe.
 */
public final class IgzipOutputStream extends OutputStream {
  private static final int NEXT_IN = 0;
  private static final int AVAIL_IN = 8;
  private static final int NEXT_OUT = 16;
  private static final int AVAIL_OUT = 24;
  private static final int LEVEL = 40;
  private static final int LEVEL_BUFFER_BYTES = 44;
  private static final int LEVEL_BUFFER = 48;
  private static final int END_OF_STREAM = 56;
  private static final int GZIP_FLAG = 60;

  /** IGZIP_GZIP: header and trailer are igzip's work. */
  private static final int GZIP = 1;

  /** The level whose results are about as small as those of zlib's level 1. */
  private static final int FASTEST_WITH_TABLES = 1;

  /** More than the struct has in any version 2; it must begin at a multiple of 64. */
  private static final int STATE_BYTES = 256 * 1024;

  private static final int ALIGNMENT = 64;

  /** At least ISAL_DEF_LVL1_LARGE, with which blocks of the result are as long as they can be. */
  private static final int TABLE_BYTES = 512 * 1024;

  private static final int INPUT_BYTES = 128 * 1024;
  private static final int OUTPUT_BYTES = 128 * 1024;

  private static final Optional<IgzipFunctions> FUNCTIONS =
      IgzipFunctions.load("isal_deflate_init", "isal_deflate", IgzipOutputStream::isAsExpected);

  private final IgzipFunctions functions;
  private final OutputStream out;
  private final Memory memory = Memory.allocate(STATE_BYTES + ALIGNMENT);
  private final Memory table = Memory.allocate(TABLE_BYTES);
  private final Memory input = Memory.allocate(INPUT_BYTES);
  private final Memory output = Memory.allocate(OUTPUT_BYTES);
  private final byte[] result = new byte[OUTPUT_BYTES];

  /** Where the struct begins in its memory. */
  private final int state;

  private int filled;
  private boolean closed;

  private IgzipOutputStream(IgzipFunctions functions, OutputStream out) {
    this.functions = functions;
    this.out = out;
    this.state = (int) (-memory.address() & (ALIGNMENT - 1));
    functions.begin().call(memory.address() + state);
    memory
        .putInt(state + LEVEL, FASTEST_WITH_TABLES)
        .putInt(state + LEVEL_BUFFER_BYTES, TABLE_BYTES)
        .putLong(state + LEVEL_BUFFER, table.address())
        .putShort(state + GZIP_FLAG, GZIP);
  }

  /**
   * Begins a stream; empty if the machine does not have the library.
   *
   * @param out is closed with the stream
   */
  public static Optional<OutputStream> open(OutputStream out) {
    return FUNCTIONS.map(functions -> new IgzipOutputStream(functions, out));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int start, int length) throws IOException {
    if (closed) {
      throw new IOException("the gzip stream is closed");
    }
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, INPUT_BYTES - filled);
      input.put(filled, source, start + done, count);
      filled += count;
      done += count;
      if (filled == INPUT_BYTES) {
        deflate();
      }
    }
  }

  /** Compresses what has been written; igzip keeps what does not fill a block of the result. */
  private void deflate() throws IOException {
    memory.putLong(state + NEXT_IN, input.address()).putInt(state + AVAIL_IN, filled);
    int free;
    do {
      memory.putLong(state + NEXT_OUT, output.address()).putInt(state + AVAIL_OUT, OUTPUT_BYTES);
      int error = (int) functions.run().call(memory.address() + state);
      if (error != 0) {
        throw new IOException("compress with igzip: error " + error);
      }
      free = memory.getInt(state + AVAIL_OUT);
      output.get(0, result, 0, OUTPUT_BYTES - free);
      out.write(result, 0, OUTPUT_BYTES - free);
    } while (free == 0);
    filled = 0;
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (out) {
      memory.putShort(state + END_OF_STREAM, 1);
      deflate();
    } finally {
      memory.close();
      table.close();
      input.close();
      output.close();
    }
  }

  /**
   * Whether the JDK decompresses what the library has made of a sample. A library whose struct has
   * other offsets than its name promises must not be used.
   */
  private static boolean isAsExpected(IgzipFunctions functions) {
    byte[] plain = IgzipFunctions.sample(3 * INPUT_BYTES / 2);
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream stream = new IgzipOutputStream(functions, compressed)) {
      stream.write(plain);
    } catch (IOException e) {
      return false;
    }
    try (var back = new GZIPInputStream(new ByteArrayInputStream(compressed.toByteArray()))) {
      return Arrays.equals(back.readAllBytes(), plain);
    } catch (IOException e) {
      return false;
    }
  }
}
