package io.jukung.runtime.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SpanExporterTest {
  private static final OtlpJson ENCODER = new OtlpJson(Map.of("service.name", "test"));

  private static Span span(String name, String error) {
    return new Span(
        "0af7651916cd43dd8448eb211c80319c",
        "b7ad6b7169203331",
        "1111111111111111",
        name,
        Span.Kind.INTERNAL,
        1_700_000_000_000_000_001L,
        1_700_000_000_000_000_002L,
        Map.of("number", 5, "text", "t"),
        error);
  }

  @Test
  void spansArriveAsOtlpSaysWhenTheExporterIsClosed() throws Exception {
    BlockingQueue<JsonNode> arrived = new LinkedBlockingQueue<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          arrived.add(new ObjectMapper().readTree(exchange.getRequestBody()));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try {
      URI endpoint =
          URI.create("http://127.0.0.1:%d/v1/traces".formatted(collector.getAddress().getPort()));
      try (SpanExporter exporter = SpanExporter.start(endpoint, ENCODER)) {
        exporter.export(span("a", ""));
        exporter.export(span("b", "failed"));
      }
      JsonNode first = arrived.poll(10, TimeUnit.SECONDS);
      assertThat(first).isNotNull();
      JsonNode of = first.path("resourceSpans").path(0);
      assertThat(of.path("resource").path("attributes").path(0).path("key").asText())
          .isEqualTo("service.name");
      JsonNode spans = of.path("scopeSpans").path(0).path("spans");
      JsonNode a = spans.path(0);
      assertThat(a.path("name").asText()).isEqualTo("a");
      assertThat(a.path("traceId").asText()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
      assertThat(a.path("parentSpanId").asText()).isEqualTo("1111111111111111");
      assertThat(a.path("startTimeUnixNano").asText()).isEqualTo("1700000000000000001");
      assertThat(a.path("kind").asInt()).isEqualTo(1);
      assertThat(a.has("status")).isFalse();
      assertThat(a.path("attributes").toString())
          .contains("{\"key\":\"number\",\"value\":{\"intValue\":\"5\"}}")
          .contains("{\"key\":\"text\",\"value\":{\"stringValue\":\"t\"}}");
      assertThat(spans.path(1).path("status").path("code").asInt()).isEqualTo(2);
    } finally {
      collector.stop(0);
    }
  }

  @Test
  void collectorThatDoesNotAnswerHoldsNobodyUp() throws Exception {
    long start = System.nanoTime();
    try (SpanExporter exporter =
        SpanExporter.start(URI.create("http://127.0.0.1:1/v1/traces"), ENCODER)) {
      for (int i = 0; i < 3 * SpanExporter.MAX_WAITING; i++) {
        exporter.export(span("a", ""));
      }
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }
}
