package io.jukung.runtime.network.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CniResultTest {
  /** The answer of bridge with two ranges of host-local. */
  private static final String BRIDGE =
      """
      {"cniVersion": "VERSION",
       "interfaces": [
         {"name": "cni0", "mac": "ce:60:4c:34:3c:d2"},
         {"name": "veth5a1b", "mac": "0e:41:cd:0c:49:4b"},
         {"name": "eth0", "mac": "1a:c0:dd:60:5e:b7", "sandbox": "/run/jukung/ns/net"}],
       "ips": [
         {"version": "4", "interface": 2, "address": "10.88.0.7/16", "gateway": "10.88.0.1"},
         {"version": "6", "interface": 2, "address": "fd00:0:0:1::7/64"},
         {"version": "4", "interface": 0, "address": "10.88.0.1/16"}],
       "routes": [{"dst": "0.0.0.0/0"}],
       "dns": {}, "extra": {"kept": 1.0}}
      """;

  @ParameterizedTest
  @CsvSource({"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"})
  void addressesAreThoseInThePod(String version) throws IOException {
    assertThat(parse(BRIDGE.replace("VERSION", version)).podAddresses("eth0"))
        .containsExactly("10.88.0.7", "fd00:0:0:1::7");
    assertThat(parse(BRIDGE.replace("VERSION", version)).podInterfaces()).containsExactly("eth0");
  }

  @Test
  void oldestResultHasOneAddressOfEachFamily() throws IOException {
    assertThat(
            parse(
                    "{\"cniVersion\": \"0.2.0\", \"ip4\": {\"ip\": \"10.1.0.5/16\"},"
                        + " \"ip6\": {\"ip\": \"fd00::5/64\"}}")
                .podAddresses("eth0"))
        .containsExactly("10.1.0.5", "fd00::5");
  }

  @Test
  void addressesWithoutAnInterfaceBelongToThePod() throws IOException {
    assertThat(parse("{\"ips\": [{\"address\": \"10.0.0.9\"}]}").podAddresses("eth0"))
        .containsExactly("10.0.0.9");
    assertThat(parse("{\"cniVersion\": \"1.0.0\"}").podAddresses("eth0")).isEmpty();
    assertThat(parse("{\"ips\": null}").podAddresses("eth0")).isEmpty();
  }

  @Test
  void addressesAreThoseOfTheRequestedInterface() throws IOException {
    String several =
        """
        {"cniVersion": "1.0.0",
         "interfaces": [{"name": "net1", "sandbox": "/n"}, {"name": "eth0", "sandbox": "/n"}],
         "ips": [{"interface": 0, "address": "10.9.0.2/24"},
                 {"interface": 1, "address": "fd00::2/64"},
                 {"interface": 1, "address": "10.88.0.2/24"}]}
        """;
    assertThat(parse(several).podAddresses("eth0")).containsExactly("fd00::2", "10.88.0.2");
    assertThat(parse(several).podAddresses("ens1"))
        .containsExactly("10.9.0.2", "fd00::2", "10.88.0.2");
  }

  @Test
  void resultWithoutAVersionHasTheVersionOfTheRequest() throws IOException {
    assertThat(CniResult.parse("{}".getBytes(StandardCharsets.UTF_8), CniVersion.V0_4_0).version())
        .isEqualTo(CniVersion.V0_4_0);
  }

  @Test
  void convertsBetweenTheShapesOfLists() throws IOException {
    CniResult old = parse(BRIDGE.replace("VERSION", "0.3.1"));
    CniResult current = old.as(CniVersion.V1_0_0);
    assertThat(current.json().path("ips").get(0).has("version")).isFalse();
    assertThat(current.json().path("extra").toString()).isEqualTo("{\"kept\":1.0}");
    assertThat(old.json().path("ips").get(0).path("version").asText()).isEqualTo("4");
    CniResult back = current.as(CniVersion.V0_4_0);
    assertThat(back.json().path("ips").get(0).path("version").asText()).isEqualTo("4");
    assertThat(back.json().path("ips").get(1).path("version").asText()).isEqualTo("6");
    assertThat(back.json().path("cniVersion").asText()).isEqualTo("0.4.0");
    assertThatThrownBy(() -> old.as(CniVersion.V0_2_0)).hasMessageContaining("0.2.0");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "{\"cniVersion\": \"7.0.0\"}                                        | 7.0.0 is not"
            + " supported",
        "{\"ips\": [{\"address\": \"example.org\"}]}                        | not an address:"
            + " example.org",
        "{\"ips\": [{\"address\": \"10.0.0\"}]}                             | not an address:"
            + " 10.0.0",
        "{\"ips\": [{}]}                                                    | no address",
        "{\"ips\": [7]}                                                     | not an object",
        "{\"interfaces\": [], \"ips\": [{\"interface\": 0, \"address\": \"10.0.0.1\"}]} | interface"
            + " 0",
        "{\"interfaces\": [], \"ips\": [{\"interface\": -1, \"address\": \"10.0.0.1\"}]} |"
            + " interface -1",
      })
  void wrongResultIsReported(String json, String problem) {
    assertThatThrownBy(() -> parse(json).podAddresses("eth0"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource({
    "fd00:0:0:0:0:0:0:1, fd00::1",
    "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "fe80::1:2:3:4, fe80::1:2:3:4",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3",
  })
  void ipv6IsWrittenCanonically(String address, String canonical) throws IOException {
    assertThat(parse("{\"ips\": [{\"address\": \"" + address + "/64\"}]}").podAddresses("eth0"))
        .containsExactly(canonical);
  }

  private static CniResult parse(String json) throws IOException {
    return CniResult.parse(json.getBytes(StandardCharsets.UTF_8), CniVersion.V1_0_0);
  }
}
