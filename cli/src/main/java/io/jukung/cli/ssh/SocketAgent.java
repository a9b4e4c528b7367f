package io.jukung.cli.ssh;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** An agent behind a socket, with a connection for each request. */
record SocketAgent(Path socket) implements Agent {
  @Override
  public byte[] answer(byte[] request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      var _ = channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer framed = ByteBuffer.wrap(AgentMessages.framed(request));
      while (framed.hasRemaining()) {
        var _ = channel.write(framed);
      }
      return AgentMessages.read(Channels.newInputStream(channel))
          .orElseThrow(() -> new IOException("the SSH agent " + socket + " gives no answer"));
    }
  }
}
