package io.jukung.engine.daemon;

import com.google.protobuf.Message;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.BuildsGrpc;
import io.jukung.client.v1.ContainersGrpc;
import io.jukung.client.v1.ImagesGrpc;
import io.jukung.client.v1.JukungGrpc;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.VolumesGrpc;
import io.jukung.cri.v1.ImageServiceGrpc;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A daemon on a real unix socket that notes each request of every call there is, and answers it: as
 * a test says, or with a message that has no fields.
 */
public final class AnsweringDaemon implements AutoCloseable {
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          RuntimeServiceGrpc.getServiceDescriptor(),
          ImageServiceGrpc.getServiceDescriptor(),
          ContainersGrpc.getServiceDescriptor(),
          VolumesGrpc.getServiceDescriptor(),
          NetworksGrpc.getServiceDescriptor(),
          JukungGrpc.getServiceDescriptor(),
          ImagesGrpc.getServiceDescriptor(),
          BuildsGrpc.getServiceDescriptor());

  /** What came since the list was cleared. */
  public final List<Message> requests = new CopyOnWriteArrayList<>();

  private final Map<String, UnaryOperator<Message>> answers = new ConcurrentHashMap<>();
  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;

  public AnsweringDaemon(Path socket) throws IOException {
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(eventLoop)
            .workerEventLoopGroup(eventLoop)
            .fallbackHandlerRegistry(new Every())
            .build()
            .start();
  }

  /** Answers a call with what is made of its request. */
  public void answer(MethodDescriptor<?, ?> call, UnaryOperator<Message> made) {
    answers.put(call.getFullMethodName(), made);
  }

  /** Answers a call always with one message. */
  public void answer(MethodDescriptor<?, ?> call, Message message) {
    answer(call, _ -> message);
  }

  private final class Every extends HandlerRegistry {
    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String name, @Nullable String authority) {
      for (ServiceDescriptor service : SERVICES) {
        for (MethodDescriptor<?, ?> each : service.getMethods()) {
          if (each.getFullMethodName().equals(name)) {
            return answered(each);
          }
        }
      }
      return null;
    }

    @SuppressWarnings("unchecked") // every call of gRPC here has messages of protobuf
    private ServerMethodDefinition<?, ?> answered(MethodDescriptor<?, ?> call) {
      MethodDescriptor<Message, Message> typed = (MethodDescriptor<Message, Message>) call;
      return ServerMethodDefinition.create(
          typed,
          ServerCalls.asyncBidiStreamingCall(
              (ServerCalls.BidiStreamingMethod<Message, Message>) to -> new Answer(typed, to)));
    }
  }

  /** Answers when the last message of a request has come. */
  private final class Answer implements StreamObserver<Message> {
    private final MethodDescriptor<Message, Message> call;
    private final StreamObserver<Message> to;
    private @Nullable Message last;

    Answer(MethodDescriptor<Message, Message> call, StreamObserver<Message> to) {
      this.call = call;
      this.to = to;
    }

    @Override
    public void onNext(Message message) {
      last = message;
      requests.add(message);
    }

    @Override
    public void onError(Throwable error) {
      // The engine has ended its call.
    }

    @Override
    public void onCompleted() {
      Message empty =
          ((MethodDescriptor.PrototypeMarshaller<Message>) call.getResponseMarshaller())
              .getMessagePrototype();
      Message request = last;
      UnaryOperator<Message> made = answers.get(call.getFullMethodName());
      to.onNext(made == null || request == null ? empty : made.apply(request));
      to.onCompleted();
    }
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination();
    var _ = eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
