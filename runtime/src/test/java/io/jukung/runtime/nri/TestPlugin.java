package io.jukung.runtime.nri;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.jukung.nri.v1alpha1.ConfigureResponse;
import io.jukung.nri.v1alpha1.Empty;
import io.jukung.nri.v1alpha1.RegisterPluginRequest;
import io.jukung.nri.v1alpha1.SynchronizeRequest;
import io.jukung.nri.v1alpha1.SynchronizeResponse;
import io.jukung.runtime.nri.ttrpc.Multiplexer;
import io.jukung.runtime.nri.ttrpc.TtrpcException;
import io.jukung.runtime.nri.ttrpc.TtrpcPeer;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A plugin in this process, which records its calls. */
final class TestPlugin implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(60);

  /** The answer to one method; by default an empty message. */
  interface Answer {
    Message to(ByteString request) throws TtrpcException, IOException;
  }

  final List<String> calls = new CopyOnWriteArrayList<>();
  final List<SynchronizeRequest> synchronizations = new CopyOnWriteArrayList<>();
  final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final TtrpcPeer peer;

  TestPlugin(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    answers.put("Configure", _ -> ConfigureResponse.getDefaultInstance());
    answers.put(
        "Synchronize",
        request -> {
          SynchronizeRequest part = SynchronizeRequest.parseFrom(request);
          synchronizations.add(part);
          return SynchronizeResponse.newBuilder().setMore(part.getMore()).build();
        });
    peer =
        TtrpcPeer.start(
            new Multiplexer(channel),
            new TtrpcPeer.Channels(Multiplexer.RUNTIME_SERVICE, Multiplexer.PLUGIN_SERVICE),
            this::called,
            () -> {},
            "test plugin");
  }

  private Message called(String service, String method, ByteString request) throws TtrpcException {
    calls.add(method);
    try {
      return answers.getOrDefault(method, _ -> Empty.getDefaultInstance()).to(request);
    } catch (IOException e) {
      throw new TtrpcException(TtrpcException.INVALID_ARGUMENT, String.valueOf(e));
    }
  }

  void register(String index, String name) throws Exception {
    var _ =
        call(
            "RegisterPlugin",
            RegisterPluginRequest.newBuilder().setPluginIdx(index).setPluginName(name).build());
  }

  Empty call(String method, Message request) throws Exception {
    return peer.call(PluginConnections.SERVICE, method, request, Empty.parser(), LONG);
  }

  boolean isDisconnected() {
    return peer.isClosed();
  }

  @Override
  public void close() {
    peer.close();
  }
}
