package io.jukung.runtime.call;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The serialized form of an answer, put together from fields that were serialized before. A long
 * list is answered by copying bytes: no message is built, and no text is encoded again.
 *
 * <p>Protobuf lets the fields of a message come in any order, so fields that are not prepared can
 * be added as a message of the same type that has only those fields. Not thread-safe.
 */
public final class EncodedMessage {
  /** Room for a tag and a length. The content of a field is written past this buffer. */
  private static final int BUFFER_BYTES = 32;

  private final List<Part> parts = new ArrayList<>();
  private int size;

  private sealed interface Part {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /** A field that is a message. */
  private record Field(int number, byte[] message) implements Part {
    @Override
    public void writeTo(CodedOutputStream out) throws IOException {
      out.writeByteArray(number, message);
    }
  }

  /** Fields of the answer, as an answer that has only these. */
  private record Rest(MessageLite fields) implements Part {
    @Override
    public void writeTo(CodedOutputStream out) throws IOException {
      fields.writeTo(out);
    }
  }

  /**
   * Adds a field that is a message, or one more item to a repeated field of messages.
   *
   * @param number the number of the field in the answer
   * @param message the serialized message; must not change any more
   */
  public EncodedMessage add(int number, byte[] message) {
    size += CodedOutputStream.computeByteArraySize(number, message);
    parts.add(new Field(number, message));
    return this;
  }

  /** Adds all fields of a message that has the type of the answer. */
  public EncodedMessage add(MessageLite fields) {
    size += fields.getSerializedSize();
    parts.add(new Rest(fields));
    return this;
  }

  /** The number of bytes that {@link #writeTo} writes. */
  public int size() {
    return size;
  }

  /** Writes the answer. May be called several times. */
  public void writeTo(OutputStream out) throws IOException {
    CodedOutputStream coded = CodedOutputStream.newInstance(out, BUFFER_BYTES);
    for (Part part : parts) {
      part.writeTo(coded);
    }
    coded.flush();
  }

  /** Returns the answer as one array. */
  public byte[] toByteArray() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(size);
    try {
      writeTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("a write to memory failed", e);
    }
    return bytes.toByteArray();
  }
}
