package io.jukung.e2e;

import static io.jukung.e2e.Calls.output;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.DNSConfig;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a container sees from inside. */
@ExtendWith(Testbed.Extension.class)
class ContainerIT {
  private static ContainerConfig.Builder shell(
      Testbed testbed, Pod pod, LinuxContainerSecurityContext.Builder security, String script) {
    security.setNamespaceOptions(
        pod.config().getLinux().getSecurityContext().getNamespaceOptions());
    return Requests.container(
            pod.config(), "inside", testbed.busybox(), List.of("sh", "-c", script))
        .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security));
  }

  private static LinuxContainerSecurityContext.Builder plain() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  @Test
  void onlyTheThreeStandardDescriptorsAreOpen(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("descriptors", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    assertThat(testbed.exec(container, "ls", "/proc/1/fd").getStdout().toStringUtf8().lines())
        .containsExactly("0", "1", "2");
    assertThat(
            testbed
                .exec(container, "sh", "-c", "exec ls -l /proc/self/fd")
                .getStdout()
                .toStringUtf8()
                .lines()
                .filter(line -> line.contains("->"))
                // Without the directory that ls itself has open.
                .filter(line -> !line.endsWith("/fd")))
        .hasSize(3);
  }

  @Test
  void containerSeesOnlyItsOwnProcessesAndItsCommandIsPidOne(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("alone", NamespaceMode.NODE);
    assertThat(output(testbed, pod, shell(testbed, pod, plain(), "echo $$; ls -d /proc/[0-9]*")))
        .hasSizeLessThanOrEqualTo(3)
        .startsWith("1", "/proc/1");
  }

  @Test
  void addedAndDroppedCapabilitiesChangeTheDefaultSet(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("capabilities", NamespaceMode.NODE);
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                testbed,
                pod,
                plain()
                    .setCapabilities(
                        Capability.newBuilder()
                            .addAddCapabilities("NET_ADMIN")
                            .addDropCapabilities("CHOWN")),
                "grep ^Cap /proc/self/status | tr '\\t' ' '"));
    // The fourteen of docker, without chown (bit 0), with net_admin (bit 12).
    assertThat(lines)
        .contains("CapInh: 0000000000000000", "CapAmb: 0000000000000000")
        .contains("CapEff: 00000000a80435fa", "CapBnd: 00000000a80435fa");
  }

  @Test
  void noNewPrivilegesUserAndGroupsAreAsRequested(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("identity", NamespaceMode.NODE);
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                testbed,
                pod,
                plain()
                    .setNoNewPrivs(true)
                    .setRunAsUser(Int64Value.newBuilder().setValue(1234))
                    .setRunAsGroup(Int64Value.newBuilder().setValue(5678))
                    .addSupplementalGroups(91)
                    .addSupplementalGroups(92),
                "id -u; id -g; id -G; grep NoNewPrivs /proc/self/status; grep CapEff"
                    + " /proc/self/status"));
    assertThat(lines.subList(0, 2)).containsExactly("1234", "5678");
    assertThat(lines.get(2).split(" ", -1)).containsExactlyInAnyOrder("5678", "91", "92");
    assertThat(lines.get(3)).endsWith("1");
    assertThat(lines.get(4)).endsWith("0000000000000000");
  }

  @Test
  void readOnlyRootLeavesDevicesAndSharedMemoryWritable(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("read-only", NamespaceMode.POD);
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                testbed,
                pod,
                plain().setReadonlyRootfs(true),
                "touch /x 2>/dev/null || echo refused; echo a >/dev/null && echo null;"
                    + " echo b >/dev/shm/f && cat /dev/shm/f; cat /etc/hostname;"
                    + " grep -c localhost /etc/hosts; head -c 4 /dev/urandom | wc -c"));
    assertThat(lines.subList(0, 4)).containsExactly("refused", "null", "b", "read-only");
    assertThat(Integer.parseInt(lines.get(4))).isPositive();
    assertThat(lines.get(5)).isEqualTo("4");
  }

  @Test
  void maskedPathsAreEmptyAndReadOnlyPathsAreReadOnly(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("masked", NamespaceMode.NODE);
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                testbed,
                pod,
                plain()
                    .addMaskedPaths("/proc/keys")
                    .addMaskedPaths("/proc/acpi")
                    .addMaskedPaths("/sys/firmware")
                    .addMaskedPaths("/no/such/path")
                    .addReadonlyPaths("/proc/sys"),
                "wc -c </proc/keys; ls /sys/firmware | wc -l;"
                    + " echo 1 2>/dev/null >/proc/sys/net/ipv4/ip_forward || echo refused"));
    assertThat(lines).containsExactly("0", "0", "refused");
  }

  @Test
  void volumesAreMountedAsRequested(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("volumes", NamespaceMode.NODE);
    Path host = Files.createDirectories(testbed.node().directory().resolve("volumes"));
    Path writable = Files.createDirectories(host.resolve("rw"));
    Path readOnly = Files.createDirectories(host.resolve("ro"));
    Files.writeString(readOnly.resolve("f"), "host\n");
    Path link = host.resolve("link");
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, readOnly);
    Path absent = host.resolve("made/by/the/runtime");
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                    testbed,
                    pod,
                    plain(),
                    "echo in >/rw/f; echo x 2>/dev/null >/ro/f || echo refused; cat /ro/f /link/f;"
                        + " ls -d /absent; grep -c ' /rw ' /proc/self/mountinfo")
                .addMounts(mount(writable, "/rw"))
                .addMounts(mount(readOnly, "/ro").setReadonly(true))
                .addMounts(mount(link, "/link").setReadonly(true))
                .addMounts(mount(absent, "/absent")));
    assertThat(lines).containsExactly("refused", "host", "host", "/absent", "1");
    assertThat(writable.resolve("f")).hasContent("in\n");
    assertThat(absent).isDirectory();
  }

  private static Mount.Builder mount(Path host, String container) {
    return Mount.newBuilder().setHostPath(host.toString()).setContainerPath(container);
  }

  @Test
  void mountsOfAContainerAreNotVisibleOnTheNode(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("invisible", NamespaceMode.NODE);
    List<String> before =
        Files.readAllLines(Path.of("/proc/" + testbed.node().initPid() + "/mountinfo"));
    testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    if (!Daemon.isForeign()) {
      assertThat(Files.readAllLines(Path.of("/proc/" + testbed.node().initPid() + "/mountinfo")))
          .isEqualTo(before);
    }
  }

  @Test
  void resolverConfigurationIsThatOfThePod(Testbed testbed) throws Exception {
    PodSandboxConfig config =
        testbed
            .podConfig("dns", NamespaceMode.POD)
            .setDnsConfig(
                DNSConfig.newBuilder()
                    .addServers("192.0.2.53")
                    .addSearches("pods.example")
                    .addOptions("ndots:5"))
            .build();
    Pod pod = testbed.runPod(config);
    List<String> lines =
        output(
            testbed,
            pod,
            shell(
                testbed,
                pod,
                plain(),
                "cat /etc/resolv.conf; grep dns /etc/hosts | tr '\\t' ' '; hostname"));
    assertThat(lines)
        .contains("nameserver 192.0.2.53", "search pods.example", "options ndots:5")
        .endsWith("dns");
  }

  @Test
  void containersOfAPodShareNetworkAndIpcAndSharedMemory(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("shared", NamespaceMode.POD);
    String script =
        "readlink /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts; echo $0 >>/dev/shm/seen;"
            + " cat /dev/shm/seen; exec sleep 1000";
    String first = testbed.runShell(pod, "first", script);
    String second = testbed.runShell(pod, "second", script);
    String namespaces = "readlink /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts";
    assertThat(testbed.exec(first, "sh", "-c", namespaces).getStdout())
        .isEqualTo(testbed.exec(second, "sh", "-c", namespaces).getStdout());
    Await.until(
        "each container sees the lines of both",
        () ->
            testbed
                .exec(second, "sh", "-c", "wc -l </dev/shm/seen")
                .getStdout()
                .toStringUtf8()
                .equals("2\n"));
    assertThat(testbed.exec(first, "sh", "-c", "readlink /proc/self/ns/pid").getStdout())
        .as("each container has its own pid namespace")
        .isNotEqualTo(testbed.exec(second, "sh", "-c", "readlink /proc/self/ns/pid").getStdout());
  }
}
