package io.jukung.e2e.node;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.GetEventsRequest;
import io.jukung.cri.v1.RuntimeServiceGrpc;
import io.jukung.e2e.client.CriClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A subscriber to the daemon's events, over a connection of its own. */
public final class EventStream implements AutoCloseable {
  private static final long OPEN_SECONDS = 10;

  private final CriClient client;
  private final ClientCall<GetEventsRequest, ContainerEventResponse> call;
  private final CompletableFuture<Boolean> opened = new CompletableFuture<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final List<ContainerEventResponse> received = new ArrayList<>();

  private EventStream(CriClient client) {
    this.client = client;
    this.call =
        client
            .runtime()
            .getChannel()
            .newCall(RuntimeServiceGrpc.getGetContainerEventsMethod(), CallOptions.DEFAULT);
  }

  /** Subscribes. No event after the return is missing. */
  public static EventStream open(Path socket) throws Exception {
    EventStream stream = new EventStream(CriClient.of(socket));
    stream.call.start(stream.new Listener(), new Metadata());
    stream.call.sendMessage(GetEventsRequest.getDefaultInstance());
    stream.call.halfClose();
    stream.call.request(Integer.MAX_VALUE);
    stream.opened.get(OPEN_SECONDS, TimeUnit.SECONDS);
    return stream;
  }

  private final class Listener extends ClientCall.Listener<ContainerEventResponse> {
    @Override
    public void onHeaders(Metadata headers) {
      opened.complete(true);
    }

    @Override
    public void onMessage(ContainerEventResponse event) {
      synchronized (received) {
        received.add(event);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status);
      opened.completeExceptionally(new AssertionError("GetContainerEvents: " + status));
    }
  }

  /** Returns the events that have arrived, the first one first. */
  public List<ContainerEventResponse> received() {
    synchronized (received) {
      return List.copyOf(received);
    }
  }

  /** Waits for the end of the stream. */
  public Status awaitEnd() throws Exception {
    return end.get(OPEN_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    call.cancel("enough events", null);
    client.close();
  }
}
