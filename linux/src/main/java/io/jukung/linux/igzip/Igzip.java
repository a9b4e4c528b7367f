package io.jukung.linux.igzip;

import io.jukung.linux.libc.Memory;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;

/**
 * Decompresses deflate streams (RFC 1951) with igzip of ISA-L, if the machine has it (Debian's
 * package libisal2), at about twice the speed of the JDK's zlib. The caller must verify the output,
 * because igzip's own checksums are not used. Not thread-safe.
 */
public final class Igzip implements AutoCloseable {
  private static final int NEXT_OUT = 0;
  private static final int AVAIL_OUT = 8;
  private static final int NEXT_IN = 16;
  private static final int AVAIL_IN = 32;
  private static final int READ_IN_LENGTH = 36;
  private static final int BLOCK_STATE = 21160;
  private static final int STATE_BYTES = 87368;

  /** ISAL_BLOCK_FINISH: the last block has ended and all of it has been returned. */
  private static final int FINISHED = 5;

  private static final int INPUT_BYTES = 128 * 1024;
  private static final int OUTPUT_BYTES = 256 * 1024;

  private static final Optional<IgzipFunctions> FUNCTIONS =
      IgzipFunctions.load("isal_inflate_init", "isal_inflate", Igzip::isAsExpected);

  private final IgzipFunctions functions;
  private final Memory state = Memory.allocate(STATE_BYTES);
  private final Memory input = Memory.allocate(INPUT_BYTES);
  private final Memory output = Memory.allocate(OUTPUT_BYTES);
  private boolean starved;

  private Igzip(IgzipFunctions functions) {
    this.functions = functions;
    begin();
  }

  /** Returns the most bytes that {@link #input} takes. */
  public static int maxInputBytes() {
    return INPUT_BYTES;
  }

  /** Returns a new decompressor; empty if the machine does not have the library. */
  public static Optional<Igzip> open() {
    return FUNCTIONS.map(Igzip::new);
  }

  /** Begins another stream and drops the rest of the previous one. */
  public void begin() {
    functions.begin().call(state.address());
    state.putInt(AVAIL_IN, 0);
    starved = true;
  }

  /**
   * Copies the next part of the stream. Must only be called if {@link #needsInput} returns true.
   */
  public void input(byte[] source, int start, int length) {
    input.put(0, source, start, length);
    state.putLong(NEXT_IN, input.address()).putInt(AVAIL_IN, length);
    starved = false;
  }

  /** Whether {@link #inflate} needs more input to return more. */
  public boolean needsInput() {
    return starved;
  }

  /** Whether the stream has ended. */
  public boolean finished() {
    return state.getInt(BLOCK_STATE) == FINISHED;
  }

  /**
   * Returns how many bytes of the input come after the end of the stream. Up to seven of them may
   * belong to the part before the last one.
   */
  public int remaining() {
    return state.getInt(AVAIL_IN) + state.getInt(READ_IN_LENGTH) / Byte.SIZE;
  }

  /**
   * Decompresses and returns the number of bytes; fewer than asked for at the end of the stream, or
   * if input is needed.
   */
  public int inflate(byte[] target, int start, int length) throws DataFormatException {
    int wanted = Math.min(length, OUTPUT_BYTES);
    state.putLong(NEXT_OUT, output.address()).putInt(AVAIL_OUT, wanted);
    int result = (int) functions.run().call(state.address());
    if (result < 0) {
      throw new DataFormatException("igzip error " + result);
    }
    int count = wanted - state.getInt(AVAIL_OUT);
    output.get(0, target, start, count);
    starved = count < wanted && !finished();
    return count;
  }

  @Override
  public void close() {
    state.close();
    input.close();
    output.close();
  }

  /**
   * Whether the library decompresses a sample correctly. One whose struct has other offsets than
   * its name promises must not be used.
   */
  private static boolean isAsExpected(IgzipFunctions functions) {
    byte[] plain = IgzipFunctions.sample(100_000);
    byte[] deflated = new byte[plain.length + 1000];
    int length;
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, /* nowrap= */ true);
    try {
      deflater.setInput(plain);
      deflater.finish();
      length = deflater.deflate(deflated);
    } finally {
      deflater.end();
    }
    byte[] result = new byte[plain.length + 1];
    try (Igzip igzip = new Igzip(functions)) {
      igzip.input(deflated, 0, length + 9); // the last nine bytes do not belong to the stream
      int count = igzip.inflate(result, 0, result.length);
      return count == plain.length
          && Arrays.equals(plain, 0, count, result, 0, count)
          && igzip.finished()
          && igzip.remaining() == 9;
    } catch (DataFormatException e) {
      return false;
    }
  }
}
