package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.cni.CniException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The other plugins of Debian's containernetworking-plugins, each through ADD, CHECK and DEL in a
 * network namespace of the test's own.
 */
class PluginKindsTest {
  private static final Path PLUGINS = Path.of("/usr/lib/cni");

  private static final String BRIDGE =
      "{\"type\": \"bridge\", \"bridge\": \"cni-test\", \"isGateway\": true, \"ipam\": IPAM}";

  @TempDir Path directory;
  private TestHost host;
  private NamespacePins pod;
  private PodNetwork network;

  @BeforeEach
  void makeHost() throws IOException {
    host = TestHost.create(directory);
    pod = TestHost.namespace(directory.resolve("pod"));
    Files.createDirectory(directory.resolve("net.d"));
    network =
        new PodNetwork(
            new Config.Cni(
                directory.resolve("net.d"),
                "",
                List.of(PLUGINS),
                directory.resolve("cache"),
                Duration.ofSeconds(60)),
            directory.resolve("pod-cidrs.json"));
  }

  @AfterEach
  void removeHost() throws IOException {
    pod.remove();
    host.close();
  }

  @Test
  void pointToPoint() throws IOException {
    configure("{\"type\": \"ptp\", \"ipMasq\": true, \"ipam\": IPAM}");
    comesAndGoes(Map.of(), "192.0.2.2");
  }

  @Test
  void macvlan() throws IOException {
    host.output("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
    host.output("ip", "link", "set", "up0", "up");
    assumeKernelHas("macvlan", "ip", "link", "add", "probe", "link", "up0", "type", "macvlan");
    host.output("ip", "link", "delete", "probe");
    configure("{\"type\": \"macvlan\", \"master\": \"up0\", \"ipam\": IPAM}");
    comesAndGoes(Map.of(), "192.0.2.2");
  }

  @Test
  void tuningFirewallAndLoopbackAfterABridge() throws IOException {
    configure(
        BRIDGE,
        "{\"type\": \"tuning\", \"sysctl\": {\"net.ipv4.conf.eth0.arp_filter\": \"1\"},"
            + " \"mtu\": 1400}",
        "{\"type\": \"firewall\", \"backend\": \"iptables\"}",
        "{\"type\": \"loopback\"}");
    setUp(Map.of());
    assertThat(inPod("ip", "link", "show", "eth0")).contains("mtu 1400");
    assertThat(inPod("cat", "/proc/sys/net/ipv4/conf/eth0/arp_filter")).isEqualTo("1\n");
    assertThat(host.output("iptables-save")).contains("-s 192.0.2.2/32");
    tearDown();
    assertThat(host.output("iptables-save")).doesNotContain("192.0.2.2/32");
    comesAndGoes(Map.of(), "192.0.2.3");
  }

  @Test
  void bandwidthOfTheAnnotations() throws IOException {
    assumeKernelHas("ifb", "ip", "link", "add", "probe", "type", "ifb");
    assumeKernelHas(
        "tbf", "tc", "qdisc", "add", "dev", "probe", "root", "tbf", "rate", "1mbit", "burst",
        "32kbit", "latency", "400ms");
    host.output("ip", "link", "delete", "probe");
    configure(BRIDGE, "{\"type\": \"bandwidth\", \"capabilities\": {\"bandwidth\": true}}");
    Map<String, String> limits =
        Map.of("kubernetes.io/ingress-bandwidth", "8M", "kubernetes.io/egress-bandwidth", "16M");
    setUp(limits);
    assertThat(host.output("tc", "qdisc")).contains("rate 8Mbit").contains("rate 16Mbit");
    tearDown();
    assertThat(host.output("tc", "qdisc")).doesNotContain("tbf");
    comesAndGoes(limits, "192.0.2.3");
  }

  @Test
  void hardwareAddressOfTheAnnotation() throws IOException {
    configure(BRIDGE, "{\"type\": \"tuning\", \"capabilities\": {\"mac\": true}}");
    Map<String, String> wanted = Map.of("io.jukung.mac", "02:00:00:00:00:0a");
    setUp(wanted);
    assertThat(inPod("ip", "link", "show", "eth0")).contains("link/ether 02:00:00:00:00:0a");
    tearDown();
    comesAndGoes(wanted, "192.0.2.3");
  }

  @Test
  void addressesThatTheConfigurationFixes() throws IOException {
    configure(
        "{\"type\": \"bridge\", \"bridge\": \"cni-test\", \"ipam\": {\"type\": \"static\","
            + " \"addresses\": [{\"address\": \"fd00:1::7/64\"}, {\"address\":"
            + " \"192.0.2.7/24\"}]}}");
    comesAndGoes(Map.of(), "fd00:1::7", "192.0.2.7");
  }

  @Test
  void checkReportsWhatIsMissing() throws IOException {
    configure(BRIDGE);
    setUp(Map.of());
    check();
    inPod("ip", "address", "flush", "dev", "eth0");
    assertThatThrownBy(this::check)
        .isInstanceOf(CniException.class)
        .hasMessageStartingWith("CNI CHECK by plugin bridge for network kinds: ");
    tearDown();
  }

  private void comesAndGoes(Map<String, String> annotations, String... addresses)
      throws IOException {
    List<String> before = links();
    assertThat(setUp(annotations)).containsExactly(addresses);
    check();
    tearDown();
    assertThat(links()).as("no link is left but the bridge").containsAll(before);
    assertThat(links().size()).isLessThanOrEqualTo(before.size() + 1);
    Path leases = directory.resolve("ipam/kinds");
    if (Files.exists(leases)) {
      try (Stream<Path> files = Files.list(leases)) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .noneMatch(name -> name.startsWith("192.0.2."));
      }
    }
    assertThat(inPod("ip", "-o", "link").lines()).hasSize(1);
  }

  private List<String> links() throws IOException {
    return host.output("ip", "-o", "link").lines().map(line -> line.split(" ", -1)[1]).toList();
  }

  private void assumeKernelHas(String what, String... probe) throws IOException {
    try {
      host.output(probe);
    } catch (IOException e) {
      assumeTrue(false, "this kernel has no " + what + ": " + e.getMessage());
    }
  }

  private void configure(String... plugins) throws IOException {
    String ipam =
        "{\"type\": \"host-local\", \"dataDir\": \""
            + directory.resolve("ipam")
            + "\", \"ranges\": [[{\"subnet\": \"192.0.2.0/24\"}]],"
            + " \"routes\": [{\"dst\": \"0.0.0.0/0\"}]}";
    Files.writeString(
        directory.resolve("net.d/10-kinds.conflist"),
        ("{\"cniVersion\": \"1.0.0\", \"name\": \"kinds\", \"plugins\": ["
                + String.join(", ", plugins)
                + "]}")
            .replace("IPAM", ipam));
  }

  private List<String> setUp(Map<String, String> annotations) throws IOException {
    return host.run(() -> network.setUp(request(annotations)));
  }

  private void check() throws IOException {
    host.run(
        () -> {
          network.check(request(Map.of()));
          return true;
        });
  }

  private void tearDown() throws IOException {
    host.run(
        () -> {
          network.tearDown(request(Map.of()));
          return true;
        });
  }

  private PodNetworkRequest request(Map<String, String> annotations) {
    return new PodNetworkRequest(
        "pod",
        "pod",
        "default",
        "uid",
        pod.path(Namespace.NETWORK),
        List.of(),
        null,
        annotations,
        "");
  }

  private String inPod(String... command) throws IOException {
    return TestHost.outputIn(pod, command);
  }
}
