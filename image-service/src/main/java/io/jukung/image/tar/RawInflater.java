package io.jukung.image.tar;

import io.jukung.linux.igzip.Igzip;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses deflate data (RFC 1951), one stream after the other. Igzip is used if its library is
 * on this machine, and the JDK's inflater otherwise. Not thread-safe.
 */
sealed interface RawInflater extends AutoCloseable {
  static RawInflater open() {
    Optional<Igzip> igzip = Igzip.open();
    return igzip.isPresent() ? new Native(igzip.get()) : new Jdk();
  }

  void begin();

  boolean needsInput();

  /** Sets the next input. The array must not change until {@link #needsInput} is true again. */
  void input(byte[] source, int start, int length);

  /**
   * Decompresses into the array and returns the number of bytes; 0 if more input is needed or the
   * stream has ended.
   */
  int inflate(byte[] target, int start, int length) throws DataFormatException;

  boolean finished();

  /**
   * How many bytes of input follow the end of the stream. These can be up to seven bytes more than
   * the last input had.
   */
  int remaining();

  @Override
  void close();

  /** Uses the JDK's zlib. */
  final class Jdk implements RawInflater {
    private final Inflater inflater = new Inflater(/* nowrap= */ true);

    @Override
    public void begin() {
      inflater.reset();
    }

    @Override
    public boolean needsInput() {
      return inflater.needsInput();
    }

    @Override
    public void input(byte[] source, int start, int length) {
      inflater.setInput(source, start, length);
    }

    @Override
    public int inflate(byte[] target, int start, int length) throws DataFormatException {
      int count = inflater.inflate(target, start, length);
      if (count == 0 && inflater.needsDictionary()) {
        throw new DataFormatException("a preset dictionary is needed");
      }
      return count;
    }

    @Override
    public boolean finished() {
      return inflater.finished();
    }

    @Override
    public int remaining() {
      return inflater.getRemaining();
    }

    @Override
    public void close() {
      inflater.end();
    }
  }

  /** Uses igzip of Intel's ISA-L. */
  final class Native implements RawInflater {
    private final Igzip igzip;

    Native(Igzip igzip) {
      this.igzip = igzip;
    }

    @Override
    public void begin() {
      igzip.begin();
    }

    @Override
    public boolean needsInput() {
      return igzip.needsInput();
    }

    @Override
    public void input(byte[] source, int start, int length) {
      igzip.input(source, start, length);
    }

    @Override
    public int inflate(byte[] target, int start, int length) throws DataFormatException {
      return igzip.inflate(target, start, length);
    }

    @Override
    public boolean finished() {
      return igzip.finished();
    }

    @Override
    public int remaining() {
      return igzip.remaining();
    }

    @Override
    public void close() {
      igzip.close();
    }
  }
}
