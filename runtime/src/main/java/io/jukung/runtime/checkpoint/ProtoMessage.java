package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A message of protocol buffers, by the numbers of its fields. CRIU's messages have many fields
 * (images/*.proto of CRIU), of which a few are looked at.
 */
final class ProtoMessage {
  /** More than any message of CRIU has that is looked at. */
  private static final int MAX_FIELDS = 100_000;

  private final Map<Integer, List<Object>> fields = new LinkedHashMap<>();

  private ProtoMessage() {}

  static ProtoMessage parse(byte[] bytes) throws IOException {
    ProtoMessage message = new ProtoMessage();
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    int count = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (++count > MAX_FIELDS) {
        throw new InvalidProtocolBufferException("too many fields");
      }
      Object value =
          switch (WireFormat.getTagWireType(tag)) {
            case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
            case WireFormat.WIRETYPE_FIXED64 -> in.readRawLittleEndian64();
            case WireFormat.WIRETYPE_FIXED32 -> (long) in.readRawLittleEndian32();
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.readByteArray();
            default -> throw new InvalidProtocolBufferException("unknown wire type");
          };
      message
          .fields
          .computeIfAbsent(WireFormat.getTagFieldNumber(tag), _ -> new ArrayList<>())
          .add(value);
    }
    return message;
  }

  boolean has(int field) {
    return fields.containsKey(field);
  }

  /** The number in a field; of several the last one, which is the one that counts. */
  OptionalLong number(int field) throws IOException {
    List<Object> values = fields.get(field);
    if (values == null) {
      return OptionalLong.empty();
    }
    if (values.getLast() instanceof Long number) {
      return OptionalLong.of(number);
    }
    throw new InvalidProtocolBufferException("field " + field + " is no number");
  }

  long number(int field, long otherwise) throws IOException {
    return number(field).orElse(otherwise);
  }

  /** The numbers of a repeated field, packed or not. */
  List<Long> numbers(int field) throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (Object value : fields.getOrDefault(field, List.of())) {
      if (value instanceof Long number) {
        numbers.add(number);
      } else {
        CodedInputStream packed = CodedInputStream.newInstance((byte[]) value);
        while (!packed.isAtEnd()) {
          if (numbers.size() == MAX_FIELDS) {
            throw new InvalidProtocolBufferException("too many numbers");
          }
          numbers.add(packed.readRawVarint64());
        }
      }
    }
    return numbers;
  }

  List<byte[]> bytes(int field) throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (Object value : fields.getOrDefault(field, List.of())) {
      if (!(value instanceof byte[] bytes)) {
        throw new InvalidProtocolBufferException("field " + field + " has no bytes");
      }
      all.add(bytes);
    }
    return all;
  }

  String text(int field) throws IOException {
    List<byte[]> values = bytes(field);
    return values.isEmpty() ? "" : new String(values.getLast(), UTF_8);
  }

  List<ProtoMessage> messages(int field) throws IOException {
    List<ProtoMessage> messages = new ArrayList<>();
    for (byte[] each : bytes(field)) {
      messages.add(parse(each));
    }
    return messages;
  }

  /** The only message in a field. A second one would be merged with it by other readers. */
  ProtoMessage message(int field) throws IOException {
    List<ProtoMessage> messages = messages(field);
    if (messages.size() != 1) {
      throw new InvalidProtocolBufferException(
          "field " + field + " is there " + messages.size() + " times");
    }
    return messages.getFirst();
  }
}
