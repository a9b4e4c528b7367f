package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.networkReady;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.DNSConfig;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NetworkConfig;
import io.jukung.cri.v1.PodIP;
import io.jukung.cri.v1.PodSandboxNetworkStatus;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PortMapping;
import io.jukung.cri.v1.Protocol;
import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeConfig;
import io.jukung.cri.v1.UpdateRuntimeConfigRequest;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Pod networks with real CNI plugins, and with a test plugin that fails or hangs on demand. */
@ExtendWith(Testbed.Extension.class)
class NetworkIT {
  @AfterEach
  void restoreTheBridgeNetwork(Testbed testbed) throws IOException {
    Files.deleteIfExists(testbed.daemon().cniConfiguration().resolve("05-own.conflist"));
  }

  @Test
  void failedDelKeepsTheAddressUntilADelSucceeds(Testbed testbed) throws Exception {
    OwnPlugin plugin = OwnPlugin.install(testbed);
    Pod pod = testbed.runPod("undeletable", NamespaceMode.POD);
    String address = network(testbed, pod).getIp();
    plugin.enable("fail-DEL");
    for (int i = 0; i < 2; i++) {
      assertThat(failure(() -> testbed.stopPod(pod.id())).getDescription())
          .contains("CNI DEL by plugin own for network e2e: told to fail (code 11)");
    }
    assertThat(failure(() -> testbed.removePod(pod.id())).getDescription())
        .contains("told to fail");
    assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    assertThat(network(testbed, pod).getIp()).isEqualTo(address);
    testbed.killAndRestartDaemon();
    assertThat(network(testbed, pod).getIp()).isEqualTo(address);
    assertThat(failure(() -> testbed.stopPod(pod.id())).getDescription()).contains("told to fail");
    plugin.disable("fail-DEL");
    testbed.stopPod(pod.id());
    assertThat(leases(testbed)).isEmpty();
  }

  @Test
  void failedAddReleasesItsAddressAndReportsThePluginsError(Testbed testbed) throws Exception {
    OwnPlugin plugin = OwnPlugin.install(testbed);
    plugin.enable("fail-ADD");
    assertThat(failure(() -> testbed.runPod("refused", NamespaceMode.POD)).getDescription())
        .contains("CNI ADD by plugin own for network e2e: told to fail (code 11)");
    assertThat(testbed.pods()).isEmpty();
    assertThat(leases(testbed)).isEmpty();
    assertThat(plugin.calls()).containsExactly("ADD with", "DEL with");
    plugin.disable("fail-ADD");
    testbed.runPod("refused", NamespaceMode.POD);
  }

  @Test
  void addInterruptedByADaemonCrashIsUndoneAtTheNextStart(Testbed testbed) throws Exception {
    OwnPlugin plugin = OwnPlugin.install(testbed);
    plugin.enable("hang-ADD");
    ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor();
    Future<Pod> call = caller.submit(() -> testbed.runPod("cut", NamespaceMode.POD));
    Await.until("the plugin hangs", () -> Files.exists(plugin.file("hanging")));
    assertThat(leases(testbed)).hasSize(1);
    testbed.daemon().kill();
    plugin.disable("hang-ADD");
    testbed.daemon().start();
    testbed.reconnect();
    Await.until("the pod is undone", () -> testbed.pods().isEmpty());
    assertThat(leases(testbed)).isEmpty();
    assertThat(plugin.calls()).containsExactly("ADD with", "DEL with");
    assertThat(testbed.node().run("sh", "-c", "cat /proc/[0-9]*/cmdline").stdout())
        .doesNotContain("9753");
    assertThat(call).failsWithin(Duration.ofSeconds(20));
    caller.close();
    testbed.runPod("cut", NamespaceMode.POD);
  }

  @Test
  void delAfterARebootReleasesTheAddressWithoutANamespace(Testbed testbed) throws Exception {
    OwnPlugin plugin = OwnPlugin.install(testbed);
    Pod pod = testbed.runPod("rebooted", NamespaceMode.POD);
    String address = network(testbed, pod).getIp();
    testbed.daemon().kill();
    reboot(testbed);
    testbed.daemon().start();
    testbed.reconnect();
    Await.until(
        "the pod is taken up",
        () -> testbed.podStatus(pod.id()).getState() == PodSandboxState.SANDBOX_NOTREADY);
    assertThat(network(testbed, pod).getIp()).isEqualTo(address);
    assertThat(leases(testbed)).containsExactly(address);
    plugin.enable("fail-DEL");
    assertThat(failure(() -> testbed.stopPod(pod.id())).getDescription()).contains("told to fail");
    plugin.disable("fail-DEL");
    testbed.removePod(pod);
    assertThat(plugin.calls()).containsExactly("ADD with", "DEL without", "DEL without");
    assertThat(leases(testbed)).isEmpty();
    testbed.runPod("after", NamespaceMode.POD); // the testbed expects that the bridge exists
  }

