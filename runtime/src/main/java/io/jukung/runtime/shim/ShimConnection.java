package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Transfer;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.libc.Memory;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.shim.v1.FromShim;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.ToShim;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to a shim, which carries requests, their answers, and events. The end of the
 * connection fails every call that still waits. Thread-safe.
 */
final class ShimConnection implements DescriptorLoop.Watched, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShimConnection.class);

  /** How many bytes a shim may leave unread before it is taken to be stuck. */
  private static final int MAX_QUEUED = 8 << 20;

  /** Receives what the shim sends unasked, on the loop's thread. */
  interface Events {
    void event(FromShim message);

    /** The shim sleeps and has been sent a request, so it must be rung, see shim.proto. */
    void ring();

    /** The shim has said that it sleeps. */
    void slept();

    /** The shim, which had said that it sleeps, has sent something else, or the same again. */
    void woke();

    /** The connection has ended, and everything that came over it has been delivered. */
    void disconnected(ShimConnection connection);
  }

  private final DescriptorLoop loop;
  private final UnixSocket socket;
  private final Object name;
  private final Events events;
  private final Frames frames = new Frames();
  private final ConcurrentMap<Long, Call> calls = new ConcurrentHashMap<>();
  private final AtomicLong lastId = new AtomicLong();
  // Guards the socket: two threads must not mix their frames, nor use a socket that is closed.
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Outgoing> queue = new ArrayDeque<>();
  private int queued;
  private long token;
  private boolean open = true;
  // Whether the shim has said that it sleeps, and nothing since.
  private volatile boolean asleep;
  private volatile boolean slept;

  /**
   * A call that waits for its answer.
   *
   * @param late receives the answer if the caller has timed out
   */
  private record Call(
      long id, String what, CompletableFuture<Reply> answer, Consumer<Reply> late) {}

  /**
   * Takes over a connected socket. Nothing is received before {@link #start}.
   *
   * @param name what the shim is called in messages. A spare becomes the shim of a pod, so this is
   *     asked for its text when a message is made
   */
  ShimConnection(DescriptorLoop loop, UnixSocket socket, Object name, Events events) {
    this.loop = loop;
    this.socket = socket;
    this.name = name;
    this.events = events;
  }

  void start() throws ErrnoException {
    lock.lock(); // an answer could come before the token is known
    try {
      token = loop.add(socket.fd(), this);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param descriptors are sent beside the request; they stay the caller's
   * @param late receives the answer if it comes after the wait
   * @throws CriException DEADLINE_EXCEEDED if the shim does not answer in time, UNAVAILABLE if it
   *     cannot be reached, CANCELLED if this thread is interrupted
   */
  Reply call(ToShim.Builder request, List<Fd> descriptors, Duration patience, Consumer<Reply> late)
      throws IOException {
    Call call = begin(request, descriptors, late);
    Optional<Reply> answer = await(call, patience);
    return answer.isPresent() ? answer.get() : abandonLate(call, patience);
  }

  /**
   * As {@link #call}, for a request that takes long while the shim answers others. The wait ends
   * early if the shim is silent altogether.
   *
   * @param silence how long the shim may be silent; part of the patience
   * @param probe asks the shim something else, and throws if it does not answer either
   */
  Reply callLong(
      ToShim.Builder request,
      List<Fd> descriptors,
      Duration patience,
      Duration silence,
      Probe probe,
      Consumer<Reply> late)
      throws IOException {
    long start = System.nanoTime();
    Call call = begin(request, descriptors, late);
    while (true) {
      Optional<Reply> answer = await(call, silence);
      if (answer.isPresent()) {
        return answer.get();
      }
      Duration passed = Duration.ofNanos(System.nanoTime() - start);
      if (passed.compareTo(patience) >= 0) {
        return abandonLate(call, passed);
      }
      try {
        probe.ask();
      } catch (IOException | RuntimeException e) {
        LOG.debug("{}: {}", name, e.getMessage());
        return abandonLate(call, Duration.ofNanos(System.nanoTime() - start));
      }
    }
  }

  /** Asks a shim for a sign of life. */
  interface Probe {
    void ask() throws IOException;
  }

  private Call begin(ToShim.Builder request, List<Fd> descriptors, Consumer<Reply> late)
      throws IOException {
    long id = lastId.incrementAndGet();
    String what = request.getCallCase().toString();
    byte[] frame = Frames.encode(request.setId(id).build());
    Call call = new Call(id, what, new CompletableFuture<>(), late);
    calls.put(id, call);
    try {
      send(id, frame, descriptors);
    } catch (IOException | RuntimeException e) {
      calls.remove(id);
      throw e;
    }
    if (asleep) {
      events.ring();
    }
    return call;
  }

  /** Waits for the answer; empty if it does not come in time. */
  private Optional<Reply> await(Call call, Duration patience) {
    try {
      return Optional.of(call.answer.get(patience.toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      throw unavailable(call.what, e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of(
          abandon(
              call,
              ErrorKind.CANCELLED,
              "was not waited for, because " + call.what + " was cancelled"));
    }
  }

  private Reply abandonLate(Call call, Duration waited) {
    return abandon(
        call,
        ErrorKind.DEADLINE_EXCEEDED,
        "did not answer " + call.what + " within " + waited.toMillis() + " ms");
  }

  private Reply abandon(Call call, ErrorKind kind, String why) {
    if (call.answer.cancel(false)) {
      withdraw(call.id);
      throw new CriException(kind, name + " " + why);
    }
    return call.answer.join(); // the answer came at the last moment
  }

  /** Takes back a request of which nothing was sent: a shim that wakes must not carry it out. */
  private void withdraw(long id) {
    lock.lock();
    try {
      for (Outgoing each : queue) {
        if (each.id() == id && !each.isBegun()) {
          queue.remove(each);
          queued -= each.size();
          each.close();
          calls.remove(id);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private CriException unavailable(String what, Throwable cause) {
    return new CriException(
        ErrorKind.UNAVAILABLE, what + ": " + name + ": " + cause.getMessage(), cause);
  }

  private void send(long id, byte[] frame, List<Fd> descriptors) throws IOException {
    lock.lock();
    try {
      if (!open) {
        throw new CriException(ErrorKind.UNAVAILABLE, name + " is not connected");
      }
      Outgoing outgoing = new Outgoing(id, frame, descriptors);
      if (queue.isEmpty() && outgoing.send(socket)) {
        return;
      }
      if (queued + outgoing.size() > MAX_QUEUED) {
        throw new CriException(ErrorKind.UNAVAILABLE, name + " does not read its requests");
      }
      outgoing.keep();
      queue.add(outgoing);
      queued += outgoing.size();
      loop.watchFor(token, socket.fd(), Epoll.IN | Epoll.OUT);
    } catch (ErrnoException e) {
      // The loop sees the same failure, and ends the connection.
      throw new CriException(
          Outgoing.isDisconnected(e) ? ErrorKind.UNAVAILABLE : ErrorKind.INTERNAL,
          name + ": " + e.getMessage(),
          e);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void ready(int readiness, Memory chunk) throws IOException {
    if ((readiness & Epoll.OUT) != 0) {
      sendQueued();
    }
    if ((readiness & ~Epoll.OUT) != 0) {
      receive(chunk);
    }
  }

  private void sendQueued() {
    lock.lock();
    try {
      while (open && !queue.isEmpty()) {
        Outgoing first = queue.getFirst();
        int before = first.size();
        boolean done = first.send(socket);
        queued -= before - first.size();
        if (!done) {
          return;
        }
        queue.removeFirst();
      }
      if (open) {
        loop.watchFor(token, socket.fd(), Epoll.IN);
      }
    } catch (ErrnoException e) {
      end(e);
    } finally {
      lock.unlock();
    }
  }

  /** Reads once. The loop calls again if there is more. */
  private void receive(Memory chunk) {
    List<FromShim> messages = List.of();
    IOException failure = null;
    lock.lock();
    try {
      if (!open) {
        return;
      }
      List<Fd> descriptors = new ArrayList<>();
      int count = socket.receive(chunk, 0, chunk.size(), descriptors);
      descriptors.forEach(Fd::close); // a shim sends none
      if (count > 0) {
        messages = frames.take(chunk, count);
      } else if (count == 0) {
        failure = new IOException("the shim closed the connection");
      } else if (count != Transfer.WOULD_BLOCK) {
        failure = new IOException("the shim's connection: " + Errno.describe(-count));
      }
    } catch (IOException e) {
      failure = e;
    } finally {
      lock.unlock();
    }
    for (FromShim message : messages) {
      deliver(message);
    }
    if (failure != null) {
      end(failure);
    }
  }

  /** Reads everything that a shim which has ended left in the socket, and ends the connection. */
  void receiveRest(Memory chunk) {
    for (int reads = 0; isOpen() && reads < MAX_QUEUED / chunk.size(); reads++) {
      receive(chunk);
    }
    end(new IOException("the shim has ended"));
  }

  private void deliver(FromShim message) {
    boolean wasAsleep = asleep;
    asleep = message.hasAsleep();
    if (wasAsleep) {
      events.woke();
    }
    if (asleep) {
      slept = true;
      events.slept();
      ringIfAsked();
      return;
    }
    if (!message.hasReply()) {
      events.event(message);
      return;
    }
    Call call = calls.remove(message.getReply().getId());
    if (call != null && !call.answer.complete(message.getReply())) {
      call.late.accept(message.getReply());
    }
  }

  /** A request may have been sent when the shim did not look any more. */
  private void ringIfAsked() {
    if (!calls.isEmpty()) {
      events.ring();
    }
  }

  /** Whether the shim sleeps, as far as it has said. */
  boolean isAsleep() {
    return asleep;
  }

  /** Whether the shim has slept since this connection began. */
  boolean hasSlept() {
    return slept;
  }

  boolean isOpen() {
    lock.lock();
    try {
      return open;
    } finally {
      lock.unlock();
    }
  }

  private void end(IOException why) {
    if (disconnect(why)) {
      events.disconnected(this);
    }
  }

  private boolean disconnect(IOException why) {
    lock.lock();
    try {
      if (!open) {
        return false;
      }
      open = false;
      if (token != 0) {
        loop.remove(token, socket.fd());
      }
      socket.close();
      queue.forEach(Outgoing::close);
      queue.clear();
    } finally {
      lock.unlock();
    }
    for (Call call : calls.values()) {
      call.answer.completeExceptionally(why);
    }
    calls.clear();
    return true;
  }

  /** Ends the connection without an event. */
  @Override
  public void close() {
    disconnect(new IOException("the connection was closed"));
  }

  @Override
  public String toString() {
    return "connection to " + name;
  }
}
