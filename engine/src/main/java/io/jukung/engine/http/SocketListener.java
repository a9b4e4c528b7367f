package io.jukung.engine.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** A unix socket. The mode of its file decides who may connect; clients send no credentials. */
public final class SocketListener implements Listener {
  private final ServerSocketChannel socket;

  /**
   * Takes over a socket.
   *
   * @param socket which listens already
   */
  public SocketListener(ServerSocketChannel socket) {
    this.socket = socket;
  }

  @Override
  public @Nullable Wire accept() throws IOException {
    try {
      return new SocketWire(socket.accept());
    } catch (ClosedChannelException e) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private record SocketWire(SocketChannel channel) implements Wire {
    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      channel.write(bytes);
    }

    @Override
    public void endOutput() throws IOException {
      channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
