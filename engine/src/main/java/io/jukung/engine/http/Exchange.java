package io.jukung.engine.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One request and its response. Used by the thread of the request. */
public final class Exchange {
  /** The largest body that is JSON: a container with all its options has some kilobytes. */
  private static final int MAX_JSON_BYTES = 4 << 20;

  private final Connection connection;
  private final RequestReader reader;
  private final HttpRequest request;
  private final Query query;
  private final RequestBody body;
  private final boolean clientWaits;
  private ApiVersion version = ApiVersion.NEWEST;
  private Map<String, String> parameters = Map.of();
  private @Nullable ChunkedOutput chunks;
  private boolean answered;
  private boolean reusable;

  Exchange(Connection connection, RequestReader reader, HttpRequest request) {
    this.connection = connection;
    this.reader = reader;
    this.request = request;
    this.query = new Query(request.uri());
    this.clientWaits = HttpUtil.is100ContinueExpected(request);
    this.reusable = HttpUtil.isKeepAlive(request);
    this.body =
        new RequestBody(
            reader,
            () -> {
              if (clientWaits && !answered) {
                send(Response.goOn(), new byte[0]);
              }
            });
  }

  void routed(Router.Found found) {
    version = found.version();
    parameters = found.parameters();
  }

  public String method() {
    return request.method().name();
  }

  String path() {
    return query.path();
  }

  /** The version of the API that the client speaks. */
  public ApiVersion version() {
    return version;
  }

  /** The value of a parameter in the route's path. */
  public String parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  public Query query() {
    return query;
  }

  public Optional<String> header(String name) {
    return Optional.ofNullable(request.headers().get(name)).filter(each -> !each.isEmpty());
  }

  public InputStream body() {
    return body;
  }

