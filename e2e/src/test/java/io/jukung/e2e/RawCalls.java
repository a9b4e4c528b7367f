package io.jukung.e2e;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.jukung.cri.client.CriChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls with requests that are bytes, so that they may be malformed. */
final class RawCalls implements AutoCloseable {
  private static final int MAX_ANSWER_BYTES = 64 << 20;
  private static final int PATIENCE_SECONDS = 30;

  private static final io.grpc.MethodDescriptor.Marshaller<byte[]> BYTES =
      new io.grpc.MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** What the server answers: the bytes of the first message, or none, and the status. */
  record Answer(Status status, byte @Nullable [] message) {}

  private final CriChannel channel;

  RawCalls(Path socket) {
    channel = CriChannel.open(socket, MAX_ANSWER_BYTES);
  }

  Answer call(MethodDescriptor method, byte[] request) {
    io.grpc.MethodDescriptor<byte[], byte[]> raw =
        io.grpc.MethodDescriptor.newBuilder(BYTES, BYTES)
            .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(method.getService().getFullName() + "/" + method.getName())
            .build();
    try {
      Iterator<byte[]> answers =
          ClientCalls.blockingServerStreamingCall(
              channel.grpc(),
              raw,
              CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS),
              request);
      byte[] first = null;
      while (answers.hasNext()) {
        byte[] next = answers.next();
        first = first == null ? next : first;
      }
      return new Answer(Status.OK, first);
    } catch (StatusRuntimeException e) {
      return new Answer(e.getStatus(), null);
    }
  }

  /**
   * The message with other content in one field, which need not be valid.
   *
   * @param path the names of the fields that lead to the field, with dots between them. Of a
   *     repeated message the first is changed. The field itself may be a map: its first key and
   *     value become the content.
   */
  static Message with(Message message, String path, ByteString content) {
    int dot = path.indexOf('.');
    String name = dot < 0 ? path : path.substring(0, dot);
    FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
    Message.Builder changed = message.toBuilder();
    if (dot < 0) {
      ByteString bytes = field.isMapField() ? entry(content) : content;
      return changed
          .clearField(field)
          .setUnknownFields(
              UnknownFieldSet.newBuilder()
                  .addField(
                      field.getNumber(),
                      UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build())
                  .build())
          .build();
    }
    String rest = path.substring(dot + 1);
    if (!field.isRepeated()) {
      return changed
          .setField(field, with((Message) message.getField(field), rest, content))
          .build();
    }
    if (message.getRepeatedFieldCount(field) == 0) {
      Message empty = changed.newBuilderForField(field).build();
      return changed.addRepeatedField(field, with(empty, rest, content)).build();
    }
    Message first = (Message) message.getRepeatedField(field, 0);
    return changed.setRepeatedField(field, 0, with(first, rest, content)).build();
  }

  /** The entry of a map is a message with the fields 1, the key, and 2, the value. */
  private static ByteString entry(ByteString content) {
    UnknownFieldSet.Field field =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(content).build();
    return UnknownFieldSet.newBuilder()
        .addField(1, field)
        .addField(2, field)
        .build()
        .toByteString();
  }

  static Message empty(MethodDescriptor method) {
    return DynamicMessage.getDefaultInstance(method.getInputType());
  }

  @Override
  public void close() {
    channel.close();
  }
}
