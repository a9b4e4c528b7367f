package io.jukung.runtime.streaming.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which connections of the streaming server stay open. Every process of the node may
 * connect, so a connection counts for little until it has shown a valid token: such strangers have
 * a small room of their own, which the oldest leaves when it is full. Processes that connect and
 * wait can therefore not keep out a client with a token, however many connections they open.
 * Thread-safe.
 */
// A close that fails leaves a connection that is closed already.
@SuppressWarnings("FutureReturnValueIgnored")
final class ConnectionLimits {
  private static final Logger LOG = LoggerFactory.getLogger(ConnectionLimits.class);

  /**
   * The limit of connections that have shown a token, far more than the users of a node open. Each
   * has buffers.
   */
  static final int MAX_ADMITTED = 4096;

  /**
   * The limit of strangers. Some 20 000 connections a second can be opened on a node, so a client
   * has some 100 ms from its connection to its request even under an attack. Clients send their
   * request at once. Each stranger costs some 20 KB of memory.
   */
  static final int MAX_STRANGERS = 2048;

  /** The limit of strangers with TLS, whose handshake takes more memory and more time. */
  static final int MAX_TLS_STRANGERS = 512;

  /** With more strangers than that, no stranger stays longer than {@link #MAX_STAY}. */
  static final int MANY_STRANGERS = 64;

  /**
   * How long a stranger stays if there are many. Without many strangers, a client on a busy machine
   * has the whole time that {@link UpgradeHandler} allows for a request.
   */
  static final Duration MAX_STAY = Duration.ofSeconds(1);

  /** An attack writes one line in this time, not one for each connection. */
  private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

  private final int maxStrangers;
  private final LongSupplier nanoTime;
  private final Map<Channel, Long> strangers = new LinkedHashMap<>(); // by time, oldest first
  private final Set<Channel> admitted = new HashSet<>();
  private long warned;

  /**
   * Makes limits without connections.
   *
   * @param maxStrangers the limit of connections that have shown no token
   * @param nanoTime the clock, in nanoseconds since any moment
   */
  ConnectionLimits(int maxStrangers, LongSupplier nanoTime) {
    this.maxStrangers = maxStrangers;
    this.nanoTime = nanoTime;
    this.warned = nanoTime.getAsLong() - BETWEEN_WARNINGS.toNanos();
  }

  /** Takes in a new connection, and closes older ones that have shown no token. */
  void opened(Channel connection) {
    synchronized (this) {
      strangers.put(connection, nanoTime.getAsLong());
    }
    connection.closeFuture().addListener(closed -> forget(connection));
    for (Channel oldest = next(); oldest != null; oldest = next()) {
      abort(oldest);
    }
  }

  /**
   * Closes a connection that has shown no token, by RST. After FIN, the client's socket would keep
   * its port for as long as the client likes, and a process with many descriptors could take all
   * local ports from which others connect.
   */
  static void abort(Channel connection) {
    try {
      connection.config().setOption(ChannelOption.SO_LINGER, 0);
    } catch (ChannelException e) {
      LOG.debug("{} is closed already: {}", connection, e.toString());
    }
    connection.close();
  }

  /**
   * Marks a connection as one that has shown a valid token.
   *
   * @return false if there are too many of those
   */
  synchronized boolean admit(Channel connection) {
    strangers.remove(connection);
    if (!connection.isOpen()) {
      return false;
    }
    if (admitted.size() >= MAX_ADMITTED) {
      warn("refused a client, others have " + MAX_ADMITTED + " connections");
      return false;
    }
    return admitted.add(connection);
  }

  private synchronized void forget(Channel connection) {
    strangers.remove(connection);
    admitted.remove(connection);
  }

  /** Removes and returns the oldest stranger, if it has to go; null if all may stay. */
  private synchronized @Nullable Channel next() {
    if (strangers.size() <= MANY_STRANGERS) {
      return null;
    }
    Map.Entry<Channel, Long> oldest = strangers.entrySet().iterator().next();
    boolean tooLong = nanoTime.getAsLong() - oldest.getValue() > MAX_STAY.toNanos();
    if (strangers.size() <= maxStrangers && !tooLong) {
      return null;
    }
    warn("closes connections that show no token, " + strangers.size() + " are open");
    strangers.remove(oldest.getKey());
    return oldest.getKey();
  }

  private void warn(String what) {
    long now = nanoTime.getAsLong();
    if (now - warned >= BETWEEN_WARNINGS.toNanos()) {
      warned = now;
      LOG.warn("streaming server: {}", what);
    }
  }
}
