package io.jukung.cli.ssh;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.jukung.cli.command.CliException;
import io.jukung.client.v1.AgentFrame;
import io.jukung.client.v1.BuildsGrpc.BuildsStub;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Answers for agents as long as a build runs: the daemon carries the connections of commands here.
 * To be opened before the build and closed after it. Thread-safe.
 */
public final class AgentForwarder implements AutoCloseable {
  private static final int SESSION_BYTES = 32;
  private static final long PATIENCE_SECONDS = 30;
  private static final int PIECE_BYTES = 64 << 10;

  /** Pieces of requests that wait for the agent. A command that sends more loses its connection. */
  private static final int MAX_WAITING = 64;

  private final SshAgents agents;
  private final String session;
  private final StreamObserver<AgentFrame> daemon;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Map<Integer, Connection> connections = new HashMap<>();
  private boolean closed;

  private AgentForwarder(BuildsStub builds, SshAgents agents) {
    byte[] random = new byte[SESSION_BYTES];
    new SecureRandom().nextBytes(random);
    this.session = HexFormat.of().formatHex(random);
    this.agents = agents;
    this.daemon = builds.forwardAgents(new Frames());
  }

  /** Tells the daemon of the agents, and waits until it knows. */
  public static AgentForwarder open(BuildsStub builds, SshAgents agents)
      throws InterruptedException {
    AgentForwarder forwarder = new AgentForwarder(builds, agents);
    forwarder.send(AgentFrame.newBuilder().setSession(forwarder.session).build());
    try {
      var _ = forwarder.ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return forwarder;
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      throw CliException.failed("forward SSH agents: " + cause.getMessage());
    } catch (TimeoutException e) {
      forwarder.close();
      throw CliException.failed("forward SSH agents: the daemon does not answer");
    }
  }

  /** By this the daemon finds the agents of the build. Secret. */
  public String session() {
    return session;
  }

  private void send(AgentFrame frame) {
    synchronized (daemon) {
      if (!closed) {
        daemon.onNext(frame);
      }
    }
  }

  /** gRPC calls the methods one after the other. */
  private final class Frames implements StreamObserver<AgentFrame> {
    @Override
    public void onNext(AgentFrame frame) {
      if (!ready.isDone()) {
        ready.complete(null);
        return;
      }
      Connection connection = connections.get(frame.getConnection());
      if (connection == null) {
        if (frame.getAgent().isEmpty()) {
          return; // a piece of a connection that was given up
        }
        connection = new Connection(frame.getConnection(), agents.get(frame.getAgent()));
        connections.put(frame.getConnection(), connection);
        Thread.ofVirtual().name("ssh-agent").start(connection::serve);
      }
      boolean taken = frame.getData().isEmpty() || connection.pieces.offer(frame.getData());
      if (frame.getEnd() || !taken) {
        connections.remove(frame.getConnection());
        connection.end();
      }
    }

    @Override
    public void onError(Throwable cause) {
      ready.completeExceptionally(cause);
      end();
    }

    @Override
    public void onCompleted() {
      end();
    }

    private void end() {
      connections.values().forEach(Connection::end);
      connections.clear();
    }
  }

  /** One connection of a command: a request, its answer, the next request. */
  private final class Connection extends InputStream {
    private final int number;
    private final Agent agent;

    /** There is room for the end besides the pieces. */
    private final BlockingQueue<ByteString> pieces = new ArrayBlockingQueue<>(MAX_WAITING);

    private volatile boolean ended;
    private ByteString current = ByteString.EMPTY;
    private int position;

    Connection(int number, Agent agent) {
      this.number = number;
      this.agent = agent;
    }

    void serve() {
      try {
        for (Optional<byte[]> request = AgentMessages.read(this);
            request.isPresent();
            request = AgentMessages.read(this)) {
          answer(AgentMessages.framed(agent.answer(request.get())));
        }
      } catch (IOException e) {
        // The command sees that its connection ends, as when the agent itself had ended it.
      } finally {
        send(AgentFrame.newBuilder().setConnection(number).setEnd(true).build());
      }
    }

    private void answer(byte[] answer) {
      for (int at = 0; at < answer.length; at += PIECE_BYTES) {
        int length = Math.min(PIECE_BYTES, answer.length - at);
        send(
            AgentFrame.newBuilder()
                .setConnection(number)
                .setData(ByteString.copyFrom(answer, at, length))
                .build());
      }
    }

    /** No more pieces come. */
    void end() {
      ended = true;
      var _ = pieces.offer(ByteString.EMPTY); // if there is no room, the reader does not wait
    }

    @Override
    public int read() throws IOException {
      return await() ? current.byteAt(position++) & 0xFF : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!await()) {
        return -1;
      }
      int count = Math.min(length, current.size() - position);
      current.substring(position, position + count).copyTo(buffer, offset);
      position += count;
      return count;
    }

    /** Waits for a byte; false at the end. */
    private boolean await() throws IOException {
      while (position == current.size()) {
        try {
          if (ended && pieces.isEmpty()) {
            return false;
          }
          current = pieces.take();
          position = 0;
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw (IOException) new InterruptedIOException("an SSH agent").initCause(e);
        }
      }
      return true;
    }
  }

  @Override
  public void close() {
    synchronized (daemon) {
      if (!closed) {
        closed = true;
        daemon.onCompleted();
      }
    }
  }
}
