package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.LinuxContainerUser;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StatusResponse;
import io.jukung.cri.v1.SupplementalGroupsPolicy;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Users, groups, capabilities, limits and sysctls of containers, which no image can change. */
@ExtendWith(Testbed.Extension.class)
class RightsIT {
  private static final String AVAILABLE = "\"available\"";
  private static final String CAPABILITIES = "grep ^Cap /proc/self/status | tr -d '\\t'";

  /** Changes the security context of a container before it is created. */
  private interface Change {
    void to(LinuxContainerSecurityContext.Builder security);
  }

  private static ContainerConfig container(
      Pod pod, String image, List<String> command, Change change) {
    ContainerConfig.Builder config = Requests.container(pod.config(), "c", image, command);
    change.to(config.getLinuxBuilder().getSecurityContextBuilder());
    return config.build();
  }

  /** The script's output, which must be the same in the container's first process and an exec. */
  private static List<String> output(Testbed testbed, Pod pod, String script, Change change)
      throws Exception {
    return output(testbed, pod, testbed.busybox(), script, change);
  }

  private static List<String> output(
      Testbed testbed, Pod pod, String image, String script, Change change) throws Exception {
    String waiting = script + "; echo end; exec sleep 1000";
    String container =
        testbed.runContainer(pod, container(pod, image, List.of("sh", "-c", waiting), change));
    Await.until("the script is done", () -> logged(pod, "c").contains("end"));
    List<String> first = logged(pod, "c");
    List<String> lines = first.subList(0, first.size() - 1);
    assertThat(testbed.exec(container, "sh", "-c", script).getStdout().toStringUtf8().lines())
        .as("in an exec")
        .containsExactlyElementsOf(lines);
    return lines;
  }

  private static Int64Value number(long value) {
    return Int64Value.newBuilder().setValue(value).build();
  }

  private static String refusal(Testbed testbed, Pod pod, String image, Change change) {
    Status status =
        failure(() -> testbed.createContainer(pod, container(pod, image, List.of("true"), change)));
    assertThat(testbed.containers()).isEmpty();
    return String.valueOf(status.getDescription());
  }

  /**
   * CVE-2022-29162: with inheritable capabilities, files could grant capabilities that the
   * container does not have.
   */
  @ParameterizedTest
  @CsvSource({
    "'', '', 00000000a80425fb",
    "'NET_ADMIN CAP_SYS_TIME', CHOWN, 00000000aa0435fa",
    "all, 'sys_admin', 000001ffffdfffff",
    "'', all, 0000000000000000",
    "KILL, ALL, 0000000000000020",
  })
  void capabilitiesAreAsRequestedAndNoneIsInheritable(
      String add, String drop, String expected, Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("capabilities-" + (add + drop).hashCode(), NamespaceMode.NODE);
    List<String> lines =
        output(
            testbed,
            pod,
            CAPABILITIES,
            security ->
                security.setCapabilities(
                    Capability.newBuilder()
                        .addAllAddCapabilities(words(add))
                        .addAllDropCapabilities(words(drop))));
    // The daemon cannot grant a capability that it does not have itself.
    long own = Long.parseUnsignedLong(ownCapabilities(testbed), 16);
    String given = "%016x".formatted(Long.parseUnsignedLong(expected, 16) & own);
    assertThat(lines)
        .containsExactly(
            "CapInh:0000000000000000",
            "CapPrm:" + given,
            "CapEff:" + given,
            "CapBnd:" + given,
            "CapAmb:0000000000000000");
  }

