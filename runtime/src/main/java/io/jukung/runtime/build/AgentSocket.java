package io.jukung.runtime.build;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket on which a command finds an SSH agent of the client. Closing it ends its connections;
 * the file is its owner's to remove.
 */
final class AgentSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentSocket.class);

  private final ServerSocketChannel server;
  private final AgentSession session;
  private final String agent;
  private final List<AgentConnection> connections = new ArrayList<>();
  private boolean closed;

  private AgentSocket(ServerSocketChannel server, AgentSession session, String agent) {
    this.server = server;
    this.session = session;
    this.agent = agent;
  }

  /**
   * Makes the socket and listens.
   *
   * @param directory the file is made in; nobody else may enter it
   * @param name of the file
   * @param agent the id of the agent
   */
  static AgentSocket listen(Path directory, String name, AgentSession session, String agent)
      throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    // The address of a socket has at most 107 bytes, whatever the state directory is (unix(7)).
    try (Fd parent = HostFile.openDirectory(directory)) {
      server.bind(UnixDomainSocketAddress.of(Path.of(parent.procPath(), name)));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    AgentSocket socket = new AgentSocket(server, session, agent);
    Thread.ofVirtual().name("build-agent-accept").start(socket::accept);
    return socket;
  }

  private void accept() {
    try {
      while (true) {
        AgentConnection connection = session.carry(server.accept(), agent);
        synchronized (this) {
          if (closed) {
            connection.close();
            return;
          }
          connections.removeIf(AgentConnection::isClosed);
          connections.add(connection);
        }
      }
    } catch (IOException e) {
      LOG.debug("a socket of an SSH agent is closed: {}", e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    synchronized (this) {
      closed = true;
      connections.forEach(AgentConnection::close);
    }
  }
}
