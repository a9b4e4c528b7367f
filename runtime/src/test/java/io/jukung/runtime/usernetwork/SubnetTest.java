package io.jukung.runtime.usernetwork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubnetTest {
  @Test
  void subnetsOfBothFamiliesAreReadAndWritten() {
    for (String text : List.of("172.20.0.0/20", "0.0.0.0/0", "fd00:1::/64", "10.1.2.4/30")) {
      assertThat(Subnet.parse(text)).hasToString(text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "10.0.0.0", "10.0.0.1/24", "10.0.0.0/33", "fd00::/129", "x/8", "10.0.0.0/-1"})
  void whatIsNoSubnetIsRefused(String text) {
    assertThatThrownBy(() -> Subnet.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void subnetsOverlapIfOneContainsTheOther() {
    Subnet large = Subnet.parse("172.16.0.0/12");
    Subnet small = Subnet.parse("172.17.0.0/16");
    assertThat(large.overlaps(small)).isTrue();
    assertThat(small.overlaps(large)).isTrue();
    assertThat(small.contains(large)).isFalse();
    assertThat(small.overlaps(Subnet.parse("172.18.0.0/16"))).isFalse();
    assertThat(small.overlaps(Subnet.parse("fd00::/8"))).isFalse();
    assertThat(small.next()).hasToString("172.18.0.0/16");
  }

  @Test
  void addressesOfASubnetAreCounted() {
    Subnet subnet = Subnet.parse("10.1.2.0/29");
    assertThat(subnet.address(1)).isEqualTo(InetAddress.ofLiteral("10.1.2.1"));
    assertThat(subnet.lastUsable()).isEqualTo(InetAddress.ofLiteral("10.1.2.6"));
    assertThat(subnet.contains(InetAddress.ofLiteral("10.1.2.7"))).isTrue();
    assertThat(subnet.contains(InetAddress.ofLiteral("10.1.2.8"))).isFalse();
    assertThat(Subnet.text(Subnet.parse("fd00::/64").address(1))).isEqualTo("fd00::1");
    assertThat(Subnet.parse("0.0.0.0/8").address(1)).isEqualTo(InetAddress.ofLiteral("0.0.0.1"));
  }

  @Test
  void firstAddressStandsForTheSubnetUnlessThereAreNoMoreThanTwo() {
    assertThat(Subnet.parse("10.1.2.128/25").firstUsable())
        .isEqualTo(InetAddress.ofLiteral("10.1.2.129"));
    assertThat(Subnet.parse("10.1.2.4/31").firstUsable())
        .isEqualTo(InetAddress.ofLiteral("10.1.2.4"));
    assertThat(Subnet.parse("10.1.2.4/31").lastUsable())
        .isEqualTo(InetAddress.ofLiteral("10.1.2.5"));
    assertThat(Subnet.parse("10.1.2.4/32").lastUsable())
        .isEqualTo(InetAddress.ofLiteral("10.1.2.4"));
    assertThat(Subnet.text(Subnet.parse("fd00::/120").lastUsable())).isEqualTo("fd00::ff");
  }

  @Test
  void routesOfTheKernelAreReadWithoutTheDefaultRoute() throws IOException {
    List<String> table =
        List.of(
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
            "eth1\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0");
    assertThat(AddressPools.parseRoutes(table))
        .containsExactly(Subnet.parse("172.17.0.0/16"), Subnet.parse("192.168.2.0/24"));
  }
}