  private static List<String> words(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split(" "));
  }

  private static String ownCapabilities(Testbed testbed) throws Exception {
    String line =
        testbed
            .node()
            .run("grep", "^CapBnd", "/proc/" + testbed.daemon().pid() + "/status")
            .orThrow();
    return line.replaceFirst("\\D*", "").strip();
  }

  @Test
  void ambientCapabilitiesReachANonRootProgram(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("ambient", NamespaceMode.NODE);
    assertThat(
            output(
                testbed,
                pod,
                CAPABILITIES,
                security ->
                    security
                        .setRunAsUser(number(1234))
                        .setCapabilities(
                            Capability.newBuilder().addAddAmbientCapabilities("NET_BIND_SERVICE"))))
        .contains("CapEff:0000000000000400", "CapAmb:0000000000000400");
    testbed.removePod(pod);
    assertThat(
            refusal(
                testbed,
                testbed.runPod("too-much", NamespaceMode.NODE),
                testbed.busybox(),
                security ->
                    security.setCapabilities(
                        Capability.newBuilder().addAddAmbientCapabilities("SYS_ADMIN"))))
        .contains("add_ambient_capabilities");
  }

  @Test
  void groupsOfTheImageAreMergedUnlessThePolicyIsStrict(Testbed testbed) throws Exception {
    String image =
        testbed
            .registry()
            .pushChanged(
                "groups:1",
                "echo 'app:x:1000:1000::/home/app:/bin/sh' >>etc/passwd;"
                    + " echo 'members:x:50000:app' >>etc/group");
    testbed.pull(image);
    Pod merged = testbed.runPod("merge", NamespaceMode.NODE);
    Change asked = security -> security.setRunAsUser(number(1000)).addSupplementalGroups(1234);
    assertThat(output(testbed, merged, image, "id -u; id -G; echo $HOME", asked))
        .containsExactly("1000", "1000 1234 50000", "/home/app");
    Pod strict = testbed.runPod("strict", NamespaceMode.NODE);
    assertThat(
            output(
                testbed,
                strict,
                image,
                "id -G",
                security -> {
                  asked.to(security);
                  security.setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict);
                }))
        .containsExactly("1000 1234");
    assertThat(
            testbed.containers().stream()
                .map(each -> testbed.status(each.getId()).getUser().getLinux()))
        .containsExactlyInAnyOrder(
            LinuxContainerUser.newBuilder()
                .setUid(1000)
                .setGid(1000)
                .addAllSupplementalGroups(List.of(1000L, 1234L, 50000L))
                .build(),
            LinuxContainerUser.newBuilder()
                .setUid(1000)
                .setGid(1000)
                .addAllSupplementalGroups(List.of(1000L, 1234L))
                .build());
    testbed.removeAllPods();
    testbed.removeImage(image);
  }

  /** CVE-2024-40635: a user id that overflows would become 0, root's. */
  @ParameterizedTest
  @ValueSource(strings = {"2147483648", "4294967296", "0x0", "-1", "1:4294967296", "wraps"})
  void userIdThatOverflowsIsRefused(String user, Testbed testbed) throws Exception {
    String image =
        testbed
            .registry()
            .pushChanged(
                "wraps:1", "echo 'wraps:x:4294967296:0::/:/bin/sh' >>etc/passwd", "--user", user);
    testbed.pull(image);
    try {
      assertThat(
              refusal(testbed, testbed.runPod("wraps", NamespaceMode.NODE), image, security -> {}))
          .contains(user.replaceFirst(".*:", ""));
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  /** kubelet decides by the number that the user is not root. No account may change that. */
  @Test
  void numericUserIsNeverAnAccountName(Testbed testbed) throws Exception {
    String image =
        testbed.registry().pushChanged("digits:1", "echo '1000:x:0:0::/root:/bin/sh' >>etc/passwd");
    testbed.pull(image);
    Pod pod = testbed.runPod("digits", NamespaceMode.NODE);
    assertThat(
            output(testbed, pod, image, "id -u", security -> security.setRunAsUser(number(1000))))
        .containsExactly("1000");
    testbed.removeAllPods();
    testbed.removeImage(image);
  }

  /** CVE-2026-47262: an image's /etc/passwd may block, never end, or be a link out of the image. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mkfifo etc/passwd",
        "mknod etc/passwd c 1 5",
        "truncate -s 11M etc/passwd",
        "mkdir etc/passwd",
        "ln -s ../../../../../../etc/shadow etc/passwd",
        "ln -s /proc/self/fd/3 etc/passwd"
      })
  void unusableAccountFileRefusesTheContainer(String change, Testbed testbed) throws Exception {
    String image = testbed.registry().pushChanged("accounts:1", "rm etc/passwd && " + change);
    testbed.pull(image);
    try {
      assertThat(
              refusal(
                  testbed,
                  testbed.runPod("accounts", NamespaceMode.NODE),
                  image,
                  security -> security.setRunAsUsername("nobody")))
          .containsAnyOf("/etc/passwd", "nobody");
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  /** The soft limit of open files is raised, as programs rarely raise it themselves. */
  @Test
  void resourceLimitsAreTheDaemonsExceptTheSoftLimitOfOpenFiles(Testbed testbed) throws Exception {
    String pid = Long.toString(testbed.daemon().pid());
    List<String> daemons =
        testbed.node().run("cat", "/proc/" + pid + "/limits").orThrow().lines().toList();
    long files =
        daemons.stream()
            .filter(line -> line.startsWith("Max open files"))
            .mapToLong(line -> Long.parseLong(line.split(" +", 6)[4]))
            .findFirst()
            .orElseThrow();
    Pod pod = testbed.runPod("limits", NamespaceMode.NODE);
    List<String> lines =
        output(testbed, pod, "cat /proc/self/limits; ulimit -Sn; ulimit -Hn", security -> {});
    assertThat(lines.subList(0, daemons.size()))
        .filteredOn(line -> !line.startsWith("Max open files"))
        .containsExactlyElementsOf(
            daemons.stream().filter(line -> !line.startsWith("Max open files")).toList());
    assertThat(lines.subList(daemons.size(), lines.size()))
        .containsExactly(Long.toString(Math.min(files, 1 << 20)), Long.toString(files));
  }

  /** CVE-2022-4318: another runtime wrote a HOME with a newline as two lines of /etc/passwd. */
  @Test
  void homeWithANewlineAddsNoAccount(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("home", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        container(
            pod,
            testbed.busybox(),
            List.of("sh", "-c", "cat /etc/passwd; echo \"$HOME\"; id -u"),
            security -> security.setRunAsUser(number(4711)))
            .toBuilder();
    config
        .addEnvsBuilder()
        .setKey("HOME")
        .setValue(ByteString.copyFromUtf8("/tmp\nevil::0:0::/:/bin/sh"));
    testbed.awaitExited(testbed.runContainer(pod, config.build()));
    List<String> lines = logged(pod, "c");
    int end = lines.size();
    assertThat(lines.subList(end - 3, end)).containsExactly("/tmp", "evil::0:0::/:/bin/sh", "4711");
    assertThat(lines.subList(0, end - 3))
        .containsExactlyElementsOf(
            output(
                testbed, testbed.runPod("image", NamespaceMode.NODE), "cat /etc/passwd", s -> {}));
  }

  /** CVE-2021-21334. */
  @Test
  void containersOfOneImageHaveTheirOwnEnvironment(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("environment", NamespaceMode.NODE);
    for (String value : List.of("one", "two")) {
      ContainerConfig.Builder config =
          Requests.container(
              pod.config(), value, testbed.busybox(), List.of("sh", "-c", "env | sort"));
      config.addEnvsBuilder().setKey("ONLY_" + value).setValue(ByteString.copyFromUtf8(value));
      testbed.awaitExited(testbed.runContainer(pod, config.build()));
    }
    assertThat(logged(pod, "one")).contains("ONLY_one=one").noneMatch(l -> l.contains("two"));
    assertThat(logged(pod, "two")).contains("ONLY_two=two").noneMatch(l -> l.contains("one="));
  }

  /** CVE-2024-3154: annotations must not change how a container is run. */
  @Test
  void annotationsAreKeptButDoNotReachTheSpecification(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("annotations", NamespaceMode.NODE);
    String container =
        testbed.createContainer(
            pod,
            Requests.container(pod.config(), "c", testbed.busybox(), List.of("true"))
                .putAnnotations("org.systemd.property.ExecStartPre", "['/bin/sh']")
                .putAnnotations("run.oci.keep_original_groups", "1")
                .build());
    assertThat(testbed.status(container).getAnnotationsMap()).hasSize(2);
    if (!Daemon.isForeign()) {
      String info =
          testbed
              .client()
              .runtime()
              .containerStatus(
                  ContainerStatusRequest.newBuilder()
                      .setContainerId(container)
                      .setVerbose(true)
                      .build())
              .getInfoOrThrow("info");
      String spec = info.substring(info.indexOf("\"runtimeSpec\""));
      assertThat(spec).contains("\"ociVersion\"").doesNotContain("ExecStartPre");
    }
  }

  private static PodSandboxConfig withSysctl(
      Testbed testbed, String name, NamespaceMode network, String key, String value)
      throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig(name, network);
    config.getLinuxBuilder().putSysctls(key, value);
    return config.build();
  }

  @Test
  void sysctlsApplyToThePod(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(
            withSysctl(
                testbed, "sysctl", NamespaceMode.POD, "net.ipv4.ip_unprivileged_port_start", "42"));
    assertThat(
            output(
                testbed, pod, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start", security -> {}))
        .containsExactly("42");
  }

  /** CVE-2022-0811. */
  @ParameterizedTest
  @CsvSource({
    "POD, kernel.shm_rmid_forced, '1+kernel.core_pattern=|/bin/sh'",
    "POD, net.ipv4.ip_forward, '1\nkernel.panic=1'",
    "POD, kernel.core_pattern, '|/bin/sh'",
    "POD, net/../kernel/core_pattern, '|/bin/sh'",
    "POD, vm.overcommit_memory, 1",
    "NODE, net.ipv4.ip_forward, 1",
  })
  void sysctlThatWouldReachTheHostIsRefused(
      NamespaceMode network, String key, String value, Testbed testbed) throws Exception {
    PodSandboxConfig config = withSysctl(testbed, "evil", network, key, value);
    Status status = failure(() -> testbed.runPod(config));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("sysctl");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void kernelFileSystemsHaveTheUsualOptions(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("file-systems", NamespaceMode.POD);
    List<String> lines =
        output(
            testbed,
            pod,
            "df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2;"
                + " grep -c ' /dev/mqueue mqueue ' /proc/mounts;"
                + " grep ' /dev/pts devpts ' /proc/mounts | grep -c gid=5,mode=620,ptmxmode=666;"
                + " grep ' /sys sysfs ' /proc/mounts | grep -c ' ro,';"
                + " grep -c ' /proc/' /proc/mounts",
            security -> {});
    assertThat(lines)
        .as("64 MiB of shared memory; one mount each; no mask in /proc unless requested")
        .containsExactly("65536", "1", "1", "1", "0");
  }

  @Test
  void maskedDirectoriesAreOneReadOnlyFileSystem(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("masks", NamespaceMode.NODE);
    List<String> lines =
        output(
            testbed,
            pod,
            "stat -c %d /sys/firmware /sys/class /proc/irq | sort -u | wc -l;"
                + " mkdir /sys/class/x 2>/dev/null || echo refused; ls /sys/class | wc -l",
            security ->
                security
                    .addMaskedPaths("/sys/firmware")
                    .addMaskedPaths("/sys/class")
                    .addMaskedPaths("/proc/irq"));
    assertThat(lines).containsExactly("1", "refused", "0");
  }

  @Test
  void profileWithoutAppArmorIsRefusedWithTheReasonThatStatusGives(Testbed testbed)
      throws Exception {
    Assumptions.assumeFalse(Daemon.isForeign());
    StatusResponse status =
        testbed.client().runtime().status(StatusRequest.newBuilder().setVerbose(true).build());
    assertThat(status.getInfoMap()).containsEntry("seccomp", AVAILABLE);
    String appArmor = status.getInfoOrThrow("apparmor");
    Assumptions.assumeFalse(appArmor.equals(AVAILABLE));
    Pod pod = testbed.runPod("profile", NamespaceMode.NODE);
    assertThat(
            refusal(
                testbed,
                pod,
                testbed.busybox(),
                security ->
                    security.setApparmor(
                        SecurityProfile.newBuilder()
                            .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))))
        .contains("apparmor", appArmor.replace("\"", ""));
  }

  /** Kubernetes's own conformance suite sets a level for pods on every node. */
  @Test
  void selinuxLevelIsIgnoredOnANodeWithoutSelinux(Testbed testbed) throws Exception {
    SELinuxOption level = SELinuxOption.newBuilder().setLevel("s0").build();
    PodSandboxConfig.Builder config = testbed.podConfig("level", NamespaceMode.NODE);
    config.getLinuxBuilder().getSecurityContextBuilder().setSelinuxOptions(level);
    Pod pod = testbed.runPod(config.build());
    assertThat(output(testbed, pod, "echo runs", security -> security.setSelinuxOptions(level)))
        .containsExactly("runs");
  }

  @Test
  void malformedSelinuxLevelIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("malformed", NamespaceMode.NODE);
    assertThat(
            refusal(
                testbed,
                pod,
                testbed.busybox(),
                security -> security.setSelinuxOptions(SELinuxOption.newBuilder().setLevel("s99"))))
        .contains("selinux_options", "s99");
  }
}
