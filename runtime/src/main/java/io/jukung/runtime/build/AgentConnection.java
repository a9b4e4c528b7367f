package io.jukung.runtime.build;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.AgentFrame;
import io.jukung.runtime.rpc.Exchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of a command to an SSH agent of the client, on two threads. Thread-safe. */
final class AgentConnection {
  private static final Logger LOG = LoggerFactory.getLogger(AgentConnection.class);
  private static final int PIECE_BYTES = 16 << 10;

  /** Pieces of answers that the command has not read yet. An answer has 256 KiB at most. */
  private static final int MAX_WAITING = 64;

  private final SocketChannel channel;
  private final int number;
  private final String agent;
  private final Exchange.Sender<AgentFrame> client;
  private final Runnable whenClosed;
  private final BlockingQueue<AgentFrame> answers = new ArrayBlockingQueue<>(MAX_WAITING);
  private final Thread reader;
  private final Thread writer;
  private boolean closed;

  /**
   * @param number of the connection, for the client
   * @param agent the id of the agent
   */
  AgentConnection(
      SocketChannel channel,
      int number,
      String agent,
      Exchange.Sender<AgentFrame> client,
      Runnable whenClosed) {
    this.channel = channel;
    this.number = number;
    this.agent = agent;
    this.client = client;
    this.whenClosed = whenClosed;
    this.reader = Thread.ofVirtual().name("build-agent-in").unstarted(this::read);
    this.writer = Thread.ofVirtual().name("build-agent-out").unstarted(this::write);
  }

  /** Tells the client of the connection, and begins to carry. */
  void start() {
    reader.start();
    writer.start();
  }

  private AgentFrame.Builder frame() {
    return AgentFrame.newBuilder().setConnection(number);
  }

  private void read() {
    ByteBuffer buffer = ByteBuffer.allocate(PIECE_BYTES);
    try {
      client.send(frame().setAgent(agent).build());
      while (channel.read(buffer) >= 0) {
        client.send(frame().setData(ByteString.copyFrom(buffer.flip())).build());
        buffer.clear();
      }
      client.send(frame().setEnd(true).build());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.debug("a connection to an SSH agent ends: {}", e.getMessage());
    } finally {
      close();
    }
  }

  private void write() {
    try {
      for (AgentFrame next = answers.take(); !next.getEnd(); next = answers.take()) {
        ByteBuffer data = next.getData().asReadOnlyByteBuffer();
        while (data.hasRemaining()) {
          var _ = channel.write(data);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.debug("a connection to an SSH agent ends: {}", e.getMessage());
    } finally {
      close();
    }
  }

  /** Takes a message of the client. A command that does not read its answers loses the agent. */
  void received(AgentFrame frame) {
    if (!answers.offer(frame)) {
      close();
    }
  }

  /** Ends the connection. Ending it again is a no-op. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    whenClosed.run();
    reader.interrupt();
    writer.interrupt();
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("close a connection to an SSH agent: {}", e.getMessage());
    }
  }

  synchronized boolean isClosed() {
    return closed;
  }
}
