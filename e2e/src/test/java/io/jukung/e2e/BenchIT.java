package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.bench.Bench;
import io.jukung.e2e.node.Testbed;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A short run of the benchmark. */
@ExtendWith(Testbed.Extension.class)
class BenchIT {
  private static final String OPTIONS =
      "--iterations 2 --warm-up 1 --reads 2 --pods 2 --burst 11 --bursts 1 --rest 0"
          + " --network both --image ";

  @TempDir Path directory;

  @Test
  void everyCallIsMeasuredAndThePodsAreGoneAfterwards(Testbed testbed) throws Exception {
    Path chart = directory.resolve("chart.svg");
    String socket = testbed.daemon().socket().toString();
    String line =
        OPTIONS
            + "%s --logs %s --svg %s --endpoint one=%s --endpoint two=%s"
                .formatted(testbed.busybox(), directory, chart, socket, socket);
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Bench.main(line.split(" "));
    } finally {
      System.setOut(out);
    }
    String report = printed.toString(StandardCharsets.UTF_8);
    assertThat(report)
        .contains(
            "| pod start, host network |",
            "| pod stop and removal, CNI |",
            "| container create and start |",
            "| ExecSync of true |",
            "| ListPodSandboxStats, many pods |",
            "| whole lives of pods, CNI |")
        .doesNotContain("refuses")
        .doesNotContain("| – |");
    assertThat(Files.readString(chart)).startsWith("<svg ").contains("one, two", "pod start, CNI");
    assertThat(testbed.pods()).isEmpty();
    assertThat(testbed.containers()).isEmpty();
  }
}
