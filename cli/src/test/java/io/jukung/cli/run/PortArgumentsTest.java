package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cli.text.Json;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.Protocol;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortArgumentsTest {
  private static List<String> texts(List<PortMapping> mappings) {
    return mappings.stream()
        .map(
            each ->
                each.getHostIp()
                    + ":"
                    + each.getHostPort()
                    + ":"
                    + each.getContainerPort()
                    + "/"
                    + each.getProtocol())
        .toList();
  }

  @Test
  void rangesArePairsOfPorts() {
    assertThat(texts(PortArguments.parse("127.0.0.1:8000-8002:80-82/udp", List.of())))
        .containsExactly("127.0.0.1:8000:80/UDP", "127.0.0.1:8001:81/UDP", "127.0.0.1:8002:82/UDP");
    assertThat(texts(PortArguments.parse("[::1]:1:2", List.of()))).containsExactly("::1:1:2/TCP");
  }

  @Test
  void withoutAHostPortAFreeOneIsChosen() {
    for (String text : List.of("80", "127.0.0.1::80", "80/udp")) {
      PortMapping mapping = PortArguments.parse(text, List.of()).getFirst();
      assertThat(mapping.getContainerPort()).isEqualTo(80);
      assertThat(mapping.getHostPort()).isBetween(1024, 65535);
    }
    assertThat(PortArguments.parse("127.0.0.1::80", List.of()).getFirst().getHostIp())
        .isEqualTo("127.0.0.1");
  }

  /** Of a thousand ports the kernel names one twice with near certainty. */
  @Test
  void freePortsOfOneCommandDiffer() {
    List<PortMapping> first = PortArguments.parse("1-500", List.of());
    List<PortMapping> all = new ArrayList<>(first);
    all.addAll(PortArguments.parse("501-900", first));
    ObjectNode exposed = JsonNodeFactory.instance.objectNode();
    for (int port = 901; port <= 1000; port++) {
      exposed.putObject(port + "/tcp");
    }
    JsonNode image = JsonNodeFactory.instance.objectNode().set("ExposedPorts", exposed);
    all.addAll(PortArguments.ofImage(image, all));
    assertThat(all).hasSize(1000);
    assertThat(all).extracting(PortMapping::getHostPort).doesNotHaveDuplicates();
  }

  @Test
  void exposedPortsThatAreNotPublishedYetGetFreePorts() {
    List<PortMapping> mappings =
        PortArguments.ofImage(
            Json.parse("{\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{},\"9\":{}}}"),
            PortArguments.parse("8080:80", List.of()));
    assertThat(mappings)
        .extracting(PortMapping::getContainerPort, PortMapping::getProtocol)
        .containsExactlyInAnyOrder(tuple(53, Protocol.UDP), tuple(9, Protocol.TCP));
    assertThat(PortArguments.ofImage(Json.parse("{}"), List.of())).isEmpty();
  }
}
