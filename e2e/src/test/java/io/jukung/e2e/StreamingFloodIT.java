package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Command.Transport;
import io.jukung.e2e.stream.Flood;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.SpdyClient;
import io.jukung.e2e.stream.StreamUrls;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Exec, attach and port-forward while a process of the node floods the streaming server. */
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class StreamingFloodIT {
  /** More than the server ever keeps open, and as many as one process usually may have. */
  private static final int CONNECTIONS = 6000;

  private static final int ROUNDS = 3;

  /**
   * What the flood may cost the daemon: two thousand strangers, and the garbage of those that were
   * turned away, which is collected while the flood goes on. Mostly it is some 30 MiB.
   */
  private static final long MORE_KIB = 128 << 10;

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "TLS_HELLO") // in StreamingTlsIT
  void clientsWithTokensAreServedInAFlood(Flood.Kind kind, Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("flooded", NamespaceMode.POD);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "echo",
                    testbed.busybox(),
                    List.of("sh", "-c", "nc -ll -p 7007 -e cat & while read x; do echo $x; done"))
                .setStdin(true)
                .build());
    URI first = StreamUrls.exec(testbed.client(), container, Streams.OUTPUTS, "true");
    try (Relay relay = Relay.to(testbed.node(), first)) {
      serve(testbed, relay, pod, container, 0);
      Footprint before = Footprint.of(testbed);
      try (Flood flood = Flood.start(testbed.node(), first, kind, CONNECTIONS)) {
        for (int round = 1; round <= ROUNDS; round++) {
          serve(testbed, relay, pod, container, round);
        }
        assertThat(flood.isRunning()).as("the flood goes on").isTrue();
        long more = Footprint.of(testbed).residentKib() - before.residentKib();
        System.out.printf("flood of %s: %d MiB more%n", kind, more >> 10);
        assertThat(more).as("more resident memory").isLessThan(MORE_KIB);
      }
      Footprint.awaitBackAt(before, testbed);
    }
  }

  private static void serve(Testbed testbed, Relay relay, Pod pod, String container, int round)
      throws Exception {
    for (Transport transport : Transport.values()) {
      URI exec = StreamUrls.exec(testbed.client(), container, Streams.OUTPUTS, "echo", "hello");
      try (Command command = transport.connect(relay.socket(), exec, Streams.OUTPUTS)) {
        assertThat(command.awaitStatus()).contains("Success");
        assertThat(command.stdout().awaitEnd()).isEqualTo("hello\n");
      }
    }
    URI attach = StreamUrls.attach(testbed.client(), container, Streams.ALL);
    try (Command command = Transport.SPDY.connect(relay.socket(), attach, Streams.ALL)) {
      command.type("round " + round + "\n");
      command.stdout().awaitText("round " + round + "\n");
    }
    URI forward = StreamUrls.portForward(testbed.client(), pod.id());
    try (SpdyClient client = SpdyClient.connect(relay.socket(), forward, "portforward.k8s.io")) {
      assertThat(client.forward(7007, "there and back")).isEqualTo("there and back");
    }
  }
}
