package io.jukung.cli.ssh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/** The data types of SSH (RFC 4251, section 5). */
final class SshData {
  private SshData() {}

  /** Reads values one after the other. Not thread-safe. */
  static final class Reader {
    private final ByteBuffer bytes;

    Reader(byte[] bytes) {
      this.bytes = ByteBuffer.wrap(bytes);
    }

    int integer() throws IOException {
      try {
        return bytes.getInt();
      } catch (BufferUnderflowException e) {
        throw new IOException("the SSH data end too early", e);
      }
    }

    byte[] bytes(int length) throws IOException {
      if (length < 0 || length > bytes.remaining()) {
        throw new IOException("the SSH data end too early");
      }
      byte[] value = new byte[length];
      bytes.get(value);
      return value;
    }

    byte[] string() throws IOException {
      return bytes(integer());
    }

    String text() throws IOException {
      return new String(string(), UTF_8);
    }

    BigInteger number() throws IOException {
      byte[] value = string();
      return value.length == 0 ? BigInteger.ZERO : new BigInteger(value);
    }
  }

  /** Writes values one after the other. Not thread-safe. */
  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Writer raw(int value) {
      bytes.write(value);
      return this;
    }

    Writer integer(int value) {
      bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
      return this;
    }

    Writer string(byte[] value) {
      integer(value.length);
      bytes.writeBytes(value);
      return this;
    }

    Writer text(String value) {
      return string(value.getBytes(UTF_8));
    }

    Writer number(BigInteger value) {
      return string(value.signum() == 0 ? new byte[0] : value.toByteArray());
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
