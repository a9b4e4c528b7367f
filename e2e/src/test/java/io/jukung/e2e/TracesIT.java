package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A collector in the node gets the spans of calls whose caller traces them. */
class TracesIT {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CALLER = "b7ad6b7169203331";

  /** Writes the body of each request to a file of its own. */
  private static final String COLLECTOR =
      """
      use IO::Socket::INET;
      my ($directory) = @ARGV;
      my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1:4318', Listen => 50, ReuseAddr => 1) or die $!;
      open(my $ready, '>', "$directory/ready"); print $ready $$; close($ready);
      my $n = 0;
      while (my $client = $server->accept()) {
        my $length = 0;
        while (my $line = <$client>) {
          $length = $1 if $line =~ /^content-length: (\\d+)/i;
          last if $line =~ /^\\r?\\n$/;
        }
        read($client, my $body, $length);
        print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n";
        close($client);
        $n++;
        open(my $file, '>', "$directory/new"); print $file $body; close($file);
        rename("$directory/new", "$directory/$n.json");
      }
      """;

  @TempDir Path directory;

  private List<JsonNode> spans() throws Exception {
    List<JsonNode> spans = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".json")).toList()) {
        new ObjectMapper()
            .readTree(file.toFile())
            .path("resourceSpans")
            .path(0)
            .path("scopeSpans")
            .path(0)
            .path("spans")
            .forEach(spans::add);
      }
    }
    return spans;
  }

  private static Metadata traceParent(String flags) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
        "00-%s-%s-%s".formatted(TRACE, CALLER, flags));
    return headers;
  }

  @Test
  void tracedCallHasASpanWithItsStepsBelowTheCallers() throws Exception {
    Path script = Files.writeString(directory.resolve("collector.pl"), COLLECTOR);
    Testbed.Preparation preparation =
        (node, _) -> {
          new ProcessBuilder(node.inside(List.of("perl", script.toString(), directory.toString())))
              .inheritIO()
              .start();
          Await.until("the collector listens", () -> Files.exists(directory.resolve("ready")));
        };
    String configuration =
        "[traces]\nendpoint = \"http://127.0.0.1:4318/v1/traces\"\n[log]\nformat = \"json\"\n";
    try (Testbed testbed = Testbed.start(preparation, configuration)) {
      String pod =
          testbed
              .client()
              .runtime(Duration.ofMinutes(1))
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(traceParent("01")))
              .runPodSandbox(
                  RunPodSandboxRequest.newBuilder()
                      .setConfig(testbed.podConfig("traced", NamespaceMode.POD))
                      .build())
              .getPodSandboxId();
      for (String flags : List.of("00", "zz")) {
        testbed
            .client()
            .runtime(Duration.ofMinutes(1))
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(traceParent(flags)))
            .version(VersionRequest.getDefaultInstance());
      }
      Await.until(
          "the span of the call has come",
          () -> spans().stream().anyMatch(each -> each.path("kind").asInt() == 2));
      List<JsonNode> spans = spans();
      assertThat(spans)
          .allSatisfy(each -> assertThat(each.path("traceId").asText()).isEqualTo(TRACE));
      JsonNode call =
          spans.stream().filter(each -> each.path("kind").asInt() == 2).findFirst().orElseThrow();
      assertThat(call.path("name").asText()).isEqualTo("runtime.v1.RuntimeService/RunPodSandbox");
      assertThat(call.path("parentSpanId").asText()).isEqualTo(CALLER);
      List<JsonNode> steps = spans.stream().filter(each -> each.path("kind").asInt() == 1).toList();
      assertThat(steps)
          .extracting(each -> each.path("name").asText())
          .contains("namespaces", "network", "shim", "record");
      assertThat(steps)
          .allSatisfy(
              each -> {
                assertThat(each.path("parentSpanId")).isEqualTo(call.path("spanId"));
                assertThat(each.path("attributes").toString()).contains(pod);
                assertThat(nanos(each, "start")).isGreaterThanOrEqualTo(nanos(call, "start"));
                assertThat(nanos(each, "end")).isLessThanOrEqualTo(nanos(call, "end"));
              });
      assertThat(spans).hasSize(steps.size() + 1); // the other calls are not traced
      assertThat(testbed.daemon().log()).contains("\"trace\":\"" + TRACE + "\"");
      testbed.removePod(pod);
    }
  }

  private static long nanos(JsonNode span, String end) {
    return Long.parseLong(span.path(end + "TimeUnixNano").asText());
  }
}
