package io.jukung.image.tar;

import io.jukung.linux.igzip.Igzip;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Undoes deflate (RFC 1951), one stream after the other: by igzip where this machine has it, else
 * by the JDK.
 */
sealed interface RawInflater extends AutoCloseable {
  static RawInflater open() {
    Optional<Igzip> igzip = Igzip.open();
    return igzip.isPresent() ? new Native(igzip.get()) : new Jdk();
  }

  void begin();

  boolean needsInput();

  /** The next part; it is not changed before more is needed. */
  void input(byte[] source, int start, int length);

  /** How many bytes have come out; none where more input is needed, and at the end. */
  int inflate(byte[] target, int start, int length) throws DataFormatException;

  boolean finished();

  /** How much of the input comes after the end; up to seven bytes more than its last part. */
  int remaining();

  @Override
  void close();

  /** zlib, as the JDK brings it. */
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

  /** ISA-L. */
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
