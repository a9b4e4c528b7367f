package io.jukung.engine.stream;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Puts the two outputs of a container on one stream. Without a terminal each piece has a header of
 * eight bytes: the number of the output, three zeros, and the length. With a terminal there is one
 * output, and its bytes are sent as they are. Thread-safe.
 */
final class Frames {
  /** What the client gets, by whether the container has a terminal. */
  static final String RAW = "application/vnd.docker.raw-stream";

  static final String MULTIPLEXED = "application/vnd.docker.multiplexed-stream";

  private static final int HEADER = 8;

  private final OutputStream out;
  private final boolean raw;

  Frames(OutputStream out, boolean raw) {
    this.out = out;
    this.raw = raw;
  }

  static String type(boolean tty) {
    return tty ? RAW : MULTIPLEXED;
  }

  /** The outputs and their numbers. */
  enum Output {
    STDOUT((byte) 1),
    STDERR((byte) 2);

    private final byte number;

    Output(byte number) {
      this.number = number;
    }
  }

  synchronized void write(Output output, byte[] bytes, int offset, int length) throws IOException {
    if (raw) {
      out.write(bytes, offset, length);
      return;
    }
    ByteBuffer frame = ByteBuffer.allocate(HEADER + length);
    frame.put(output.number).put(new byte[3]).putInt(length).put(bytes, offset, length);
    out.write(frame.array(), 0, HEADER + length);
  }

  /** Sends a line to the error output. */
  void line(String text) throws IOException {
    byte[] bytes = (text + "\r\n").getBytes(StandardCharsets.UTF_8);
    write(Output.STDERR, bytes, 0, bytes.length);
  }

  /**
   * Sends a frame without content, which clients skip. Without frames, at a terminal, there is
   * nothing that a client would skip, and nothing is sent.
   *
   * @throws IOException if the client is gone
   */
  void writeNothing() throws IOException {
    if (!raw) {
      write(Output.STDOUT, new byte[0], 0, 0);
    }
  }

  /** A stream that writes to one of the outputs. */
  OutputStream to(Output output) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
          Frames.this.write(output, bytes, offset, length);
        }
      }
    };
  }
}
