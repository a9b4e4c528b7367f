package io.jukung.runtime.build;

import io.jukung.client.v1.AgentFrame;
import io.jukung.runtime.rpc.Exchange;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client that answers for SSH agents: each connection of a command is carried to the client, and
 * the answers back. What is carried is never logged. Thread-safe.
 */
final class AgentSession {
  private static final Logger LOG = LoggerFactory.getLogger(AgentSession.class);

  /** An ssh has one connection; a build tool runs some of them side by side. */
  private static final int MAX_CONNECTIONS = 64;

  private final Exchange.Sender<AgentFrame> client;
  private final Map<Integer, AgentConnection> connections = new HashMap<>();
  private int last;
  private boolean closed;

  AgentSession(Exchange.Sender<AgentFrame> client) {
    this.client = client;
  }

  /** Tells the client that builds find the session from now on. */
  void greet() {
    Thread.ofVirtual()
        .name("build-agent")
        .start(
            () -> {
              try {
                client.send(AgentFrame.getDefaultInstance());
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException e) {
                LOG.debug("a client of SSH agents is gone: {}", e.getMessage());
              }
            });
  }

  /**
   * Carries a connection until one side closes it. It is closed at once if there are too many, or
   * if the client is gone.
   *
   * @param agent the id of the agent
   */
  synchronized AgentConnection carry(SocketChannel channel, String agent) {
    int number = ++last;
    AgentConnection connection =
        new AgentConnection(channel, number, agent, client, () -> forget(number));
    if (closed || connections.size() >= MAX_CONNECTIONS) {
      connection.close();
      return connection;
    }
    connections.put(number, connection);
    connection.start();
    return connection;
  }

  private synchronized void forget(int number) {
    connections.remove(number);
  }

  /** Takes a message of the client. One about a connection that has ended is ignored. */
  void received(AgentFrame frame) {
    AgentConnection connection;
    synchronized (this) {
      connection = connections.get(frame.getConnection());
    }
    if (connection != null) {
      connection.received(frame);
    }
  }

  /** The client is gone. */
  void close() {
    List<AgentConnection> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(connections.values());
    }
    left.forEach(AgentConnection::close);
  }
}
