package io.jukung.linux.igzip;

import io.jukung.linux.libc.NativeLibrary;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The two functions of ISA-L for streams of one direction.
 *
 * @param begin makes a struct ready for a new stream
 * @param run works on the next part of the stream
 */
record IgzipFunctions(NativeLibrary.Function begin, NativeLibrary.Function run) {
  /** The library with its version: the offsets in its structs are those of version 2. */
  private static final String LIBRARY = "libisal.so.2";

  /**
   * Finds the functions; empty if the machine does not have the library.
   *
   * @param works whether the functions do their work on a sample: a library whose structs have
   *     other offsets than its name promises must not be used
   */
  static Optional<IgzipFunctions> load(String begin, String run, Predicate<IgzipFunctions> works) {
    Optional<NativeLibrary> library = NativeLibrary.load(LIBRARY);
    try {
      return library
          .map(found -> new IgzipFunctions(found.function(begin), found.function(run)))
          .filter(works);
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  /** Returns bytes that can be compressed, for a sample. */
  static byte[] sample(int length) {
    byte[] plain = new byte[length];
    for (int i = 0; i < length; i++) {
      plain[i] = (byte) ((i * i) >> 7);
    }
    return plain;
  }
}