  /** Simulates a reboot: kills the shims, and removes the state directory and the bridge. */
  private static void reboot(Testbed testbed) throws Exception {
    String shims =
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null | grep -q"
            + " 'io.jukung.shi[m]' && kill -KILL ${p#/proc/}; done;";
    String state =
        "grep -o '[^ ]*STATE[^ ]*' /proc/mounts | sort -r | xargs -r -n 1 umount -l; rm -r STATE"
            .replace("STATE", testbed.daemon().state().toString());
    testbed.node().run("sh", "-c", shims + state).orThrow();
    testbed.node().run("ip", "link", "delete", "e2e0").orThrow();
  }

  @Test
  void thirtyConcurrentPodsGetDifferentAddresses(Testbed testbed) throws Exception {
    List<Pod> pods = inParallel(30, 30, i -> testbed.runPod("at-once-" + i, NamespaceMode.POD));
    List<String> addresses = new ArrayList<>();
    for (Pod pod : pods) {
      addresses.add(network(testbed, pod).getIp());
    }
    assertThat(addresses).doesNotHaveDuplicates().allMatch(each -> each.startsWith("10.88."));
    inParallel(30, 30, i -> removed(testbed, pods.get(i)));
  }

  /** The testbed checks after the test that nothing else is left. */
  @Test
  void twoHundredPodsLeaveNoLeaseAndNoCachedResult(Testbed testbed) throws Exception {
    inParallel(200, 5, i -> removed(testbed, testbed.runPod("coming-" + i, NamespaceMode.POD)));
    assertThat(leases(testbed)).isEmpty();
    assertThat(testbed.daemon().directory().resolve("cni-cache/results")).isEmptyDirectory();
  }

  @Test
  void dualStackPodReportsAddressesInThePluginsOrder(Testbed testbed) throws Exception {
    Path file = testbed.daemon().cniConfiguration().resolve("05-own.conflist");
    for (String ranges :
        List.of(
            "[{\"subnet\": \"10.88.0.0/16\"}], [{\"subnet\": \"fd00:88::/64\"}]",
            "[{\"subnet\": \"fd00:88::/64\"}], [{\"subnet\": \"10.88.0.0/16\"}]")) {
      Files.writeString(
          file,
          """
          {"cniVersion": "1.0.0", "name": "dual", "plugins": [
            {"type": "bridge", "bridge": "e2e0", "isGateway": true, "ipam": {
              "type": "host-local", "dataDir": "%s", "ranges": [%s]}}]}
          """
              .formatted(testbed.daemon().directory().resolve("ipam-dual"), ranges));
      Pod pod = testbed.runPod("dual", NamespaceMode.POD);
      PodSandboxNetworkStatus network = network(testbed, pod);
      List<String> additional = network.getAdditionalIpsList().stream().map(PodIP::getIp).toList();
      assertThat(additional).hasSize(1);
      boolean fourFirst = ranges.indexOf("10.88") < ranges.indexOf("fd00");
      assertThat(fourFirst ? network.getIp() : additional.getFirst()).startsWith("10.88.");
      assertThat(fourFirst ? additional.getFirst() : network.getIp()).startsWith("fd00:88::");
      testbed.killAndRestartDaemon();
      assertThat(network(testbed, pod)).isEqualTo(network);
      testbed.removePod(pod);
    }
  }

