package io.jukung.runtime.rpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import io.jukung.runtime.call.EncodedMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Lets a method of a service answer with an {@link EncodedMessage} in place of the message: gRPC
 * copies its bytes straight to the buffer of the connection.
 */
public final class EncodedAnswers {
  private EncodedAnswers() {}

  /** The service, each of whose methods may answer in both forms. */
  public static ServerServiceDefinition accept(ServerServiceDefinition service) {
    ServerServiceDefinition.Builder both =
        ServerServiceDefinition.builder(service.getServiceDescriptor().getName());
    service.getMethods().forEach(method -> add(both, method));
    return both.build();
  }

  @SuppressWarnings("unchecked") // a handler passes its answers on as they are
  private static <Q, R> void add(
      ServerServiceDefinition.Builder service, ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
    service.addMethod(
        descriptor.toBuilder(
                descriptor.getRequestMarshaller(),
                new Answers<>(descriptor.getResponseMarshaller()))
            .build(),
        (ServerCallHandler<Q, Object>) (ServerCallHandler<Q, ?>) method.getServerCallHandler());
  }

  /**
   * The answer of a call of such a service, which takes the serialized form.
   *
   * @param answer what gRPC has given to the call
   */
  @SuppressWarnings("unchecked") // the marshaller of the service takes both forms
  static StreamObserver<EncodedMessage> of(StreamObserver<?> answer) {
    return (StreamObserver<EncodedMessage>) answer;
  }

  private record Answers<R>(Marshaller<R> messages) implements Marshaller<Object> {
    @Override
    @SuppressWarnings("unchecked") // a method gives either form
    public InputStream stream(Object answer) {
      return answer instanceof EncodedMessage encoded
          ? new Bytes(encoded)
          : messages.stream((R) answer);
    }

    @Override
    public Object parse(InputStream bytes) {
      throw new UnsupportedOperationException("a server reads no answers");
    }
  }

  /** The bytes of an answer, for gRPC, which drains them at once. */
  private static final class Bytes extends InputStream implements Drainable, KnownLength {
    private final EncodedMessage message;
    private boolean isDrained;

    /** What is read by the methods of an InputStream, which a transport need not use. */
    private @Nullable InputStream copied;

    Bytes(EncodedMessage message) {
      this.message = message;
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      InputStream begun = copied;
      if (begun != null) {
        return Math.toIntExact(begun.transferTo(target));
      }
      if (isDrained) {
        return 0;
      }
      isDrained = true;
      message.writeTo(target);
      return message.size();
    }

    @Override
    public int available() throws IOException {
      return isDrained ? 0 : copied == null ? message.size() : copied.available();
    }

    @Override
    public int read() throws IOException {
      return copy().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return copy().read(target, offset, length);
    }

    private InputStream copy() {
      InputStream begun = copied;
      if (begun == null) {
        begun = new ByteArrayInputStream(isDrained ? new byte[0] : message.toByteArray());
        copied = begun;
      }
      return begun;
    }
  }
}
