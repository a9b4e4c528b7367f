package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.logged;
import static io.jukung.e2e.Calls.output;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container finds when its command starts: processors, environment, rights, volumes. */
@ExtendWith(Testbed.Extension.class)
class LaunchIT {
  private static final String ALLOWED = "grep Cpus_allowed_list /proc/self/status";

  private static ContainerConfig.Builder shell(Testbed testbed, Pod pod, String script) {
    return Requests.container(pod.config(), "c", testbed.busybox(), List.of("sh", "-c", script));
  }

  /** As CPUAffinity= of a unit does it. */
  @Test
  void containersAndExecsUseEveryProcessorAlthoughTheDaemonMayNot() throws Exception {
    String every =
        "Cpus_allowed_list:\t"
            + Files.readString(Path.of("/sys/devices/system/cpu/online")).strip();
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      testbed.daemon().terminate();
      testbed.daemon().startBy("taskset", "-c", "0");
      testbed.daemon().start();
      testbed.reconnect();
      assertThat(Files.readString(Path.of("/proc/self/status"))).contains(every);
      Pod pod = testbed.runPod("affinity", NamespaceMode.NODE);
      String container = testbed.runShell(pod, "c", ALLOWED + "; exec sleep 1000");
      assertThat(testbed.exec(container, "sh", "-c", ALLOWED).getStdout().toStringUtf8().strip())
          .isEqualTo(every);
      assertThat(logged(pod, "c")).containsExactly(every);
      String daemon = Long.toString(testbed.daemon().pid());
      assertThat(testbed.node().run("cat", "/proc/" + daemon + "/status").stdout())
          .contains("Cpus_allowed_list:\t0\n");
      testbed.removePod(pod);
    }
  }

  /** As UMask=0077 of a unit does it. */
  @Test
  void rootOfAContainerCanBeEnteredByItsUserAlthoughTheDaemonsUmaskIsStrict() throws Exception {
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      testbed.daemon().terminate();
      testbed.daemon().startBy("sh", "-c", "umask 077; exec \"$@\"", "sh");
      testbed.daemon().start();
      testbed.reconnect();
      Pod pod = testbed.runPod("umask", NamespaceMode.NODE);
      ContainerConfig.Builder config =
          shell(testbed, pod, "cd / && cat /etc/hosts >/tmp/copy && echo entered");
      config.getLinuxBuilder().setSecurityContext(nobody());
      String container = testbed.runContainer(pod, config.build());
      Await.until("the end", () -> testbed.status(container).getFinishedAt() != 0);
      assertThat(logged(pod, "c")).containsExactly("entered");
      testbed.removePod(pod);
    }
  }

  private static void addEnvironment(ContainerConfig.Builder config, int variables) {
    for (int i = 0; i < variables; i++) {
      String name = "VARIABLE_" + i;
      String value = "x".repeat(1000 - 1 - name.length());
      config.addEnvs(KeyValue.newBuilder().setKey(name).setValue(ByteString.copyFromUtf8(value)));
    }
  }

  /** 2 050 variables of 1 000 bytes, their zero bytes and pointers, are just below 2 MiB. */
  @ParameterizedTest
  @ValueSource(ints = {1_500, 2_050})
  void environmentOfUpToTwoMebibytesReachesContainerAndExec(int variables, Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("environment-" + variables, NamespaceMode.NODE);
    String count = "env | grep -c ^VARIABLE_";
    ContainerConfig.Builder config = shell(testbed, pod, count + "; exec sleep 1000");
    addEnvironment(config, variables);
    String container = testbed.runContainer(pod, config.build());
    for (int i = 0; i < 3; i++) {
      assertThat(testbed.exec(container, "sh", "-c", count).getStdout().toStringUtf8())
          .isEqualTo(variables + "\n");
    }
    assertThat(logged(pod, "c")).containsExactly(Integer.toString(variables));
  }

  @Test
  void longerEnvironmentFailsTheStartAndTheErrorNamesTheSize(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("too-long", NamespaceMode.NODE);
    ContainerConfig.Builder config = shell(testbed, pod, "true");
    addEnvironment(config, 2_200);
    String container = testbed.createContainer(pod, config.build());
    Status failure = Calls.failure(() -> testbed.startContainer(container));
    assertThat(failure.getDescription())
        .contains("argument list too long")
        .containsPattern("22[0-9]{5} bytes");
    ContainerStatus status = testbed.status(container);
    assertThat(status.getReason()).isEqualTo("StartError");
    assertThat(status.getExitCode()).isEqualTo(128);
  }

  private static LinuxContainerSecurityContext.Builder nobody() {
    return LinuxContainerSecurityContext.newBuilder()
        .setRunAsUser(Int64Value.newBuilder().setValue(65_534))
        .setRunAsGroup(Int64Value.newBuilder().setValue(65_534));
  }

  private static List<String> asNobody(Testbed testbed, Pod pod, String script) throws Exception {
    ContainerConfig.Builder config = shell(testbed, pod, script);
    config.getLinuxBuilder().setSecurityContext(nobody());
    return output(testbed, pod, config);
  }

  /** Whether a user that is not root may open the socket of a ping in the pod's network. */
  private static boolean mayPing(Testbed testbed, Pod pod) throws Exception {
    Path network =
        testbed.daemon().state().resolve("sandboxes").resolve(pod.id()).resolve("ns/net");
    return testbed
            .node()
            .run(
                "nsenter",
                "--net=" + network,
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "perl",
                "-MSocket",
                "-e",
                "socket(S, AF_INET, SOCK_DGRAM, 1) or exit 1")
            .exitCode()
        == 0;
  }

  @Test
  void userThatIsNotRootListensOnPort80AndPings(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("ports", NamespaceMode.POD);
    assertThat(
            asNobody(
                testbed,
                pod,
                "exec 2>/dev/null; id -u; cat /proc/sys/net/ipv4/ip_unprivileged_port_start;"
                    + " timeout 1 nc -l -p 80; echo $?;"
                    + " cat /proc/sys/net/ipv4/ping_group_range"))
        // timeout ends nc, which listens: 143. Without the right to the port nc ends with 1.
        .containsExactly("65534", "0", "143", "0\t2147483647");
    assertThat(mayPing(testbed, pod)).isTrue();
  }

  @Test
  void podWithAUserNamespaceHasTheSame(Testbed testbed) throws Exception {
    IDMapping mapping = IDMapping.newBuilder().setHostId(200_000).setLength(65_536).build();
    PodSandboxConfig.Builder config = testbed.podConfig("user", NamespaceMode.POD);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setUsernsOptions(
            UserNamespace.newBuilder()
                .setMode(NamespaceMode.POD)
                .addUids(mapping)
                .addGids(mapping));
    Pod pod = testbed.runPod(config.build());
    Path uptime = Files.writeString(testbed.node().directory().resolve("uptime"), "1.00 2.00\n");
    ContainerConfig.Builder container =
        shell(
                testbed,
                pod,
                "exec 2>/dev/null; timeout 1 nc -l -p 80; echo $?;"
                    + " cat /proc/sys/net/ipv4/ping_group_range /proc/uptime")
            .addMounts(mount(uptime, "/proc/uptime"));
    container.getLinuxBuilder().setSecurityContext(nobody());
    assertThat(output(testbed, pod, container)).containsExactly("143", "0\t65535", "1.00 2.00");
  }

  @Test
  void podsOwnSysctlsWinOverTheDefaults(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("own-sysctls", NamespaceMode.POD);
    config
        .getLinuxBuilder()
        .putSysctls("net.ipv4.ip_unprivileged_port_start", "1024")
        .putSysctls("net.ipv4.ping_group_range", "5 6");
    Pod pod = testbed.runPod(config.build());
    assertThat(
            asNobody(
                testbed,
                pod,
                "timeout 1 nc -l -p 80 2>/dev/null; echo $?;"
                    + " cat /proc/sys/net/ipv4/ping_group_range"))
        .containsExactly("1", "5\t6");
    assertThat(mayPing(testbed, pod)).isFalse();
  }

  private static Mount mount(Path source, String target) {
    return Mount.newBuilder().setHostPath(source.toString()).setContainerPath(target).build();
  }

  /** LXCFS mounts files like these. */
  @Test
  void volumesOnFilesOfProcReplaceThem(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("lxcfs", NamespaceMode.NODE);
    Path host = Files.createDirectories(testbed.node().directory().resolve("lxcfs"));
    ContainerConfig.Builder config =
        shell(
            testbed, pod, "cat /proc/meminfo /proc/uptime; touch /proc/meminfo || echo read-only");
    for (String name :
        List.of(
            "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo")) {
      Path file = Files.writeString(host.resolve(name), name + " of lxcfs\n");
      config.addMounts(mount(file, "/proc/" + name).toBuilder().setReadonly(true));
    }
    assertThat(output(testbed, pod, config))
        .contains("meminfo of lxcfs", "uptime of lxcfs", "read-only");
  }

  @Test
  void otherVolumesInsideProcAreRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("proc", NamespaceMode.NODE);
    Path file = Files.writeString(testbed.node().directory().resolve("environ"), "");
    for (String target :
        List.of("/proc/self/environ", "/proc/1", "/proc/sys/kernel/core_pattern")) {
      ContainerConfig config = shell(testbed, pod, "true").addMounts(mount(file, target)).build();
      assertRefused(
          () -> testbed.createContainer(pod, config), Status.Code.INVALID_ARGUMENT, "inside /proc");
    }
  }

  @Test
  void volumeOfAnotherKindThanItsTargetIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("kinds", NamespaceMode.NODE);
    Path directory = Files.createDirectories(testbed.node().directory().resolve("kind"));
    Path file = Files.writeString(directory.resolve("file"), "");
    ContainerConfig fileOnDirectory =
        shell(testbed, pod, "true").addMounts(mount(file, "/bin")).build();
    assertRefused(
        () -> testbed.createContainer(pod, fileOnDirectory),
        Status.Code.INVALID_ARGUMENT,
        "the source is a file, and the target is a directory in the image");
    ContainerConfig directoryOnFile =
        shell(testbed, pod, "true").addMounts(mount(directory, "/bin/busybox")).build();
    assertRefused(
        () -> testbed.createContainer(pod, directoryOnFile),
        Status.Code.INVALID_ARGUMENT,
        "the source is a directory, and the target");
  }

  @Test
  void maskHidesWhatALinkOfAVolumeLeadsTo(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("masked-link", NamespaceMode.NODE);
    Path host = Files.createDirectories(testbed.node().directory().resolve("masked"));
    Files.createDirectories(host.resolve("secrets"));
    Files.writeString(host.resolve("secrets/key"), "secret\n");
    Files.createSymbolicLink(host.resolve("link"), Path.of("../../v/secrets"));
    ContainerConfig.Builder config =
        shell(testbed, pod, "ls -A /v/secrets /v/link/; echo end").addMounts(mount(host, "/v"));
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .addMaskedPaths("/v/link")
        .addMaskedPaths("/v/link")
        .addReadonlyPaths("/v")
        .addReadonlyPaths("/v");
    assertThat(output(testbed, pod, config)).contains("end").doesNotContain("key");
  }
}
