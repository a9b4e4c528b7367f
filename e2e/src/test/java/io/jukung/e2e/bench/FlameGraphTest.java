package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FlameGraphTest {
  @Test
  void boxesAreAsWideAsTheirShareAndStandAboveTheirCallers() {
    FlameGraph graph = new FlameGraph();
    for (int i = 0; i < 3; i++) {
      graph.add("calls", List.of("Run.pod", "Launch.compile"));
    }
    graph.add("calls", List.of("Run.pod"));
    String svg = graph.svg("pods");
    assertThat(svg)
        .contains("pods (4 samples)")
        .contains("<title>calls: 100.0 %</title><rect x=\"0.0\" y=\"60\" width=\"1200.0\"")
        .contains("<title>Run.pod: 100.0 %</title><rect x=\"0.0\" y=\"45\" width=\"1200.0\"")
        .contains("<title>Launch.compile: 75.0 %</title><rect x=\"0.0\" y=\"30\" width=\"900.0\"");
  }

  @Test
  void rareMethodsAreLeftOutAndNamesAreEscaped() {
    FlameGraph graph = new FlameGraph();
    graph.add("calls", List.of("Rare.method"));
    for (int i = 0; i < 1000; i++) {
      graph.add("calls", List.of("Often.<init>"));
    }
    assertThat(graph.svg("pods"))
        .contains("Often.&lt;init&gt;")
        .doesNotContain("Often.<init>")
        .doesNotContain("Rare.method");
  }
}