  /** Whether the request has a body. */
  public boolean hasBody() {
    return HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0) > 0;
  }

  /**
   * Reads the body as JSON.
   *
   * @return an empty object if there is no body
   * @throws HttpError 400 if it is no JSON object, 413 if it is too large
   */
  public JsonNode json() throws IOException {
    byte[] bytes = body.readNBytes(MAX_JSON_BYTES + 1);
    if (bytes.length > MAX_JSON_BYTES) {
      throw new HttpError(413, "the body has more than " + MAX_JSON_BYTES + " bytes");
    }
    if (bytes.length == 0) {
      return Json.object();
    }
    try {
      JsonNode tree = Json.MAPPER.readTree(bytes);
      if (tree.isObject() || tree.isNull() || tree.isMissingNode()) {
        return tree.isObject() ? tree : Json.object();
      }
      throw HttpError.badRequest("the body is not a JSON object");
    } catch (JsonProcessingException e) {
      throw HttpError.badRequest("the body is not JSON: " + e.getOriginalMessage());
    }
  }

  public void sendJson(int status, JsonNode document) throws IOException {
    sendWhole(status, "application/json", Json.line(document), Map.of());
  }

  /** Answers with a text and more headers. */
  public void sendText(int status, String text, Map<String, String> headers) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    sendWhole(status, "text/plain; charset=utf-8", bytes, headers);
  }

  /** Answers without a body, with more headers. */
  public void sendEmpty(int status, Map<String, String> headers) throws IOException {
    Response response = head(status);
    headers.forEach(response::header);
    if (status != 204 && status != 304) {
      response.header("Content-Length", "0");
    }
    answer(response, new byte[0]);
  }

  public void sendEmpty(int status) throws IOException {
    sendEmpty(status, Map.of());
  }

  /** The head of a response, which tells the client if its connection ends (RFC 9112, 9.6). */
  private Response head(int status) {
    Response response = Response.of(status, version);
    return reusable ? response : response.header("Connection", "close");
  }

  private void sendWhole(int status, String type, byte[] bytes, Map<String, String> headers)
      throws IOException {
    Response response =
        head(status)
            .header("Content-Type", type)
            .header("Content-Length", Integer.toString(bytes.length));
    headers.forEach(response::header);
    answer(response, method().equals("HEAD") ? new byte[0] : bytes);
  }

  /**
   * Sends the head of a response whose body is written later, piece by piece. Its end is sent when
   * the request's handler returns.
   */
  public OutputStream stream(int status, String type, Map<String, String> headers)
      throws IOException {
    Response response =
        head(status).header("Content-Type", type).header("Transfer-Encoding", "chunked");
    headers.forEach(response::header);
    ChunkedOutput output = new ChunkedOutput(connection);
    answer(response, new byte[0]);
    chunks = output;
    return output;
  }

  /**
   * As {@link #stream(int, String, Map)}, for a stream that goes on until something happens: a
   * client that goes away interrupts the thread of the request.
   */
  public OutputStream endlessStream(int status, String type) throws IOException {
    reusable = false;
    OutputStream output = stream(status, type, Map.of());
    interruptWhenClientLeaves();
    return output;
  }

  /**
   * Lets a client that goes away interrupt the thread of the request from now on, for work that
   * takes a while before there is anything to send. The connection ends with the response.
   */
  public void interruptWhenClientLeaves() throws IOException {
    reusable = false;
    Thread waiting = Thread.currentThread();
    if (body.drain(clientWaits)) { // else the client still sends, and its end shows in a write
      Thread.ofVirtual().name("disconnect").start(() -> awaitDisconnect(waiting));
    }
  }

  private void awaitDisconnect(Thread waiting) {
    ByteBuffer ignored = ByteBuffer.allocate(1024);
    try {
      while (connection.read(ignored.clear(), Duration.ZERO) >= 0) {
        // A client that sends more has not understood that this connection is not used again.
      }
    } catch (IOException e) {
      // The connection was closed, by the server too: then nobody waits any more.
      return;
    }
    waiting.interrupt();
  }

  /**
   * Leaves HTTP. The connection ends with the handler.
   *
   * @param type the type of what the client gets
   */
  public Hijacked hijack(String type) throws IOException {
    boolean drained = hasBody() ? body.drain(false) : true;
    if (!drained) {
      throw HttpError.badRequest("the body is too large");
    }
    if (!hasBody()) {
      // The end of the request, which has no bytes.
      var _ = body.read();
    }
    boolean upgrade = request.headers().contains(HttpHeaderNames.UPGRADE);
    Response response =
        upgrade
            ? Response.upgraded()
                .header("Content-Type", type)
                .header("Connection", "Upgrade")
                .header("Upgrade", "tcp")
            : Response.of(200, version).header("Content-Type", type);
    reusable = false;
    answer(response, new byte[0]);
    return new Hijacked(connection, reader.takeRest());
  }

  /**
   * Leaves HTTP for the protocol WebSocket (RFC 6455). The connection ends with the handler.
   *
   * @throws HttpError 400 if the client does not ask for it
   */
  public Hijacked webSocket() throws IOException {
    String key = header("Sec-WebSocket-Key").orElse("");
    boolean asked =
        header("Upgrade").filter(each -> each.equalsIgnoreCase("websocket")).isPresent();
    if (!asked || key.isEmpty() || !header("Sec-WebSocket-Version").orElse("").equals("13")) {
      throw HttpError.badRequest("the request is no opening of a WebSocket of version 13");
    }
    var _ = body.read(); // the end of the request, which has no bytes
    reusable = false;
    answer(
        Response.switched()
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Accept", WebSocketClient.accept(key)),
        new byte[0]);
    return new WebSocketClient(connection, reader.takeRest());
  }

  private void answer(Response response, byte[] bytes) throws IOException {
    if (answered) {
      throw new IllegalStateException("the request has an answer already");
    }
    answered = true;
    send(response, bytes);
  }

  private void send(Response response, byte[] bytes) throws IOException {
    byte[] head = response.bytes();
    ByteBuffer all = ByteBuffer.allocate(head.length + bytes.length).put(head).put(bytes);
    connection.write(all.flip());
  }

  /** Answers with an error, if nothing was sent before; otherwise the connection must end. */
  void fail(int status, String message) throws IOException {
    if (answered) {
      reusable = false;
      chunks = null; // a body without its end is one that has failed
      return;
    }
    sendJson(status, Json.object().put("message", message));
  }

  /**
   * Ends the response.
   *
   * @return whether the connection can carry the next request
   */
  boolean finish() throws IOException {
    if (!answered) {
      fail(500, "the request has got no answer");
    }
    if (chunks != null) {
      chunks.close();
    }
    try (body) {
      return reusable && body.drain(clientWaits);
    }
  }
}
