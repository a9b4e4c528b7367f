package io.jukung.runtime.streaming.websocket;

import io.jukung.cri.streaming.CommandStatus;
import io.jukung.linux.terminal.Terminal;
import io.jukung.runtime.streaming.session.CommandClient;
import io.jukung.runtime.streaming.session.CommandSession;
import io.jukung.runtime.streaming.session.RemoteCommandProtocol;
import io.jukung.runtime.streaming.session.ResizeReader;
import io.jukung.runtime.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An exec or attach over one WebSocket. The channels have the numbers that kubelet gives them. */
public final class WebSocketCommand extends ChannelSocket implements CommandClient {
  static final int STDIN = 0;
  static final int STDOUT = 1;
  static final int STDERR = 2;
  static final int ERROR = 3;
  static final int RESIZE = 4;

  private final RemoteCommandProtocol protocol;
  private final StreamRequest.Streams wanted;
  private final ResizeReader sizes = new ResizeReader();
  private @Nullable CommandSession session;

  public WebSocketCommand(
      Channel socket,
      ChannelFrames frames,
      RemoteCommandProtocol protocol,
      StreamRequest.Streams wanted) {
    super(socket, frames, protocol == RemoteCommandProtocol.V5);
    this.protocol = protocol;
    this.wanted = wanted;
  }

  public void serve(Function<CommandClient, CommandSession> starter) {
    session = starter.apply(this);
  }

  /** Sends an empty message on the first channel that belongs to the server. */
  @Override
  public void connected() {
    send(wanted.stdout() ? STDOUT : wanted.stderr() ? STDERR : ERROR, new byte[0]);
  }

  @Override
  void received(int channel, ByteBuf bytes) {
    if (session == null) {
      return;
    }
    if (channel == STDIN && wanted.stdin()) {
      session.input(bytes);
    } else if (channel == RESIZE) {
      for (Terminal.Size size : sizes.read(bytes)) {
        session.resize(size);
      }
    }
  }

  @Override
  void ended(int channel) {
    if (channel == STDIN && wanted.stdin() && session != null) {
      session.inputEnded();
    }
  }

  @Override
  void writable() {
    if (session != null) {
      session.writable();
    }
  }

  @Override
  void closed() {
    if (session != null) {
      session.disconnected();
    }
  }

  @Override
  public void send(Output output, byte[] bytes) {
    switch (output) {
      case STDOUT -> {
        if (wanted.stdout()) {
          send(STDOUT, bytes);
        }
      }
      case STDERR -> {
        if (wanted.stderr()) {
          send(STDERR, bytes);
        }
      }
    }
  }

  @Override
  public void end(Output output) {
    // The protocol has no message for this; the client sees the end of the connection.
  }

  @Override
  public boolean isWritable() {
    return socket().isWritable();
  }

  @Override
  public void pauseInput() {
    socket().config().setAutoRead(false);
  }

  @Override
  public void resumeInput() {
    socket().config().setAutoRead(true);
  }

  @Override
  public void finish(CommandStatus status) {
    byte[] text = protocol.statusAsJson() ? status.toJson() : status.toText();
    if (text.length > 0) {
      send(ERROR, text);
    }
    finish();
  }

  @Override
  public ScheduledExecutorService events() {
    return socket().eventLoop();
  }
}
