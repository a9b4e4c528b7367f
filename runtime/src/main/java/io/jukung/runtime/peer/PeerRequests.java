package io.jukung.runtime.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.peer.SharedContent;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.stream.ChunkedNioFile;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the requests of one connection, one after the other. */
// A write that fails closes the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerRequests extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(PeerRequests.class);
  private static final int CHUNK_BYTES = 64 * 1024;
  private static final String BASE = "/v2/";

  /** One range with a beginning, which is what a node sends that continues a download. */
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})");

  private final SharedContent content;
  private boolean isAnswering;

  PeerRequests(SharedContent content) {
    this.content = content;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext connection, FullHttpRequest request)
      throws IOException {
    if (isAnswering) {
      connection.close(); // nobody sends a request before the answer to another one has come
      return;
    }
    isAnswering = true;
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (!request.decoderResult().isSuccess()) {
      refuse(connection, request, HttpResponseStatus.BAD_REQUEST, "UNSUPPORTED", "not HTTP");
    } else if (!head && !request.method().equals(HttpMethod.GET)) {
      refuse(
          connection,
          request,
          HttpResponseStatus.METHOD_NOT_ALLOWED,
          "UNSUPPORTED",
          "only GET and HEAD");
    } else if (request.uri().split("\\?", 2)[0].equals(BASE)) {
      answer(connection, request, json(HttpResponseStatus.OK, "{}"));
    } else {
      give(connection, request, head);
    }
  }

  private void give(ChannelHandlerContext connection, FullHttpRequest request, boolean head)
      throws IOException {
    Optional<PeerPath> path = PeerPath.parse(request.uri());
    Optional<SharedContent.Found> found =
        path.flatMap(asked -> content.find(asked.repository(), asked.digest()))
            .filter(each -> each.mediaType().isPresent() == path.get().manifest());
    if (found.isEmpty()) {
      boolean manifest = path.map(PeerPath::manifest).orElse(true);
      refuse(
          connection,
          request,
          HttpResponseStatus.NOT_FOUND,
          manifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN",
          "this node has no such content to give, by its digest and the parameter ns");
      return;
    }
    send(connection, request, found.get(), head);
  }

  private void send(
      ChannelHandlerContext connection,
      FullHttpRequest request,
      SharedContent.Found found,
      boolean head)
      throws IOException {
    Matcher range = RANGE.matcher(request.headers().get(HttpHeaderNames.RANGE, ""));
    boolean partial = range.matches() && !head;
    long first = partial ? Long.parseLong(range.group(1)) : 0;
    long end =
        partial && !range.group(2).isEmpty()
            ? Math.min(found.size(), Long.parseLong(range.group(2)) + 1)
            : found.size();
    if (partial && first >= end) {
      refuse(
          connection,
          request,
          HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
          "UNSUPPORTED",
          "there are no such bytes");
      return;
    }
    HttpResponse response =
        new DefaultHttpResponse(
            HttpVersion.HTTP_1_1,
            partial ? HttpResponseStatus.PARTIAL_CONTENT : HttpResponseStatus.OK);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, found.mediaType().orElse("application/octet-stream"))
        .set(HttpHeaderNames.CONTENT_LENGTH, end - first)
        .set(HttpHeaderNames.ACCEPT_RANGES, HttpHeaderValues.BYTES)
        .set("Docker-Content-Digest", found.digest().toString());
    if (partial) {
      response
          .headers()
          .set(
              HttpHeaderNames.CONTENT_RANGE,
              "bytes %d-%d/%d".formatted(first, end - 1, found.size()));
    }
    boolean keep = HttpUtil.isKeepAlive(request);
    if (head) {
      connection.write(response);
      ended(connection.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT), keep);
      return;
    }
    FileChannel file = content.open(found);
    ChunkedNioFile part;
    try {
      part = new ChunkedNioFile(file, first, end - first, CHUNK_BYTES);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
    connection.write(response);
    // Closes the file, also if the connection ends before.
    ended(connection.writeAndFlush(new HttpChunkedInput(part)), keep);
  }

  private void refuse(
      ChannelHandlerContext connection,
      FullHttpRequest request,
      HttpResponseStatus status,
      String code,
      String message) {
    String body = "{\"errors\":[{\"code\":\"%s\",\"message\":\"%s\"}]}".formatted(code, message);
    answer(connection, request, json(status, body));
  }

  private void answer(
      ChannelHandlerContext connection, FullHttpRequest request, FullHttpResponse response) {
    response
        .headers()
        .setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
        .set("Docker-Distribution-Api-Version", "registry/2.0");
    if (request.method().equals(HttpMethod.HEAD)) {
      response.content().clear();
    }
    boolean keep = request.decoderResult().isSuccess() && HttpUtil.isKeepAlive(request);
    ended(connection.writeAndFlush(response), keep);
  }

  private void ended(ChannelFuture written, boolean keep) {
    written.addListener(_ -> isAnswering = false);
    if (!keep) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static FullHttpResponse json(HttpResponseStatus status, String body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body.getBytes(UTF_8)));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON);
    return response;
  }

  /** The only event is that nothing moves any more. */
  @Override
  public void userEventTriggered(ChannelHandlerContext connection, Object event) throws Exception {
    if (event instanceof IdleStateEvent) {
      connection.close();
    } else {
      super.userEventTriggered(connection, event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext connection, Throwable failure) {
    LOG.debug("a node that fetches content: {}", failure.toString());
    connection.close();
  }
}
