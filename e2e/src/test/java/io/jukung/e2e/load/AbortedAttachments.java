package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.StreamUrls;
import io.jukung.e2e.stream.WebSocketClient;
import java.net.URI;
import java.util.List;

/**
 * Attaches to a container and closes the connection at once, again and again. Threads, descriptors
 * and heap must stay flat.
 *
 * @param times how often
 */
public record AbortedAttachments(int times) implements Load {
  private static final String PROTOCOL = "v5.channel.k8s.io";
  private static final int WARM_UP = 200;
  private static final long MAX_HEAP_GROWTH_KIB = 4 << 10;

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    Pod pod = testbed.runPod("visited", NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(pod.config(), "main", testbed.busybox(), List.of("sleep", "100000"))
                .setStdin(true)
                .build());
    URI first = StreamUrls.attach(testbed.client(), container, Streams.ALL);
    try (Relay relay = Relay.to(testbed.node(), first)) {
      attachAndAbort(testbed, relay, container, Math.min(WARM_UP, times));
      long heap = Footprint.collectedHeapKib(testbed);
      Footprint before = Footprint.of(testbed);
      report.line("before: heap %d KiB, %s", heap, before);
      attachAndAbort(testbed, relay, container, times);
      Footprint.awaitBackAt(before, testbed);
      long heapAfter = Footprint.collectedHeapKib(testbed);
      report.line("after %d: heap %d KiB, %s", times, heapAfter, Footprint.of(testbed));
      assertThat(heapAfter - heap).as("growth of the heap").isLessThan(MAX_HEAP_GROWTH_KIB);
    }
    testbed.removePod(pod);
  }

  private static void attachAndAbort(Testbed testbed, Relay relay, String container, int times)
      throws Exception {
    for (int i = 0; i < times; i++) {
      URI url = StreamUrls.attach(testbed.client(), container, Streams.ALL);
      WebSocketClient.connect(relay.socket(), url, PROTOCOL).close();
    }
  }
}