  @Test
  void podHasItsHostnameHostsAndResolverFiles(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("named", NamespaceMode.POD)
                .setDnsConfig(
                    DNSConfig.newBuilder()
                        .addServers("192.0.2.53")
                        .addServers("fd00::53")
                        .addSearches("default.svc.cluster.local")
                        .addSearches("cluster.local")
                        .addOptions("ndots:5")
                        .addOptions("rotate"))
                .build());
    String container = testbed.runContainer(pod, "reader", List.of("sleep", "1000"));
    assertThat(read(testbed, container, "/etc/hostname")).isEqualTo("named\n");
    assertThat(read(testbed, container, "/etc/resolv.conf"))
        .isEqualTo(
            """
            search default.svc.cluster.local cluster.local
            nameserver 192.0.2.53
            nameserver fd00::53
            options ndots:5 rotate
            """);
    assertThat(read(testbed, container, "/etc/hosts"))
        .contains("127.0.0.1\tlocalhost\n", network(testbed, pod).getIp() + "\tnamed\n");
    assertThat(testbed.exec(container, "ping", "-c", "1", "-W", "5", "127.0.0.1").getExitCode())
        .as("loopback is up without a plugin")
        .isZero();

    Pod plain = testbed.runPod("plain", NamespaceMode.POD);
    String other = testbed.runContainer(plain, "reader", List.of("sleep", "1000"));
    assertThat(read(testbed, other, "/etc/resolv.conf"))
        .isEqualTo(Files.readString(Path.of("/etc/resolv.conf")));
  }

  @Test
  void hostPortsReachThePodFromTheNodeAndFromThePodItself(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("served", NamespaceMode.POD)
                .addPortMappings(port(Protocol.TCP, 80, 8080, ""))
                .addPortMappings(port(Protocol.TCP, 81, 8081, "127.0.0.1"))
                .addPortMappings(port(Protocol.UDP, 53, 5353, ""))
                .addPortMappings(port(Protocol.TCP, 82, 0, ""))
                .build());
    String server =
        testbed.runShell(
            pod,
            "server",
            "for p in 80 81; do"
                + " (while :; do echo hello from $p | nc -l -p $p; done) & done; wait");
    String gateway = "10.88.0.1";
    for (String target : List.of("127.0.0.1 8080", gateway + " 8080", "127.0.0.1 8081")) {
      Await.until(
          target + " answers on the node",
          () ->
              testbed
                  .node()
                  .run("sh", "-c", "busybox nc -w 2 " + target + " </dev/null")
                  .stdout()
                  .startsWith("hello from 8"));
    }
    assertThat(testbed.node().run("sh", "-c", "busybox nc -w 1 " + gateway + " 8081").stdout())
        .as("host port on another address than the requested one")
        .isEmpty();
    Await.until(
        "the pod reaches its own host port",
        () ->
            testbed
                .exec(server, 10, "sh", "-c", "nc -w 2 " + gateway + " 8080 </dev/null")
                .getStdout()
                .toStringUtf8()
                .startsWith("hello"));
    Await.until(
        "datagrams arrive in the pod, where nobody listens",
        () -> {
          testbed.node().run("bash", "-c", "echo datagram >/dev/udp/127.0.0.1/5353").orThrow();
          String counters = read(testbed, server, "/proc/net/snmp");
          return counters.matches("(?s).*\nUdp: \\d+ [1-9]\\d* .*"); // InDatagrams NoPorts
        });
    Status refusal =
        failure(
            () ->
                testbed.runPod(
                    testbed
                        .podConfig("second", NamespaceMode.POD)
                        .addPortMappings(port(Protocol.TCP, 1, 8080, "127.0.0.1"))
                        .build()));
    assertThat(refusal.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refusal.getDescription())
        .contains("host port 127.0.0.1 8080/tcp is taken by pod default/served");
    testbed.killAndRestartDaemon();
    failure(
        () ->
            testbed.runPod(
                testbed
                    .podConfig("second", NamespaceMode.POD)
                    .addPortMappings(port(Protocol.TCP, 1, 8080, ""))
                    .build()));
    testbed.removePod(pod);
    testbed.runPod(
        testbed
            .podConfig("second", NamespaceMode.POD)
            .addPortMappings(port(Protocol.TCP, 1, 8080, ""))
            .build());
  }

  @Test
  void changedNetworkConfigurationIsUsedWithoutARestart(Testbed testbed) throws Exception {
    assertThat(networkReady(testbed.client()).getStatus()).isTrue();
    Path directory = testbed.daemon().cniConfiguration();
    Path bridge = directory.resolve("10-bridge.conflist");
    Files.writeString(directory.resolve("05-own.conflist"), "{\"name\": ");
    assertThat(networkReady(testbed.client()).getStatus()).isTrue();
    assertThat(networkReady(testbed.client()).getMessage()).contains("05-own.conflist: not JSON");
    testbed.runPod("passes-over", NamespaceMode.POD);

    Files.move(bridge, directory.resolve("bridge.off"));
    try {
      RuntimeCondition none = networkReady(testbed.client());
      assertThat(none.getStatus()).isFalse();
      assertThat(none.getReason()).isEqualTo("NetworkPluginNotReady");
      assertThat(none.getMessage()).contains("no valid CNI network", "05-own.conflist: not JSON");
      assertThat(failure(() -> testbed.runPod("none", NamespaceMode.POD)).getDescription())
          .contains("no valid CNI network configuration");
    } finally {
      Files.move(directory.resolve("bridge.off"), bridge);
    }
    assertThat(networkReady(testbed.client()).getStatus()).isTrue();
    testbed.runPod("again", NamespaceMode.POD);
  }

  @Test
  void podCidrIsAcceptedAndAnInvalidOneRefused(Testbed testbed) {
    updatePodCidr(testbed, "");
    updatePodCidr(testbed, "10.88.0.0/16,fd00:88::/64");
    assertThat(failure(() -> updatePodCidr(testbed, "somewhere")).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  private static void updatePodCidr(Testbed testbed, String cidr) {
    testbed
        .client()
        .runtime()
        .updateRuntimeConfig(
            UpdateRuntimeConfigRequest.newBuilder()
                .setRuntimeConfig(
                    RuntimeConfig.newBuilder()
                        .setNetworkConfig(NetworkConfig.newBuilder().setPodCidr(cidr)))
                .build());
  }

  private static PortMapping port(Protocol protocol, int container, int host, String address) {
    return PortMapping.newBuilder()
        .setProtocol(protocol)
        .setContainerPort(container)
        .setHostPort(host)
        .setHostIp(address)
        .build();
  }

  private static String read(Testbed testbed, String container, String file) {
    return testbed.exec(container, "cat", file).getStdout().toStringUtf8();
  }

  private static PodSandboxNetworkStatus network(Testbed testbed, Pod pod) {
    return testbed.podStatus(pod.id()).getNetwork();
  }

  private static Pod removed(Testbed testbed, Pod pod) {
    testbed.removePod(pod);
    return pod;
  }

  private static List<String> leases(Testbed testbed) throws IOException {
    try (Stream<Path> files = Files.list(testbed.daemon().directory().resolve("ipam/e2e"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches("[0-9.]+"))
          .toList();
    }
  }

  private interface Task {
    Pod run(int number) throws Exception;
  }

  private static List<Pod> inParallel(int times, int atOnce, Task task) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(atOnce)) {
      List<Callable<Pod>> tasks = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        int number = i;
        tasks.add(() -> task.run(number));
      }
      List<Pod> results = new ArrayList<>();
      for (Future<Pod> result : executor.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    }
  }

  /**
   * A plugin of the test, the last one in the bridge's network. It returns the result of the plugin
   * before it.
   */
  private record OwnPlugin(Path directory) {
    static OwnPlugin install(Testbed testbed) throws IOException {
      Path plugins = Files.createDirectories(testbed.daemon().cniPlugins());
      Path directory = Files.createTempDirectory(plugins, "told-");
      Path file = plugins.resolve("own");
      Files.writeString(
          file,
          """
          #!/bin/sh
          cd DIRECTORY
          request=$(cat)
          echo "$CNI_COMMAND with${CNI_NETNS:-out}" | sed 's:/.*::' >>calls
          if [ -e fail-$CNI_COMMAND ]; then
            echo '{"code": 11, "msg": "told to fail"}'
            exit 1
          fi
          if [ -e hang-$CNI_COMMAND ]; then
            touch hanging
            sleep 9753 &
            sleep 9753
          fi
          [ $CNI_COMMAND != ADD ] || {
            answer=${request#*\\"prevResult\\":}
            printf '%s' "${answer%\\}}"
          }
          """
              .replace("DIRECTORY", directory.toString()));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      testbed.daemon().writeNetwork("05-own", ",\n {\"type\": \"own\"}");
      return new OwnPlugin(directory);
    }

    Path file(String name) {
      return directory.resolve(name);
    }

    /** Makes a command fail or hang, for example {@code fail-DEL}. */
    void enable(String what) throws IOException {
      Files.createFile(file(what));
    }

    void disable(String what) throws IOException {
      Files.delete(file(what));
    }

    /** The calls so far: the command, and whether it was given a network namespace. */
    List<String> calls() throws IOException {
      return Files.readAllLines(file("calls"));
    }
  }
}
