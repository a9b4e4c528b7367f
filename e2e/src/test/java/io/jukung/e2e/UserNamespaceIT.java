package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Command.Transport;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.SpdyClient;
import io.jukung.e2e.stream.StreamUrls;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pods with a user namespace of their own. */
@ExtendWith(Testbed.Extension.class)
class UserNamespaceIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");
  private static final int HOST_ID = 200_000;
  private static final int LENGTH = 65_536;

  private static IDMapping mapping(int container, int host, int length) {
    return IDMapping.newBuilder()
        .setContainerId(container)
        .setHostId(host)
        .setLength(length)
        .build();
  }

  private static UserNamespace.Builder users(IDMapping... mappings) {
    return UserNamespace.newBuilder()
        .setMode(NamespaceMode.POD)
        .addAllUids(List.of(mappings))
        .addAllGids(List.of(mappings));
  }

  private static PodSandboxConfig.Builder config(
      Testbed testbed, String name, NamespaceMode network, NamespaceMode pid) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig(name, network);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder()
                .setNetwork(network)
                .setPid(pid)
                .setUsernsOptions(users(mapping(0, HOST_ID, LENGTH))));
    return config;
  }

  private static Pod pod(Testbed testbed, String name) throws Exception {
    return testbed.runPod(
        config(testbed, name, NamespaceMode.POD, NamespaceMode.CONTAINER).build());
  }

  private static ContainerConfig.Builder container(Testbed testbed, Pod pod, String name) {
    return Requests.container(pod.config(), name, testbed.busybox(), SLEEP);
  }

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder config) {
    return config.getLinuxBuilder().getSecurityContextBuilder();
  }

  private static String out(Testbed testbed, String container, String script) {
    var answer = testbed.exec(container, "sh", "-c", script);
    return (answer.getStdout().toStringUtf8() + answer.getStderr().toStringUtf8()).strip();
  }

  @Test
  void containersOfAPodShareItsUserNamespace(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "users");
    String first = testbed.runContainer(pod, "first", SLEEP);
    String second = testbed.runContainer(pod, "second", SLEEP);
    String node = testbed.node().run("readlink", "/proc/1/ns/user").orThrow().strip();
    String users = out(testbed, first, "readlink /proc/1/ns/user");
    assertThat(users).isNotEqualTo(node).startsWith("user:[");
    assertThat(out(testbed, second, "readlink /proc/1/ns/user; readlink /proc/self/ns/user"))
        .isEqualTo(users + "\n" + users);
    assertThat(out(testbed, first, "cat /proc/1/uid_map /proc/1/gid_map | tr -s ' '"))
        .isEqualTo("0 " + HOST_ID + " " + LENGTH + "\n 0 " + HOST_ID + " " + LENGTH);
    String pid =
        testbed
            .node()
            .run("sh", "-c", "grep -l '^Uid:.*" + HOST_ID + "' /proc/[0-9]*/status | head -n 1")
            .orThrow()
            .strip();
    assertThat(pid).as("a process with a mapped user id on the node").isNotEmpty();
  }

  @Test
  void imageVolumesBelongToTheNamespacesRoot(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "image-volume");
    ContainerConfig.Builder config = container(testbed, pod, "image-volume");
    Mount.Builder whole =
        Mount.newBuilder()
            .setContainerPath("/whole")
            .setReadonly(true)
            .setImage(ImageSpec.newBuilder().setImage(testbed.busybox()))
            .addUidMappings(mapping(0, HOST_ID, LENGTH))
            .addGidMappings(mapping(0, HOST_ID, LENGTH));
    config.addMounts(whole);
    config.addMounts(
        whole
            .clone()
            .setContainerPath("/part")
            .setImageSubPath("bin")
            .clearUidMappings()
            .clearGidMappings());
    String container = testbed.runContainer(pod, config.build());
    assertThat(out(testbed, container, "stat -c '%u %g' / /whole /whole/bin /part /part/busybox"))
        .isEqualTo("0 0\n0 0\n0 0\n0 0\n0 0");
    assertThat(out(testbed, container, "touch /whole/x 2>&1; /part/busybox echo runs"))
        .contains("Read-only file system")
        .endsWith("runs");
    assertThat(
            failure(
                    () ->
                        testbed.createContainer(
                            pod,
                            container(testbed, pod, "other-ids")
                                .addMounts(
                                    whole.clone().setUidMappings(0, mapping(0, HOST_ID + 1, 1)))
                                .build()))
                .getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void statusAnnouncesUserNamespacesAndThePodShowsItsMapping(Testbed testbed) throws Exception {
    assertThat(
            testbed
                .client()
                .runtime()
                .status(StatusRequest.getDefaultInstance())
                .getRuntimeHandlersList())
        .as("jukung itself, and not the runtimes that are configured beside it")
        .allMatch(
            handler -> handler.getFeatures().getUserNamespaces() == handler.getName().isEmpty());
    Pod pod = pod(testbed, "shown");
    assertThat(
            testbed
                .client()
                .runtime()
                .podSandboxStatus(
                    PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod.id()).build())
                .getStatus()
                .getLinux()
                .getNamespaces()
                .getOptions()
                .getUsernsOptions())
        .isEqualTo(users(mapping(0, HOST_ID, LENGTH)).build());
  }

  @Test
  void fileSystemsBelongToTheRootOfTheNamespace(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "owned");
    String container = testbed.runContainer(pod, "files", SLEEP);
    String paths =
        "/ /bin /bin/busybox /etc /etc/hosts /etc/hostname /etc/resolv.conf /dev /dev/shm"
            + " /dev/mqueue /dev/pts /dev/pts/ptmx";
    assertThat(out(testbed, container, "stat -c %u:%g " + paths).lines().distinct())
        .containsExactly("0:0");
    assertThat(
            out(
                testbed,
                container,
                "touch /new /etc/new /bin/new /dev/shm/new /dev/mqueue/new && chown 7:8 /new"
                    + " && stat -c %u:%g /new && echo '192.0.2.1 more' >>/etc/hosts"
                    + " && grep -c more /etc/hosts && cat /etc/hostname && echo x >/dev/null"))
        .isEqualTo("7:8\n1\nowned");
    Path upper;
    try (var tree =
        Files.find(testbed.daemon().root(), 6, (path, a) -> path.endsWith("upper/new"))) {
      upper = tree.findFirst().orElseThrow();
    }
    assertThat(Files.getAttribute(upper, "unix:uid")).isEqualTo(HOST_ID + 7);
    assertThat(out(testbed, container, "df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d' ' -f2"))
        .isEqualTo("65536");
  }

  @Test
  void capabilitiesApplyOnlyInsideTheNamespace(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "rights");
    ContainerConfig.Builder config = container(testbed, pod, "mighty");
    security(config)
        .setCapabilities(Capability.newBuilder().addAddCapabilities("ALL"))
        .addMaskedPaths("/sys/firmware");
    String container = testbed.runContainer(pod, config.build());
    assertThat(
            out(
                testbed,
                container,
                "ip link set lo down && ip link set lo up && echo network;"
                    + " mkdir /m && mount -t tmpfs none /m && umount /m && echo mounts;"
                    + " hostname other && hostname"))
        .as("changes of the pod's own network, mounts and host name")
        .isEqualTo("network\nmounts\nother");
    assertThat(out(testbed, container, "mknod /m/sda b 8 0 && echo made")).doesNotContain("made");
    for (String file : List.of("/proc/sysrq-trigger", "/proc/sys/vm/drop_caches")) {
      assertThat(out(testbed, container, "echo 1 >" + file + " && echo written"))
          .as(file)
          .doesNotContain("written");
    }
  }

  @Test
  void userGroupsAndPrivilegesAreAsRequested(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "identity");
    ContainerConfig.Builder config =
        container(testbed, pod, "who")
            .clearCommand()
            .addAllCommand(
                List.of(
                    "sh",
                    "-c",
                    "id -u; id -g; id -G; grep -E 'CapEff|NoNewPrivs' /proc/self/status;"
                        + " echo out >/dev/stdout; echo x 2>/dev/null >/x || echo read-only;"
                        + " ulimit -n; ls /proc/self/fd | wc -l"));
    security(config)
        .setRunAsUser(Int64Value.newBuilder().setValue(1234))
        .setRunAsGroup(Int64Value.newBuilder().setValue(5678))
        .addSupplementalGroups(91)
        .setNoNewPrivs(true)
        .setReadonlyRootfs(true);
    testbed.awaitExited(testbed.runContainer(pod, config.build()));
    List<String> lines = logged(pod, "who");
    assertThat(lines.subList(0, 2)).containsExactly("1234", "5678");
    assertThat(lines.get(2).split(" ", -1)).containsExactlyInAnyOrder("5678", "91");
    assertThat(lines.get(3)).isEqualTo("CapEff:\t0000000000000000");
    assertThat(lines.get(4)).isEqualTo("NoNewPrivs:\t1");
    assertThat(lines.subList(5, 7)).containsExactly("out", "read-only");
    assertThat(lines.getLast()).isEqualTo("4");
  }

  @Test
  void idsOutsideTheMappingAreRefused(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "outside");
    ContainerConfig.Builder config = container(testbed, pod, "high");
    security(config).setRunAsUser(Int64Value.newBuilder().setValue(LENGTH));
    assertInvalid(() -> testbed.createContainer(pod, config.build()), "user 65536 is not among");
  }

  @Test
  void volumesAreIdMappedIfRequested(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "volumes");
    Path volumes = Files.createDirectories(testbed.node().directory().resolve("userns-volumes"));
    Path mapped = Files.createDirectories(volumes.resolve("mapped"));
    Path plain = Files.createDirectories(volumes.resolve("plain"));
    Path inner = Files.createDirectories(volumes.resolve("inner"));
    Files.writeString(mapped.resolve("f"), "x");
    Files.setAttribute(mapped.resolve("f"), "unix:uid", 33);
    ContainerConfig.Builder config =
        container(testbed, pod, "volumes")
            .addMounts(mount(mapped, "/mapped"))
            .addMounts(mount(inner, "/mapped/made/for/inner"))
            .addMounts(Mount.newBuilder().setHostPath(plain.toString()).setContainerPath("/plain"));
    String container = testbed.runContainer(pod, config.build());
    assertThat(out(testbed, container, "stat -c %u /mapped /mapped/f /mapped/made/for /plain"))
        .isEqualTo("0\n33\n0\n65534");
    assertThat(out(testbed, container, "touch /mapped/new /mapped/made/for/inner/new && echo ok"))
        .isEqualTo("ok");
    assertThat(out(testbed, container, "touch /plain/new && echo ok")).doesNotContain("ok");
    for (Path file :
        List.of(mapped.resolve("new"), inner.resolve("new"), mapped.resolve("made/for/inner"))) {
      assertThat(Files.getAttribute(file, "unix:uid")).as("%s", file).isEqualTo(0);
    }
  }

  private static Mount.Builder mount(Path host, String container) {
    return Mount.newBuilder()
        .setHostPath(host.toString())
        .setContainerPath(container)
        .addUidMappings(mapping(0, HOST_ID, LENGTH))
        .addGidMappings(mapping(0, HOST_ID, LENGTH));
  }

  @Test
  void mountMappingsOtherThanThePodsAreRefused(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "mappings");
    Mount other =
        mount(Path.of("/tmp"), "/v").setUidMappings(0, mapping(0, HOST_ID + 1, LENGTH)).build();
    assertInvalid(
        () ->
            testbed.createContainer(pod, container(testbed, pod, "other").addMounts(other).build()),
        "its id mappings are not those of the pod's user namespace");
    Pod host = testbed.runPod("host-users", NamespaceMode.NODE);
    assertInvalid(
        () ->
            testbed.createContainer(
                host,
                container(testbed, host, "none").addMounts(mount(Path.of("/tmp"), "/v")).build()),
        "its id mappings are not those of the pod's user namespace");
  }

  @Test
  void pidNamespaceCanBeSharedOwnOrJoined(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(config(testbed, "pids", NamespaceMode.NODE, NamespaceMode.POD).build());
    String shared = testbed.runContainer(pod, "shared", SLEEP);
    assertThat(out(testbed, shared, "cat /proc/1/comm; ls -A /proc/1/root/"))
        .startsWith("jukung-reaper");
    assertThat(out(testbed, shared, "grep ^Uid: /proc/1/status | tr '\\t' ' '"))
        .isEqualTo("Uid: 0 0 0 0");
    ContainerConfig.Builder own = container(testbed, pod, "own");
    security(own).getNamespaceOptionsBuilder().setPid(NamespaceMode.CONTAINER);
    String target = testbed.runContainer(pod, own.build());
    assertThat(out(testbed, target, "cat /proc/1/comm")).isEqualTo("sleep");
    ContainerConfig.Builder joining = container(testbed, pod, "joining");
    security(joining).getNamespaceOptionsBuilder().setPid(NamespaceMode.TARGET).setTargetId(target);
    String joined = testbed.runContainer(pod, joining.build());
    assertThat(out(testbed, joined, "readlink /proc/self/ns/pid"))
        .isEqualTo(out(testbed, target, "readlink /proc/self/ns/pid"));
    out(testbed, shared, "kill 1");
    assertThat(testbed.awaitExited(shared).getExitCode()).isEqualTo(137);
  }

  @Test
  void sysctlsAndNetworkApplyToThePod(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config =
        config(testbed, "network", NamespaceMode.POD, NamespaceMode.CONTAINER);
    config
        .getLinuxBuilder()
        .putSysctls("net.ipv4.ip_unprivileged_port_start", "77")
        .putSysctls("net.ipv4.conf.eth0.rp_filter", "2")
        .putSysctls("kernel.shm_rmid_forced", "1");
    Pod pod = testbed.runPod(config.build());
    String server = testbed.runShell(pod, "server", "while :; do echo hello | nc -l -p 8080; done");
    assertThat(
            out(
                testbed,
                server,
                "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
                    + " /proc/sys/net/ipv4/conf/eth0/rp_filter /proc/sys/kernel/shm_rmid_forced;"
                    + " hostname"))
        .isEqualTo("77\n2\n1\nnetwork");
    Pod client = pod(testbed, "client");
    String address =
        testbed
            .client()
            .runtime()
            .podSandboxStatus(
                PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod.id()).build())
            .getStatus()
            .getNetwork()
            .getIp();
    String caller = testbed.runContainer(client, "caller", SLEEP);
    assertThat(out(testbed, caller, "nc -w 5 " + address + " 8080 </dev/null")).isEqualTo("hello");
  }

  @Test
  void podSurvivesADaemonRestart(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "survivor");
    String before = testbed.runContainer(pod, "before", SLEEP);
    String users = out(testbed, before, "readlink /proc/self/ns/user");
    testbed.killAndRestartDaemon();
    assertThat(out(testbed, before, "readlink /proc/self/ns/user; id -u")).isEqualTo(users + "\n0");
    String after = testbed.runContainer(pod, "after", SLEEP);
    assertThat(out(testbed, after, "readlink /proc/self/ns/user")).isEqualTo(users);
  }

  @Test
  void invalidMappingsAreRefused(Testbed testbed) throws Exception {
    for (var refused :
        List.of(
            new Refused(users(), "has 0 mappings; it takes exactly one"),
            new Refused(
                users(mapping(0, 1000, 10), mapping(10, 2000, 10)),
                "has 2 mappings; it takes exactly one"),
            new Refused(users(mapping(1, 1000, 10)), "begins at id 1; it must map id 0"),
            new Refused(users(mapping(0, 1000, 0)), "there are no 0 ids from 1000 on"),
            new Refused(users(mapping(0, -2, 10)), "there are no 10 ids from 4294967294 on"),
            new Refused(users().setMode(NamespaceMode.CONTAINER), "userns_options.mode CONTAINER"),
            new Refused(users().setMode(NamespaceMode.TARGET), "userns_options.mode TARGET"),
            new Refused(
                users(mapping(0, 1000, 10)).setMode(NamespaceMode.NODE), "has id mappings, but"))) {
      PodSandboxConfig.Builder config =
          config(testbed, "refused", NamespaceMode.NODE, NamespaceMode.CONTAINER);
      config
          .getLinuxBuilder()
          .getSecurityContextBuilder()
          .getNamespaceOptionsBuilder()
          .setUsernsOptions(refused.options());
      assertInvalid(() -> testbed.runPod(config.build()), refused.why());
    }
    assertInvalid(
        () ->
            testbed.runPod(config(testbed, "node", NamespaceMode.NODE, NamespaceMode.NODE).build()),
        "cannot use the host's pid namespace");
  }

  private record Refused(UserNamespace.Builder options, String why) {}

  @Test
  void containerCannotHaveAnotherUserNamespaceThanItsPod(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "pod");
    for (UserNamespace.Builder wish :
        List.of(
            UserNamespace.newBuilder().setMode(NamespaceMode.NODE),
            users(mapping(0, HOST_ID, LENGTH - 1)))) {
      ContainerConfig.Builder config = container(testbed, pod, "other");
      security(config).getNamespaceOptionsBuilder().setUsernsOptions(wish);
      assertInvalid(
          () -> testbed.createContainer(pod, config.build()),
          "userns_options is not that of the sandbox");
    }
  }

  @ParameterizedTest
  @EnumSource
  void execAndContainerCanHaveTerminals(Transport transport, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "terminals");
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "shell",
                    testbed.busybox(),
                    List.of(
                        "sh",
                        "-c",
                        "while read x; do tty; " + sized("37 101") + "echo got $x; done"))
                .setStdin(true)
                .setTty(true)
                .build());
    URI exec =
        StreamUrls.exec(
            testbed.client(),
            container,
            Streams.TERMINAL,
            "sh",
            "-c",
            "read x; tty; " + sized("26 91") + "stat -c %u $(tty); id -u; exit 3");
    URI attach = StreamUrls.attach(testbed.client(), container, Streams.TERMINAL);
    try (Relay relay = Relay.to(testbed.node(), exec);
        Command command = transport.connect(relay.socket(), exec, Streams.TERMINAL);
        Command attached = transport.connect(relay.socket(), attach, Streams.TERMINAL)) {
      command.resize(91, 26);
      command.type("\n");
      assertThat(command.awaitStatus()).contains("\"message\":\"3\"");
      assertThat(command.stdout().text()).matches("(?s)\r\n/dev/pts/\\d+\r\n0\r\n0\r\n");
      attached.resize(101, 37);
      attached.type("typed\n");
      attached.stdout().awaitText("got typed\r\n");
    }
  }

  /**
   * A script that waits until the terminal has this size: typed text may arrive before the resize,
   * which has a stream of its own.
   */
  private static String sized(String rowsAndColumns) {
    return "until [ \"$(stty size)\" = '" + rowsAndColumns + "' ]; do sleep 0.1; done; ";
  }

  @Test
  void portsOfThePodAreForwarded(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "ports");
    String container =
        testbed.runContainer(pod, "echo", List.of("sh", "-c", "nc -ll -p 7007 -e cat & wait"));
    Await.until(
        "the server listens",
        () -> out(testbed, container, "cat /proc/net/tcp /proc/net/tcp6").contains(":1B5F "));
    URI url = StreamUrls.portForward(testbed.client(), pod.id());
    try (Relay relay = Relay.to(testbed.node(), url);
        SpdyClient client = SpdyClient.connect(relay.socket(), url, "portforward.k8s.io")) {
      assertThat(client.forward(7007, "there and back")).isEqualTo("there and back");
    }
  }

  private static void assertInvalid(ThrowingCallable call, String why) {
    assertRefused(call, Status.Code.INVALID_ARGUMENT, why);
  }
}
