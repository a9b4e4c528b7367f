package io.jukung.runtime.nri.ttrpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.jukung.runtime.call.Failures;
import io.jukung.ttrpc.Request;
import io.jukung.ttrpc.Response;
import io.jukung.ttrpc.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One end of a connection whose two ends call each other by ttrpc. The connection is closed when
 * the other side closes it or breaks the protocol. Thread-safe.
 */
public final class TtrpcPeer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TtrpcPeer.class);

  /** How many calls of the other side are served at once; more are refused. */
  private static final int MAX_SERVED = 16;

  /** The longest error text that is taken from the other side, in characters. */
  private static final int MAX_ERROR_TEXT = 1000;

  private static final int STREAM_STEP = 2;

  /** Answers the calls of the other side. */
  public interface Handler {
    /**
     * Carries out one call, on a thread of its own.
     *
     * @param payload the request, a protobuf message
     * @throws TtrpcException the answer is this error
     */
    Message call(String service, String method, ByteString payload) throws TtrpcException;
  }

  /** The channels on which the two ends call each other. */
  public record Channels(int outgoing, int incoming) {}

  private final Multiplexer multiplexer;
  private final Channels channels;
  private final Handler handler;
  private final Runnable onClose;
  private final String name;
  private final AtomicInteger nextStream = new AtomicInteger(1);
  private final Map<Integer, CompletableFuture<Response>> waiting = new ConcurrentHashMap<>();
  private final Semaphore served = new Semaphore(MAX_SERVED);
  private final CompletableFuture<IOException> closed = new CompletableFuture<>();

  private TtrpcPeer(
      Multiplexer multiplexer, Channels channels, Handler handler, Runnable onClose, String name) {
    this.multiplexer = multiplexer;
    this.channels = channels;
    this.handler = handler;
    this.onClose = onClose;
    this.name = name;
  }

  /**
   * Begins to serve a connection, which belongs to the new object.
   *
   * @param onClose is called once, on any thread, when the connection is closed
   * @param name of the threads
   */
  public static TtrpcPeer start(
      Multiplexer multiplexer, Channels channels, Handler handler, Runnable onClose, String name) {
    TtrpcPeer peer = new TtrpcPeer(multiplexer, channels, handler, onClose, name);
    Thread.ofVirtual().name(name).start(peer::receive);
    return peer;
  }

  /**
   * Makes a call and waits for the answer.
   *
   * @throws TtrpcException if the answer is an error
   * @throws TimeoutException if none comes in time
   * @throws IOException if the connection is or gets closed, or the answer is not of its type
   */
  public <T> T call(
      String service, String method, Message request, Parser<T> answer, Duration timeout)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    byte[] body =
        Request.newBuilder()
            .setService(service)
            .setMethod(method)
            .setPayload(request.toByteString())
            .setTimeoutNano(timeout.toNanos())
            .build()
            .toByteArray();
    if (body.length > TtrpcFrame.MAX_BODY_BYTES) {
      throw new TtrpcException(
          TtrpcException.RESOURCE_EXHAUSTED,
          method + ": the request has " + body.length + " bytes");
    }
    int stream = nextStream.getAndAdd(STREAM_STEP);
    CompletableFuture<Response> response = new CompletableFuture<>();
    waiting.put(stream, response);
    try {
      // A plugin that does not read keeps the sender waiting, so the wait covers the sending too.
      Thread.ofVirtual().name(name + " send").start(() -> send(stream, body, response));
      if (closed.isDone()) {
        throw closed.join();
      }
      Response result = response.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      Status status = result.getStatus();
      if (status.getCode() != 0) {
        throw new TtrpcException(status.getCode(), bounded(status.getMessage()));
      }
      return answer.parseFrom(result.getPayload());
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(method + ": the answer cannot be read: " + e.getMessage(), e);
    } catch (ExecutionException e) {
      Throwable cause = Failures.cause(e);
      throw new IOException(method + ": " + cause.getMessage(), cause);
    } finally {
      waiting.remove(stream);
    }
  }

  private void send(int stream, byte[] body, CompletableFuture<Response> response) {
    TtrpcFrame frame = new TtrpcFrame(stream, TtrpcFrame.REQUEST, TtrpcFrame.NO_MORE, body);
    try {
      multiplexer.send(channels.outgoing(), frame.encode());
    } catch (IOException e) {
      response.completeExceptionally(e);
      close(e);
    }
  }

  private static String bounded(String text) {
    return text.length() <= MAX_ERROR_TEXT ? text : text.substring(0, MAX_ERROR_TEXT) + "…";
  }

  private void receive() {
    try {
      multiplexer.receive(
          Map.of(
              channels.outgoing(), new TtrpcFrame.Decoder(this::answered),
              channels.incoming(), new TtrpcFrame.Decoder(this::called)));
    } catch (IOException e) {
      close(e);
    } catch (RuntimeException | Error e) {
      LOG.error("{}: reading failed", name, e);
      close(new IOException(e));
    }
  }

  private void answered(TtrpcFrame frame) throws IOException {
    if (frame.type() != TtrpcFrame.RESPONSE) {
      throw new IOException("a ttrpc message of type " + frame.type() + " instead of an answer");
    }
    CompletableFuture<Response> response = waiting.remove(frame.stream());
    if (response != null) { // otherwise the answer comes too late
      response.complete(Response.parseFrom(frame.body()));
    }
  }

  private void called(TtrpcFrame frame) throws IOException {
    if (frame.type() != TtrpcFrame.REQUEST || frame.stream() % STREAM_STEP == 0) {
      throw new IOException(
          "a ttrpc message of type "
              + frame.type()
              + " and stream "
              + Integer.toUnsignedString(frame.stream())
              + " instead of a request");
    }
    Request request = Request.parseFrom(frame.body());
    if (!served.tryAcquire()) {
      throw new IOException("more than " + MAX_SERVED + " calls at once");
    }
    Thread.ofVirtual()
        .name(name + " " + bounded(request.getMethod()))
        .start(
            () -> {
              try {
                serve(frame.stream(), request);
              } finally {
                served.release();
              }
            });
  }

  private void serve(int stream, Request request) {
    Response.Builder response = Response.newBuilder();
    try {
      response.setPayload(
          handler
              .call(request.getService(), request.getMethod(), request.getPayload())
              .toByteString());
    } catch (TtrpcException e) {
      response.setStatus(
          Status.newBuilder().setCode(e.code()).setMessage(String.valueOf(e.getMessage())));
    } catch (RuntimeException | Error e) { // the caller must get its answer
      LOG.error("{}: {} failed", name, bounded(request.getMethod()), e);
      response.setStatus(
          Status.newBuilder().setCode(TtrpcException.UNKNOWN).setMessage(String.valueOf(e)));
    }
    byte[] body = response.build().toByteArray();
    try {
      multiplexer.send(
          channels.incoming(),
          new TtrpcFrame(stream, TtrpcFrame.RESPONSE, (byte) 0, body).encode());
    } catch (IOException e) {
      close(e);
    }
  }

  public boolean isClosed() {
    return closed.isDone();
  }

  @Override
  public void close() {
    close(new IOException("the connection is closed"));
  }

  private void close(IOException why) {
    if (!closed.complete(why)) {
      return;
    }
    try {
      multiplexer.close();
    } catch (IOException e) {
      LOG.debug("{}: close: {}", name, e.getMessage());
    }
    for (CompletableFuture<Response> each : waiting.values()) {
      each.completeExceptionally(why);
    }
    onClose.run();
  }
}
