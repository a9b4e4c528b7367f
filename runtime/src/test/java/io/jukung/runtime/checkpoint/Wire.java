package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes messages of protocol buffers, and the files in which CRIU keeps them. */
final class Wire {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

  Wire number(int field, long value) throws IOException {
    out.writeUInt64(field, value);
    return this;
  }

  Wire text(int field, String value) throws IOException {
    return bytes(field, value.getBytes(UTF_8));
  }

  Wire bytes(int field, byte[] value) throws IOException {
    out.writeByteArray(field, value);
    return this;
  }

  Wire message(int field, Wire value) throws IOException {
    return bytes(field, value.done());
  }

  byte[] done() throws IOException {
    out.flush();
    return bytes.toByteArray();
  }

  /** Writes an image with two magic numbers. */
  static void image(Path file, Wire... messages) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(word(0x54564319));
    all.writeBytes(word(0x55053847));
    for (Wire each : messages) {
      byte[] message = each.done();
      all.writeBytes(word(message.length));
      all.writeBytes(message);
    }
    Files.write(file, all.toByteArray());
  }

  private static byte[] word(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(value).array();
  }
}
