package io.jukung.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.FreshThread;
import io.jukung.linux.namespace.Namespace;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InterfaceCountersTest {
  private static final String HEADER =
      "Inter-|   Receive                                                |  Transmit\n"
          + " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs"
          + " drop fifo colls carrier compressed\n";

  @Test
  void countersAreParsedPerDirection() throws IOException {
    assertThat(
            InterfaceCounters.parse(
                HEADER
                    + "    lo:       0       0    0    0    0     0          0         0        0"
                    + "       0    0    0    0     0       0          0\n"
                    + "  eth0:18446744 10 1 2 3 4 5 6 700 20 21 22 23 24 25 26\n"))
        .hasSize(2)
        .contains(
            new InterfaceCounters(
                "eth0",
                new InterfaceCounters.Direction(18446744, 10, 1, 2),
                new InterfaceCounters.Direction(700, 20, 21, 22)));
  }

  @Test
  void malformedLineIsAnError() {
    assertThatThrownBy(() -> InterfaceCounters.parse(HEADER + "eth0: 1 2 3\n"))
        .hasMessage("malformed line of /proc/net/dev: eth0: 1 2 3");
  }

  @Test
  void countersOfTheThreadsOwnNamespaceAreRead() throws IOException {
    List<InterfaceCounters> found =
        FreshThread.call(
            "own network",
            () -> {
              Namespace.unshare(Set.of(Namespace.NETWORK));
              return InterfaceCounters.read();
            });
    assertThat(found).extracting(InterfaceCounters::name).containsExactly("lo");
  }
}
