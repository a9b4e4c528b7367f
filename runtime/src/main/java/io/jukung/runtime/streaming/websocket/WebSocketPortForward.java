package io.jukung.runtime.streaming.websocket;

import io.jukung.cri.streaming.InputGate;
import io.jukung.runtime.streaming.session.PodConnection;
import io.jukung.runtime.streaming.session.PodSockets;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forwarded connections over one WebSocket, one for each port that the URL was given out for.
 * Channel 2n carries the bytes of the n-th connection, and channel 2n+1 its error. Both begin with
 * the number of the port. The protocol has no message for the end of one direction: a connection
 * ends when the pod's side ends it.
 */
public final class WebSocketPortForward extends ChannelSocket {
  private final InputGate gate;
  private final List<Forwarded> connections = new ArrayList<>();
  private int running;

  public WebSocketPortForward(
      Channel socket, ChannelFrames frames, PodSockets sockets, StreamRequest.PortForward request) {
    super(socket, frames, false);
    this.gate = new InputGate(socket);
    for (int port : request.ports()) {
      connections.add(new Forwarded(2 * connections.size(), port, sockets, request));
    }
    this.running = connections.size();
  }

  /** One forwarded connection. */
  private final class Forwarded implements PodConnection.Client {
    private final int channel;
    private final int port;
    final PodConnection connection;

    Forwarded(int channel, int port, PodSockets sockets, StreamRequest.PortForward request) {
      this.channel = channel;
      this.port = port;
      this.connection = new PodConnection(socket().eventLoop(), sockets, request, port, this);
    }

    void serve() {
      byte[] littleEndian = {(byte) port, (byte) (port >>> 8)};
      send(channel, littleEndian);
      send(channel + 1, littleEndian);
      connection.connect();
    }

    @Override
    public void take(ByteBuf bytes) {
      send(channel, ByteBufUtil.getBytes(bytes));
      bytes.release();
    }

    @Override
    public boolean hasRoom() {
      return socket().isWritable();
    }

    @Override
    public void remoteEnded() {
      connection.close();
    }

    @Override
    public void closed(@Nullable String failure) {
      if (failure != null) {
        send(channel + 1, failure.getBytes(StandardCharsets.UTF_8));
      }
      running--;
      if (running == 0) {
        finish();
      }
    }

    @Override
    public InputGate gate() {
      return gate;
    }
  }

  public void serve() {
    connections.forEach(Forwarded::serve);
  }

  @Override
  void received(int channel, ByteBuf bytes) {
    if (channel % 2 == 0 && channel / 2 < connections.size()) {
      connections.get(channel / 2).connection.write(bytes.retainedSlice());
    }
  }

  @Override
  void ended(int channel) {
    // The protocol has no message for the end of a channel.
  }

  @Override
  void writable() {
    connections.forEach(each -> each.connection.resume());
  }

  @Override
  void closed() {
    connections.forEach(each -> each.connection.close());
  }
}
