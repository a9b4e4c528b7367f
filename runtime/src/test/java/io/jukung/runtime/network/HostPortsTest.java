package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostPortsTest {
  private final HostPorts ports = new HostPorts();

  @ParameterizedTest
  @CsvSource({
    "tcp, 80, '', tcp, 80, '', true",
    "tcp, 80, '', TCP, 80, 192.0.2.1, true",
    "tcp, 80, 192.0.2.1, tcp, 80, 192.0.2.1, true",
    "tcp, 80, 192.0.2.1, tcp, 80, 192.0.2.2, false",
    "tcp, 80, 0.0.0.0, tcp, 80, 192.0.2.1, true",
    "tcp, 80, 0.0.0.0, tcp, 80, fd00::1, false",
    "tcp, 80, ::, tcp, 80, fd00::1, true",
    "tcp, 80, fd00::1, tcp, 80, fd00:0::1, true",
    "tcp, 80, '', udp, 80, '', false",
    "tcp, 80, '', tcp, 81, '', false",
    "tcp, 0, '', tcp, 0, '', false",
  })
  void portOfAnotherPodIsRefused(
      String protocol,
      int port,
      String address,
      String other,
      int otherPort,
      String otherAddress,
      boolean overlap) {
    ports.reserve(pod("one", new PortMapping(protocol, 8080, port, address)));
    PodNetworkRequest second = pod("two", new PortMapping(other, 9090, otherPort, otherAddress));
    if (overlap) {
      assertThatThrownBy(() -> ports.reserve(second))
          .isInstanceOfSatisfying(
              CriException.class,
              e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
          .hasMessage(
              "host port %s80/tcp is taken by pod default/one"
                  .formatted(otherAddress.isEmpty() ? "" : otherAddress + " "));
      ports.release("one");
    }
    assertThatCode(() -> ports.reserve(second)).doesNotThrowAnyException();
  }

  @Test
  void podMayReserveItsPortsAgainButNotTheSamePortTwice() {
    PortMapping http = new PortMapping("tcp", 8080, 80, "");
    ports.reserve(pod("one", http));
    ports.reserve(pod("one", http));
    assertThatThrownBy(
            () -> ports.reserve(pod("two", http, new PortMapping("tcp", 1, 80, "192.0.2.1"))))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessage("port_mappings has host port 192.0.2.1 80/tcp twice");
  }

  @Test
  void portsOfRecoveredPodsAreTaken() {
    PortMapping http = new PortMapping("tcp", 8080, 80, "");
    ports.take(pod("one", http));
    ports.take(pod("two", http));
    ports.release("one");
    assertThatThrownBy(() -> ports.reserve(pod("three", http)))
        .hasMessage("host port 80/tcp is taken by pod default/two");
  }

  @Test
  void textThatIsNotAnAddressIsRefused() {
    assertThatThrownBy(() -> pod("one", new PortMapping("tcp", 1, 2, "localhost")).check())
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessage("port_mappings.host_ip is not an address: localhost");
  }

  private static PodNetworkRequest pod(String id, PortMapping... mappings) {
    return new PodNetworkRequest(
        id, id, "default", "uid", Path.of("/n"), List.of(mappings), null, Map.of(), "");
  }
}
