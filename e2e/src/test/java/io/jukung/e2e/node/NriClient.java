package io.jukung.e2e.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.jukung.nri.v1alpha1.ConfigureResponse;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.CreateContainerRequest;
import io.jukung.nri.v1alpha1.Empty;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.RegisterPluginRequest;
import io.jukung.nri.v1alpha1.RunPodSandboxRequest;
import io.jukung.nri.v1alpha1.SynchronizeRequest;
import io.jukung.nri.v1alpha1.SynchronizeResponse;
import io.jukung.ttrpc.Request;
import io.jukung.ttrpc.Response;
import io.jukung.ttrpc.Status;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A plugin of the Node Resource Interface, with a protocol stack of its own: it records its calls
 * and answers as a test wants.
 */
public final class NriClient implements AutoCloseable {
  private static final int PLUGIN_CHANNEL = 1;
  private static final int RUNTIME_CHANNEL = 2;
  private static final int FRAME_HEADER = 10;
  private static final byte REQUEST = 1;
  private static final byte RESPONSE = 2;
  private static final int UNKNOWN = 2;
  private static final long BOUND_SECONDS = 60;

  /** The answer to one method. An exception becomes an error. */
  public interface Answer {
    Message to(ByteString request) throws Exception;
  }

  /** A call, with the container or pod that it is about. */
  public record Call(String method, String id) {}

  private final SocketChannel socket;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final List<SynchronizeRequest> synchronizations = new CopyOnWriteArrayList<>();
  private final Map<Integer, CompletableFuture<Response>> waiting = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private int nextStream = 1;

  private NriClient(SocketChannel socket) {
    this.socket = socket;
    answers.put("Configure", _ -> ConfigureResponse.getDefaultInstance());
    answers.put(
        "Synchronize",
        request -> {
          SynchronizeRequest part = SynchronizeRequest.parseFrom(request);
          synchronizations.add(part);
          return SynchronizeResponse.newBuilder().setMore(part.getMore()).build();
        });
  }

  /** Connects to the daemon, which does not know the plugin until it registers. */
  public static NriClient connect(Path path) throws IOException {
    NriClient client = new NriClient(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    Thread.ofPlatform().daemon().name("nri plugin").start(client::read);
    return client;
  }

  /** Connects, registers and waits until the plugin has joined. */
  public static NriClient join(Path path, String index, String name) throws Exception {
    NriClient client = connect(path);
    client.register(index, name);
    Await.until("the plugin is synchronized", () -> !client.synchronizations.isEmpty());
    return client;
  }

  public NriClient answer(String method, Answer answer) {
    answers.put(method, answer);
    return this;
  }

  public List<Call> calls() {
    return List.copyOf(calls);
  }

  /** The methods that were called about this pod or container, in order. */
  public List<String> methods(String id) {
    return calls.stream().filter(each -> each.id().equals(id)).map(Call::method).toList();
  }

  public SynchronizeRequest synchronization() {
    return synchronizations.getLast();
  }

  /** Completes when the daemon has closed the connection. */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  public void register(String index, String name) throws Exception {
    call(
        "RegisterPlugin",
        RegisterPluginRequest.newBuilder().setPluginIdx(index).setPluginName(name).build());
  }

  /** Calls the daemon, and waits for its answer. */
  public ByteString call(String method, Message request) throws Exception {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    int stream;
    synchronized (this) {
      stream = nextStream;
      nextStream += 2;
    }
    waiting.put(stream, answer);
    Request body =
        Request.newBuilder()
            .setService("nri.pkg.api.v1alpha1.Runtime")
            .setMethod(method)
            .setPayload(request.toByteString())
            .build();
    send(RUNTIME_CHANNEL, stream, REQUEST, body.toByteArray());
    Response response = answer.get(BOUND_SECONDS, TimeUnit.SECONDS);
    if (response.getStatus().getCode() != 0) {
      throw new IOException(response.getStatus().getMessage());
    }
    return response.getPayload();
  }

  /** Sends bytes that may be no protocol at all. */
  public void sendRaw(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    while (rest.hasRemaining()) {
      socket.write(rest);
    }
  }

  private synchronized void send(int channel, int stream, byte type, byte[] body)
      throws IOException {
    int length = FRAME_HEADER + body.length;
    ByteBuffer bytes = ByteBuffer.allocate(8 + length);
    bytes.putInt(channel).putInt(length);
    bytes.putInt(body.length).putInt(stream).put(type).put((byte) 0).put(body);
    sendRaw(bytes.array());
  }

  private void read() {
    Map<Integer, ByteBuffer> streams =
        Map.of(
            PLUGIN_CHANNEL, ByteBuffer.allocate(8 << 20),
            RUNTIME_CHANNEL, ByteBuffer.allocate(8 << 20));
    try {
      while (true) {
        ByteBuffer header = readFully(8);
        ByteBuffer stream = Objects.requireNonNull(streams.get(header.getInt()));
        stream.put(readFully(header.getInt()));
        takeFrames(stream.flip());
        stream.compact();
      }
    } catch (Exception e) {
      ended.complete(null);
    }
  }

  private ByteBuffer readFully(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (socket.read(bytes) < 0) {
        throw new EOFException();
      }
    }
    return bytes.flip();
  }

  private void takeFrames(ByteBuffer stream) throws Exception {
    while (stream.remaining() >= FRAME_HEADER
        && stream.remaining() >= FRAME_HEADER + stream.getInt(stream.position())) {
      byte[] body = new byte[stream.getInt()];
      int number = stream.getInt();
      byte type = stream.get();
      stream.get();
      stream.get(body);
      if (type == RESPONSE) {
        Objects.requireNonNull(waiting.remove(number)).complete(Response.parseFrom(body));
      } else {
        Request request = Request.parseFrom(body);
        Thread.ofPlatform().daemon().start(() -> answer(number, request));
      }
    }
  }

  private void answer(int stream, Request request) {
    Response.Builder response = Response.newBuilder();
    try {
      calls.add(new Call(request.getMethod(), subject(request)));
      Answer answer = answers.getOrDefault(request.getMethod(), _ -> Empty.getDefaultInstance());
      response.setPayload(answer.to(request.getPayload()).toByteString());
    } catch (Exception e) {
      response.setStatus(
          Status.newBuilder().setCode(UNKNOWN).setMessage(String.valueOf(e.getMessage())));
    }
    try {
      send(PLUGIN_CHANNEL, stream, RESPONSE, response.build().toByteArray());
    } catch (IOException e) {
      ended.complete(null);
    }
  }

  /** All requests about pods have the pod as field 1, those about containers have it as field 2. */
  private static String subject(Request request) throws IOException {
    return switch (request.getMethod()) {
      case "Configure", "Synchronize" -> "";
      case String method when method.contains("Pod") -> {
        PodSandbox pod = RunPodSandboxRequest.parseFrom(request.getPayload()).getPod();
        yield pod.getId();
      }
      default -> {
        Container container = CreateContainerRequest.parseFrom(request.getPayload()).getContainer();
        yield container.getId();
      }
    };
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
