package io.jukung.runtime.network;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.mount.MountTable;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.cni.CniException;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real plugins (bridge, host-local, portmap, of Debian's containernetworking-plugins) in a network
 * namespace of the test's own.
 */
class BridgeNetworkTest {
  private static final Path PLUGINS = Path.of("/usr/lib/cni");

  private static final String CONFIGURATION =
      """
      {"cniVersion": "1.0.0", "name": "test-net", "plugins": [
        {"type": "bridge", "bridge": "cni-test", "isGateway": true, "ipMasq": true,
         "hairpinMode": true,
         "ipam": {"type": "host-local", "dataDir": "DIRECTORY/ipam", "ranges": [
            [{"subnet": "10.88.0.0/24"}], [{"subnet": "fd00:88::/64"}]],
           "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
        {"type": "portmap", "capabilities": {"portMappings": true}}LAST]}
      """;

  @TempDir Path directory;
  private TestHost host;
  private PodNetwork network;
  private TestPlugins scripts;
  private final List<NamespacePins> pods = new ArrayList<>();

  @BeforeEach
  void makeHost() throws IOException {
    assertThat(PLUGINS.resolve("bridge")).as("package containernetworking-plugins").exists();
    host = TestHost.create(directory);
    scripts = new TestPlugins(directory);
    network =
        new PodNetwork(
            new Config.Cni(
                Files.createDirectory(directory.resolve("net.d")),
                "",
                List.of(scripts.directory(), PLUGINS),
                directory.resolve("cache"),
                Duration.ofSeconds(60)),
            directory.resolve("pod-cidrs.json"));
    configure("");
  }

  @AfterEach
  void removeHost() throws IOException {
    for (NamespacePins pod : pods) {
      pod.remove();
    }
    host.close();
    assertThat(MountTable.read().under(directory)).isEmpty();
  }

  @Test
  void podsReachEachOtherAndTheirHost() throws IOException {
    NamespacePins one = pod("one");
    NamespacePins two = pod("two");
    List<String> first = setUp("one", List.of());
    List<String> second = setUp("two", List.of());
    assertThat(first).containsExactly("10.88.0.2", "fd00:88::2");
    assertThat(second).containsExactly("10.88.0.3", "fd00:88::3");
    assertThat(greetingFrom(one, "10.88.0.2", 80, two)).isEqualTo("hello");
    assertThat(greetingFrom(two, "10.88.0.3", 80, one)).isEqualTo("hello");
    try (ServerSocket server = TestHost.in(one, () -> listen(80))) {
      assertThat(host.run(() -> greet(server, "10.88.0.2", 80))).isEqualTo("hello");
    }
    tearDown("one");
    tearDown("two");
  }

  @Test
  void tearDownLeavesTheHostAsItWas() throws IOException {
    leaveBridgeAndChains();
    List<String> before = state();
    for (int i = 0; i < 3; i++) {
      pod("pod" + i);
      setUp("pod" + i, List.of(new PortMapping("tcp", 80, 8080 + i, "")));
    }
    assertThat(state()).isNotEqualTo(before);
    for (int i = 0; i < 3; i++) {
      tearDown("pod" + i);
      tearDown("pod" + i);
    }
    assertThat(state()).isEqualTo(before);
  }

  @Test
  void tearDownReleasesTheAddressWhenTheNamespaceIsGone() throws IOException {
    NamespacePins pod = pod("gone");
    setUp("gone", List.of(new PortMapping("tcp", 80, 8080, "")));
    assertThat(addressesInUse()).isNotEmpty();
    pod.remove();
    tearDown("gone");
    assertThat(addressesInUse()).isEmpty();
    assertThat(host.output("iptables-save")).doesNotContain("8080");
  }

  /** A power cut leaves the files of host-local without content; no DEL finds such a file. */
  @Test
  void collectionReleasesTheAddressesThatAPowerCutHasLeftWithoutAPod() throws IOException {
    String living = "a".repeat(64);
    String gone = "b".repeat(64);
    pod(living);
    setUp(living, List.of());
    Path addresses;
    try (Stream<Path> files = Files.walk(directory.resolve("ipam"))) {
      addresses =
          requireNonNull(
              files
                  .filter(each -> each.endsWith("10.88.0.2"))
                  .findFirst()
                  .orElseThrow()
                  .getParent());
    }
    String content = Files.readString(addresses.resolve("10.88.0.2"));
    Path empty = Files.createFile(addresses.resolve("10.88.0.9"));
    Path new6 = Files.createFile(addresses.resolve("fd00:88::9"));
    Path left = Files.writeString(addresses.resolve("10.88.0.8"), content.replace(living, gone));
    Path strange = Files.writeString(addresses.resolve("10.88.0.7"), "a-pod-of-another-kind\r\n");
    Path record = Files.createFile(directory.resolve("cache/results/any-" + gone + "-eth0"));
    for (Path file : List.of(empty, left, strange, record, addresses.resolve("10.88.0.2"))) {
      Files.setLastModifiedTime(file, FileTime.fromMillis(0)); // before this boot
    }
    host.run(
        () -> {
          network.collectGarbage(() -> Set.of(living), directory.resolve("state"));
          return true;
        });
    assertThat(empty).doesNotExist();
    assertThat(left).doesNotExist();
    assertThat(record).doesNotExist();
    assertThat(new6).as("host-local may be writing it").exists();
    assertThat(strange).as("of another program").exists();
    assertThat(addresses.resolve("10.88.0.2")).exists();
    tearDown(living);
  }

  @Test
  void tearDownReleasesTheAddressOfAFailedAdd() throws IOException {
    configure(", {\"type\": \"broken\"}");
    scripts.script("broken", "[ $CNI_COMMAND != ADD ] || exit 1");
    pod("failed");
    assertThatThrownBy(() -> setUp("failed", List.of(new PortMapping("tcp", 80, 8080, ""))))
        .isInstanceOf(CniException.class)
        .hasMessageContaining("plugin broken");
    assertThat(addressesInUse()).isNotEmpty();
    tearDown("failed");
    assertThat(addressesInUse()).isEmpty();
    assertThat(host.output("iptables-save")).doesNotContain("8080");
    assertThat(host.output("ip", "link")).doesNotContain("veth");
    setUp("failed", List.of(), 1);
  }

  /** Each plugin's position in turn, and each of its two commands. */
  @Test
  void tearDownLeavesNothingWhicheverPluginFails() throws IOException {
    leaveBridgeAndChains();
    List<String> before = state();
    List<String> types = List.of("bridge", "portmap", "last");
    for (String failing : types) {
      for (String command : List.of("ADD", "DEL")) {
        String pod = failing + "-" + command;
        wrap(types, failing, command);
        pod(pod);
        List<PortMapping> ports = List.of(new PortMapping("tcp", 80, 8080, ""));
        if (command.equals("ADD")) {
          assertThatThrownBy(() -> setUp(pod, ports)).hasMessageContaining("plugin " + failing);
        } else {
          setUp(pod, ports);
          assertThatThrownBy(() -> tearDown(pod)).hasMessageContaining("plugin " + failing);
        }
        wrap(types, "none", command);
        tearDown(pod);
        assertThat(state()).as(pod).isEqualTo(before);
      }
    }
  }

  @Test
  void hostPortsReachThePodOnTheirAddressAndProtocol() throws IOException {
    NamespacePins pod = pod("ports");
    host.output("ip", "address", "add", "192.0.2.1/32", "dev", "lo");
    host.output("ip", "address", "add", "192.0.2.2/32", "dev", "lo");
    setUp(
        "ports",
        List.of(
            new PortMapping("tcp", 80, 8080, ""),
            new PortMapping("tcp", 81, 8081, "192.0.2.1"),
            new PortMapping("udp", 53, 5353, ""),
            new PortMapping("sctp", 9, 9009, ""),
            new PortMapping("tcp", 82, 0, "")));
    try (ServerSocket any = TestHost.in(pod, () -> listen(80));
        ServerSocket bound = TestHost.in(pod, () -> listen(81))) {
      assertThat(host.run(() -> greet(any, "192.0.2.2", 8080))).isEqualTo("hello");
      assertThat(host.run(() -> greet(any, "127.0.0.1", 8080))).isEqualTo("hello");
      assertThat(host.run(() -> greet(bound, "192.0.2.1", 8081))).isEqualTo("hello");
      assertThatThrownBy(() -> host.run(() -> greet(bound, "192.0.2.2", 8081)))
          .isInstanceOf(IOException.class);
    }
    assertThat(datagram(pod)).isEqualTo("hello");
    assertThat(host.output("iptables-save"))
        .contains("-p sctp")
        .contains("--to-destination 10.88.0.2:9");
    tearDown("ports");
    assertThat(host.output("iptables-save")).doesNotContain("10.88.0.2");
    assertThat(host.output("ip6tables-save")).doesNotContain("fd00:88::2");
  }

  @Test
  void manyPodsAtOnceGetAddressesOfTheirOwn() throws Exception {
    List<Thread> threads = new ArrayList<>();
    List<String> addresses = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 8; i++) {
      String name = "many" + i;
      pod(name);
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      addresses.add(setUp(name, List.of()).getFirst());
                      tearDown(name);
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(addresses).hasSize(8);
    assertThat(addressesInUse()).isEmpty();
  }

  /** What the plugins make once for the host, and never remove. */
  private void leaveBridgeAndChains() throws IOException {
    pod("first");
    setUp("first", List.of(new PortMapping("tcp", 80, 8080, "")));
    tearDown("first");
  }

  /**
   * Puts scripts before the real plugins: one of them fails at one command, after the real work.
   */
  private void wrap(List<String> types, String failing, String command) throws IOException {
    for (String type : types) {
      String real =
          Files.exists(PLUGINS.resolve(type))
              ? "answer=$(printf '%s' \"$request\" | " + PLUGINS.resolve(type) + ") || exit 2"
              : "answer='{\"ips\": [{\"address\": \"10.88.0.2/24\"}]}'";
      String fail = type.equals(failing) ? "[ $CNI_COMMAND != " + command + " ] || exit 1" : "";
      scripts.script(type, real + "\n" + fail + "\nprintf '%s' \"$answer\"");
    }
    configure(", {\"type\": \"last\"}");
  }

  private void configure(String last) throws IOException {
    Files.writeString(
        directory.resolve("net.d/10-test.conflist"),
        CONFIGURATION.replace("DIRECTORY", directory.toString()).replace("LAST", last));
  }

  private NamespacePins pod(String id) throws IOException {
    NamespacePins pins = TestHost.namespace(directory.resolve(id));
    pods.add(pins);
    return pins;
  }

  private List<String> setUp(String id, List<PortMapping> ports) throws IOException {
    return host.run(() -> network.setUp(request(id, ports)));
  }

  private void setUp(String id, List<PortMapping> ports, int expectedAddresses) throws IOException {
    configure("");
    assertThat(setUp(id, ports)).hasSizeGreaterThanOrEqualTo(expectedAddresses);
    tearDown(id);
  }

  private void tearDown(String id) throws IOException {
    host.run(
        () -> {
          network.tearDown(request(id, List.of()));
          return true;
        });
  }

  private PodNetworkRequest request(String id, List<PortMapping> ports) {
    return new PodNetworkRequest(
        id,
        id,
        "default",
        "uid-" + id,
        directory.resolve(id).resolve(Namespace.NETWORK.procName()),
        ports,
        null,
        Map.of(),
        "");
  }

  /** All that plugins could leave behind. */
  private List<String> state() throws IOException {
    List<String> state = new ArrayList<>();
    for (String line : host.output("ip", "-o", "link").lines().toList()) {
      state.add(line.replaceFirst("^\\d+: ", "").replaceAll(" state .*| <.*", ""));
    }
    for (String tool : List.of("iptables-save", "ip6tables-save")) {
      for (String line : host.output(tool).lines().toList()) {
        if (line.startsWith("-A") || line.startsWith(":")) {
          state.add(line.replaceAll(" \\[.*", ""));
        }
      }
    }
    state.addAll(addressesInUse());
    try (Stream<Path> records = Files.list(directory.resolve("cache/results"))) {
      records.forEach(record -> state.add(record.toString()));
    }
    return state;
  }

  private List<String> addressesInUse() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("ipam/test-net"))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.matches("[0-9a-f].*[.:].*"))
          .sorted()
          .toList();
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket server = new ServerSocket();
    server.bind(new InetSocketAddress("0.0.0.0", port));
    return server;
  }

  /** A server in one pod greets a client in another. */
  private static String greetingFrom(
      NamespacePins serving, String address, int port, NamespacePins client) throws IOException {
    try (ServerSocket server = TestHost.in(serving, () -> listen(port))) {
      return TestHost.in(client, () -> greet(server, address, port));
    }
  }

  /** Connects from the calling thread's namespace; the server accepts wherever it is. */
  private static String greet(ServerSocket server, String address, int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 5000);
      server.setSoTimeout(5000);
      try (Socket accepted = server.accept()) {
        accepted.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String datagram(NamespacePins pod) throws IOException {
    try (DatagramSocket server = TestHost.in(pod, () -> new DatagramSocket(53))) {
      server.setSoTimeout(5000);
      byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
      host.run(
          () -> {
            try (DatagramSocket client = new DatagramSocket()) {
              client.send(
                  new DatagramPacket(
                      hello, hello.length, InetAddress.getByName("192.0.2.2"), 5353));
            }
            return true;
          });
      DatagramPacket received = new DatagramPacket(new byte[100], 100);
      server.receive(received);
      return new String(received.getData(), 0, received.getLength(), StandardCharsets.UTF_8);
    }
  }
}
