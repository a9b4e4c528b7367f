package io.jukung.runtime.metrics;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the one request of a connection, and closes the connection. */
// A write that fails closes the channel.
@SuppressWarnings("FutureReturnValueIgnored")
final class MetricsPage extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsPage.class);

  private static final String PATH = "/metrics";
  private static final String PLAIN = "text/plain; charset=utf-8";

  private final List<Family> families;

  MetricsPage(List<Family> families) {
    this.families = families;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext connection, FullHttpRequest request) {
    FullHttpResponse answer = answer(request);
    answer
        .headers()
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
    if (request.method().equals(HttpMethod.HEAD)) {
      answer.content().clear();
    }
    connection.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
  }

  private FullHttpResponse answer(FullHttpRequest request) {
    if (!request.decoderResult().isSuccess()) {
      return text(HttpResponseStatus.BAD_REQUEST, "not an HTTP request\n");
    }
    if (!request.uri().split("\\?", 2)[0].equals(PATH)) {
      return text(HttpResponseStatus.NOT_FOUND, "metrics are at " + PATH + "\n");
    }
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      FullHttpResponse refusal = text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET or HEAD\n");
      refusal.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
      return refusal;
    }
    String accept = String.join(",", request.headers().getAll(HttpHeaderNames.ACCEPT));
    TextFormat format = TextFormat.acceptedBy(accept);
    try {
      return response(HttpResponseStatus.OK, format.contentType(), format.page(families));
    } catch (RuntimeException e) {
      LOG.error("metrics cannot be read: {}", e.getMessage());
      return text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "see the log of the daemon\n");
    }
  }

  private static FullHttpResponse text(HttpResponseStatus status, String text) {
    return response(status, PLAIN, text);
  }

  private static FullHttpResponse response(HttpResponseStatus status, String type, String text) {
    ByteBuf body = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    return response;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext connection, Throwable failure) {
    LOG.debug("a client of the metrics: {}", failure.toString());
    connection.close();
  }
}
