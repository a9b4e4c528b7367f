package io.jukung.runtime.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Spans as a request of OTLP/HTTP in JSON (OpenTelemetry protocol 1.x, JSON Protobuf encoding). */
final class OtlpJson {
  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final int STATUS_ERROR = 2;

  private final Map<String, Object> resource;

  /**
   * Makes an encoder.
   *
   * @param resource the attributes of this process
   */
  OtlpJson(Map<String, Object> resource) {
    this.resource = Map.copyOf(resource);
  }

  byte[] encode(List<Span> spans) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode of = root.putArray("resourceSpans").addObject();
    attributes(of.putObject("resource"), resource);
    ObjectNode scope = of.putArray("scopeSpans").addObject();
    scope.putObject("scope").put("name", "io.jukung");
    ArrayNode list = scope.putArray("spans");
    spans.forEach(span -> add(list.addObject(), span));
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of texts and numbers can always be written
    }
  }

  private static void add(ObjectNode node, Span span) {
    node.put("traceId", span.traceId())
        .put("spanId", span.spanId())
        .put("name", span.name())
        .put("kind", span.kind().number())
        // 64-bit numbers are strings in the JSON of protobuf.
        .put("startTimeUnixNano", Long.toString(span.startUnixNanos()))
        .put("endTimeUnixNano", Long.toString(span.endUnixNanos()));
    if (!span.parentSpanId().isEmpty()) {
      node.put("parentSpanId", span.parentSpanId());
    }
    attributes(node, span.attributes());
    if (!span.error().isEmpty()) {
      node.putObject("status").put("code", STATUS_ERROR).put("message", span.error());
    }
  }

  private static void attributes(ObjectNode node, Map<String, Object> attributes) {
    ArrayNode list = node.putArray("attributes");
    attributes.forEach(
        (key, value) -> {
          ObjectNode entry = list.addObject().put("key", key);
          if (value instanceof Number number) {
            entry.putObject("value").put("intValue", Long.toString(number.longValue()));
          } else {
            entry.putObject("value").put("stringValue", value.toString());
          }
        });
  }
}
