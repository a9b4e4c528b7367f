package io.jukung.runtime.usernetwork;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.NetworkRange;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginConfiguration;
import io.jukung.runtime.own.PodOptions.NetworkOption;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.StateFiles;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworksTest {
  private static final Config.Network POOLS =
      new Config.Network(true, true, List.of("198.18.0.0/30", "198.18.4.0/22"), 24);

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // set by start
  private Networks networks;

  @SuppressWarnings("NullAway.Init") // set by start
  private StatePaths paths;

  @BeforeEach
  void start() throws IOException {
    paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    paths.createDirectories();
    Config.Cni cni =
        new Config.Cni(
            directory.resolve("conf"),
            "",
            List.of(directory.resolve("bin")),
            directory.resolve("cache"),
            Duration.ofSeconds(5));
    networks =
        new Networks(
            new StateFiles(paths), new PodNetwork(cni, paths.podCidrs()), POOLS, Runnable::run);
    networks.load();
  }

  private NetworkRecord create(String name) throws IOException {
    return networks.create(CreateNetworkRequest.newBuilder().setName(name).build());
  }

  private static CreateNetworkRequest ranges(NetworkRange.Builder... ranges) {
    CreateNetworkRequest.Builder request = CreateNetworkRequest.newBuilder().setName("x");
    for (NetworkRange.Builder each : ranges) {
      request.addRanges(each);
    }
    return request.build();
  }

  private static NetworkRange.Builder range(String subnet) {
    return NetworkRange.newBuilder().setSubnet(subnet);
  }

  @Test
  void networkOutlivesTheDaemonAndIsFoundByNameIdAndBeginningOfTheId() throws IOException {
    NetworkRecord made = create("front");
    start();
    assertThat(networks.all()).containsExactly(made);
    for (String each : List.of("front", made.id(), made.id().substring(0, 6))) {
      assertThat(networks.find(each)).as(each).contains(made);
    }
    assertThat(networks.find("other")).isEmpty();
  }

  @Test
  void networkNamedLikeTheIdOfAnotherIsNotTakenForIt() throws IOException {
    NetworkRecord made = create("front");
    create(made.id());
    assertThat(networks.find(made.id())).contains(made);
  }

  @Test
  void networkOnAnInterfaceOfTheHostCannotBeInternal() {
    var request =
        CreateNetworkRequest.newBuilder().setName("x").setDriver("macvlan").setInternal(true);
    request.putOptions("parent", "lo");
    assertThatThrownBy(() -> networks.create(request.build()))
        .hasMessageContaining("driver macvlan cannot be internal");
  }

  @Test
  void subnetsComeFromThePoolsAndDoNotOverlap() throws IOException {
    assertThat(create("a").ranges().getFirst().subnet()).isEqualTo("198.18.0.0/30");
    assertThat(create("b").ranges().getFirst().subnet()).isEqualTo("198.18.4.0/24");
    assertThat(create("c").ranges().getFirst().gateway()).isEqualTo("198.18.5.1");
    create("d");
    create("e");
    assertThatThrownBy(() -> create("f")).hasMessageContaining("every subnet");
    networks.remove(networks.get("c"), "");
    assertThat(create("f").ranges().getFirst().subnet()).isEqualTo("198.18.5.0/24");
  }

  @Test
  void networkOfBothFamiliesHasUniqueLocalAddresses() throws IOException {
    NetworkRecord made =
        networks.create(CreateNetworkRequest.newBuilder().setName("x").setIpv6(true).build());
    assertThat(made.hasIpv6()).isTrue();
    assertThat(made.ranges().getLast().subnet()).startsWith("fd").endsWith("::/64");
    assertThat(made.ranges().getLast().gateway()).endsWith("::1");
  }

  @ParameterizedTest
  @CsvSource({
    "198.51.100.1/24, '', '', bits after its prefix",
    "198.51.100.0/30, '', '', too small",
    "198.51.100.0/24, 192.0.2.1, '', is no address of subnet",
    "198.51.100.0/24, x, '', not an address",
    "198.51.100.0/24, '', 192.0.2.0/25, is not a part of subnet",
    "'', 198.51.100.1, '', need a subnet",
  })
  void wrongRangesAreRefused(String subnet, String gateway, String ipRange, String why) {
    CreateNetworkRequest request = ranges(range(subnet).setGateway(gateway).setIpRange(ipRange));
    assertThatThrownBy(() -> networks.create(request)).hasMessageContaining(why);
    assertThat(networks.all()).isEmpty();
  }

  @Test
  void overlappingSubnetsAndTwoOfOneFamilyAreRefused() throws IOException {
    var _ = networks.create(ranges(range("198.51.100.0/24")).toBuilder().setName("first").build());
    assertThatThrownBy(() -> networks.create(ranges(range("198.51.100.128/25"))))
        .hasMessageContaining("overlaps with 198.51.100.0/24");
    assertThatThrownBy(
            () -> networks.create(ranges(range("192.0.2.0/25"), range("192.0.2.128/25"))))
        .hasMessageContaining("at most one subnet");
  }

  @Test
  void networkThatAPodUsesIsNotRemoved() throws IOException {
    NetworkRecord made = create("used");
    networks.take(made.id(), "pod");
    assertThatThrownBy(() -> networks.remove(made, "container c"))
        .hasMessage("network used is in use by container c, and is not removed");
    networks.release("pod");
    networks.remove(made, "");
    assertThat(networks.all()).isEmpty();
    assertThat(paths.networks()).isEmptyDirectory();
    assertThatThrownBy(() -> networks.use(made.id(), "pod")).hasMessageContaining("was removed");
  }

  @Test
  void removalThatACrashHasInterruptedIsFinishedByTheNextDaemon() throws IOException {
    NetworkRecord made = create("half");
    new NetworkFiles(new StateFiles(paths)).write(made.beingRemoved());
    Files.createDirectories(paths.networkStates().resolve(made.id()));
    start();
    assertThat(networks.all()).isEmpty();
    assertThat(paths.networks()).isEmptyDirectory();
    assertThat(paths.networkStates()).isEmptyDirectory();
  }

  @Test
  void directoryWithoutARecordIsDeletedAndADamagedRecordIsKept() throws IOException {
    NetworkRecord made = create("damaged");
    Path record = paths.networks().resolve(made.id()).resolve("network.json");
    Files.writeString(record, "{");
    Files.createDirectory(paths.networks().resolve("0".repeat(64)));
    start();
    assertThat(networks.all()).isEmpty();
    assertThat(paths.networks().resolve("0".repeat(64))).doesNotExist();
    assertThat(paths.networks().resolve(made.id())).isNotEmptyDirectory();
  }

  @Test
  void optionsOfDriversAreChecked() throws IOException {
    CreateNetworkRequest macvlan =
        CreateNetworkRequest.newBuilder().setName("lan").setDriver("macvlan").build();
    assertThatThrownBy(() -> networks.create(macvlan)).hasMessageContaining("option parent");
    assertThatThrownBy(
            () ->
                networks.create(
                    macvlan.toBuilder()
                        .putOptions("parent", "eth0")
                        .putOptions("macvlan_mode", "odd")
                        .build()))
        .hasMessageContaining("cannot be \"odd\"");
    NetworkRecord made = networks.create(macvlan.toBuilder().putOptions("parent", "eth0").build());
    PluginConfiguration plugin =
        PluginPlan.of(made, new PluginPlan.Role(true, false), List.of(), directory)
            .plugins()
            .getFirst();
    assertThat(plugin.type()).isEqualTo("macvlan");
    assertThat(plugin.json().path("master").asText()).isEqualTo("eth0");
    assertThat(plugin.json().path("ipam").path("routes")).hasSize(1);
  }

  @Test
  void configurationOfABridgeFollowsTheRoleOfTheAttachment() throws IOException {
    NetworkRecord made =
        networks.create(ranges(range("198.51.100.0/24").setIpRange("198.51.100.128/25")));
    NetworkConfiguration first =
        PluginPlan.of(made, new PluginPlan.Role(true, true), List.of(), directory.resolve("ipam"));
    assertThat(first.plugins().stream().map(PluginConfiguration::type))
        .containsExactly("bridge", "portmap");
    JsonNode bridge = first.plugins().getFirst().json();
    assertThat(bridge.path("bridge").asText()).matches("jk[0-9a-f]{12}");
    assertThat(bridge.path("isDefaultGateway").asBoolean()).isTrue();
    assertThat(bridge.path("ipam").path("ranges").path(0).path(0))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"subnet": "198.51.100.0/24", "gateway": "198.51.100.1",
                     "rangeStart": "198.51.100.129", "rangeEnd": "198.51.100.254"}
                    """));
    NetworkConfiguration later =
        PluginPlan.of(
            made, new PluginPlan.Role(false, false), List.of(), directory.resolve("ipam"));
    assertThat(later.plugins()).hasSize(1);
    assertThat(later.plugins().getFirst().json().path("isDefaultGateway").asBoolean()).isFalse();
  }

  @Test
  void addressThatIsAskedForMayLieOutsideOfTheRange() throws IOException {
    NetworkRecord made =
        networks.create(ranges(range("198.51.100.0/24").setIpRange("198.51.100.128/25")));
    List<InetAddress> asked = List.of(InetAddress.ofLiteral("198.51.100.7"));
    NetworkConfiguration configuration =
        PluginPlan.of(made, new PluginPlan.Role(true, false), asked, directory.resolve("ipam"));
    JsonNode range =
        configuration.plugins().getFirst().json().path("ipam").path("ranges").path(0).path(0);
    assertThat(range.path("subnet").asText()).isEqualTo("198.51.100.0/24");
    assertThat(range.has("rangeStart")).isFalse();
    assertThat(range.has("rangeEnd")).isFalse();
  }

  @Test
  void rulesDropWhatIsForwardedBetweenNetworks() throws IOException {
    NetworkRecord open = create("open");
    String own = '"' + open.bridge() + '"';
    assertThat(NetworkGuard.rules(open, Set.of("cni0")))
        .startsWith("table inet " + open.table() + "\ndelete table inet " + open.table() + "\n")
        .contains("iifname " + own + " oifname " + own + " accept")
        .contains("iifname " + own + " oifname \"jk*\" drop")
        .contains("iifname \"cni0\" oifname " + own + " drop");
    NetworkRecord closed =
        networks.create(
            CreateNetworkRequest.newBuilder().setName("closed").setInternal(true).build());
    assertThat(NetworkGuard.rules(closed, Set.of()))
        .contains("    iifname \"" + closed.bridge() + "\" drop\n")
        .contains("    oifname \"" + closed.bridge() + "\" drop\n");
  }

  private static NetworkOption option(String network, String ip, String mac) {
    return new NetworkOption(network, List.of("alias"), Map.of(), ip, "", mac);
  }

  private static NetworkOption plain(String network) {
    return new NetworkOption(network, List.of(), Map.of(), "", "", "");
  }

  @Test
  void membershipsAreCheckedAgainstTheirNetworks() throws IOException {
    NetworkRecord made =
        networks.create(ranges(range("198.51.100.0/24")).toBuilder().setName("net").build());
    MembershipPlan plan = new MembershipPlan(networks);
    Membership membership = plan.of(List.of(option("net", "198.51.100.7", ""))).getFirst();
    assertThat(membership.networkId()).isEqualTo(made.id());
    assertThat(MembershipPlan.addresses(made, membership)).containsExactly("198.51.100.7/24");
    assertThatThrownBy(() -> plan.of(List.of(option("net", "192.0.2.1", ""))))
        .hasMessageContaining("is in no IPv4 subnet of network net");
    assertThatThrownBy(() -> plan.of(List.of(option("net", "", "02:00"))))
        .hasMessageContaining("not a hardware address");
    assertThatThrownBy(() -> plan.of(List.of(option("bridge", "", ""))))
        .hasMessageContaining("need a network of `network create`");
    assertThatThrownBy(() -> plan.of(List.of(plain("missing"))))
        .hasMessageContaining("there is no network missing");
    assertThatThrownBy(() -> plan.of(List.of(plain("net"), plain("net"))))
        .hasMessageContaining("is named twice");
    assertThatThrownBy(() -> plan.of(List.of(plain("none"), plain("net"))))
        .hasMessageContaining("does not go with other networks");
    assertThatThrownBy(() -> plan.of(List.of(plain("net"), plain("bridge"))))
        .hasMessageContaining("must be the first");
  }
}
