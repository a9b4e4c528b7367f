package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The namespaces of containers, in all modes that the CRI has. */
@ExtendWith(Testbed.Extension.class)
class NamespacesIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");

  private static Pod pod(Testbed testbed, String name, NamespaceOption.Builder namespaces)
      throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig(name, namespaces.getNetwork());
    config.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(namespaces);
    return testbed.runPod(config.build());
  }

  private static NamespaceOption.Builder options(NamespaceMode network, NamespaceMode pid) {
    return NamespaceOption.newBuilder().setNetwork(network).setPid(pid);
  }

  private static Pod sharedPidPod(Testbed testbed, String name) throws Exception {
    return pod(testbed, name, options(NamespaceMode.NODE, NamespaceMode.POD));
  }

  private static ContainerConfig targeting(Testbed testbed, Pod pod, String name, String target) {
    ContainerConfig.Builder config =
        Requests.container(pod.config(), name, testbed.busybox(), SLEEP);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.TARGET)
        .setTargetId(target);
    return config.build();
  }

  private static String out(Testbed testbed, String container, String script) {
    return testbed.exec(container, "sh", "-c", script).getStdout().toStringUtf8().strip();
  }

  private static String namespace(Testbed testbed, String container, String kind) {
    return out(testbed, container, "readlink /proc/self/ns/" + kind);
  }

  private static String nodesNamespace(Testbed testbed, String kind) throws Exception {
    return testbed.node().run("readlink", "/proc/1/ns/" + kind).orThrow().strip();
  }

  @Test
  void containersOfASharedPidNamespaceSeeEachOther(Testbed testbed) throws Exception {
    Pod pod = sharedPidPod(testbed, "shared-pid");
    String first = testbed.runContainer(pod, "first", SLEEP);
    String second = testbed.runContainer(pod, "second", List.of("sleep", "2000"));
    assertThat(namespace(testbed, first, "pid")).isEqualTo(namespace(testbed, second, "pid"));
    assertThat(out(testbed, second, "cat /proc/1/comm")).isEqualTo("jukung-reaper");
    String other = out(testbed, second, "ps -o pid,args | grep '[s]leep 1000'");
    out(testbed, second, "kill " + other.strip().split(" ", 2)[0]);
    assertThat(testbed.awaitExited(first).getExitCode()).isEqualTo(143);
    assertThat(testbed.status(second).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void orphansOfASharedPidNamespaceAreReaped(Testbed testbed) throws Exception {
    Pod pod = sharedPidPod(testbed, "orphans");
    String container =
        testbed.runShell(
            pod, "parent", "for i in 1 2 3 4 5; do (sleep 0.1 &); done; exec sleep 1000");
    Await.until(
        "the orphans are gone",
        () -> out(testbed, container, "ps -o comm | grep -c '^sleep'").equals("1"));
    assertThat(out(testbed, container, "grep -l '^State:.Z' /proc/[0-9]*/status | wc -l"))
        .isEqualTo("0");
  }

  @Test
  void sigtermToTheReaperEndsThePod(Testbed testbed) throws Exception {
    Pod pod = sharedPidPod(testbed, "term");
    String first = testbed.runContainer(pod, "first", SLEEP);
    String second = testbed.runContainer(pod, "second", SLEEP);
    out(testbed, first, "kill 1");
    assertThat(testbed.awaitExited(first).getExitCode()).isEqualTo(137);
    assertThat(testbed.awaitExited(second).getExitCode()).isEqualTo(137);
    Await.until(
        "the pod is not ready",
        () -> testbed.pods().getFirst().getState() == PodSandboxState.SANDBOX_NOTREADY);
  }

  /** A reaper in the node's root and namespaces would give the container access to them. */
  @Test
  void containerWithPtraceFindsNothingInTheReaper(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "tracer", options(NamespaceMode.POD, NamespaceMode.POD));
    ContainerConfig.Builder config =
        Requests.container(pod.config(), "tracer", testbed.busybox(), SLEEP);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_PTRACE"));
    String container = testbed.runContainer(pod, config.build());
    assertThat(out(testbed, container, "ls -A /proc/1/root/ /proc/1/cwd/; echo listed"))
        .isEqualTo("/proc/1/cwd/:\n\n/proc/1/root/:\nlisted");
    assertThat(out(testbed, container, "ls /proc/1/fd; grep Cap /proc/1/status | grep -v Bnd"))
        .doesNotContainPattern("Cap\\w+:\\s+0*[1-9a-f]")
        .doesNotContainPattern("(?m)^\\d+$");
    for (String kind : List.of("net", "ipc", "uts")) {
      assertThat(out(testbed, container, "readlink /proc/1/ns/" + kind))
          .isEqualTo(namespace(testbed, container, kind));
    }
  }

  @Test
  void containerWithItsOwnPidNamespaceSeesNoOtherContainer(Testbed testbed) throws Exception {
    Pod pod = sharedPidPod(testbed, "own-pid");
    testbed.runContainer(pod, "other", SLEEP);
    ContainerConfig.Builder config =
        Requests.container(pod.config(), "own", testbed.busybox(), List.of("sleep", "2000"));
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.CONTAINER);
    String own = testbed.runContainer(pod, config.build());
    assertThat(out(testbed, own, "ps -o args | grep '[s]leep'")).isEqualTo("sleep 2000");
  }

  @Test
  void containerInTheNodesPidNamespaceSeesTheNodesProcesses(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "node-pid", options(NamespaceMode.NODE, NamespaceMode.NODE));
    String container = testbed.runContainer(pod, "sleeper", SLEEP);
    assertThat(namespace(testbed, container, "pid")).isEqualTo(nodesNamespace(testbed, "pid"));
    assertThat(out(testbed, container, "cat /proc/1/comm"))
        .isEqualTo(testbed.node().run("cat", "/proc/1/comm").orThrow().strip());
  }

  @Test
  void targetModeJoinsThePidNamespaceOfTheTarget(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "target", options(NamespaceMode.NODE, NamespaceMode.CONTAINER));
    String target = testbed.runContainer(pod, "target", SLEEP);
    String debugger = testbed.runContainer(pod, targeting(testbed, pod, "debugger", target));
    assertThat(namespace(testbed, debugger, "pid")).isEqualTo(namespace(testbed, target, "pid"));
    assertThat(out(testbed, debugger, "cat /proc/1/cmdline | tr '\\0' ' '"))
        .isEqualTo("sleep 1000");
    assertThat(testbed.status(target).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void invalidTargetContainerIsRefused(Testbed testbed) throws Exception {
    Pod pod = pod(testbed, "no-target", options(NamespaceMode.NODE, NamespaceMode.CONTAINER));
    Pod other = pod(testbed, "elsewhere", options(NamespaceMode.NODE, NamespaceMode.CONTAINER));
    String target = testbed.runContainer(pod, "target", SLEEP);
    assertRefused(
        () -> testbed.createContainer(pod, targeting(testbed, pod, "a", "")),
        Status.Code.INVALID_ARGUMENT,
        "target_id is missing");
    assertRefused(
        () -> testbed.createContainer(pod, targeting(testbed, pod, "b", "none")),
        Status.Code.NOT_FOUND,
        "none");
    assertRefused(
        () -> testbed.createContainer(other, targeting(testbed, other, "c", target)),
        Status.Code.INVALID_ARGUMENT,
        "is in another sandbox");
    String created = testbed.createContainer(pod, targeting(testbed, pod, "d", target));
    testbed.stopContainer(target, 0);
    assertRefused(
        () -> testbed.startContainer(created), Status.Code.FAILED_PRECONDITION, "is not running");
    assertThat(testbed.status(created).getReason()).isEqualTo("StartError");
    assertRefused(
        () -> testbed.createContainer(pod, targeting(testbed, pod, "e", target)),
        Status.Code.FAILED_PRECONDITION,
        "container " + target + " is not running");
  }

  @Test
  void networkIpcAndUtsNamespacesBelongToThePodOrTheNode(Testbed testbed) throws Exception {
    Pod own =
        pod(
            testbed,
            "own",
            options(NamespaceMode.POD, NamespaceMode.CONTAINER).setIpc(NamespaceMode.POD));
    Pod nodes =
        pod(
            testbed,
            "nodes",
            options(NamespaceMode.NODE, NamespaceMode.CONTAINER).setIpc(NamespaceMode.NODE));
    String inOwn = testbed.runContainer(own, "sleeper", SLEEP);
    String inNodes = testbed.runContainer(nodes, "sleeper", SLEEP);
    for (String kind : List.of("net", "ipc", "uts")) {
      String node = nodesNamespace(testbed, kind);
      assertThat(namespace(testbed, inOwn, kind)).as(kind).isNotEqualTo(node);
      assertThat(namespace(testbed, inNodes, kind)).as(kind).isEqualTo(node);
    }
    assertThat(out(testbed, inNodes, "hostname"))
        .isEqualTo(testbed.node().run("hostname").orThrow().strip());
  }

  @Test
  void nodeNamespaceIsRefusedInAPodThatHasItsOwn(Testbed testbed) throws Exception {
    Pod pod =
        pod(
            testbed,
            "stays",
            options(NamespaceMode.POD, NamespaceMode.CONTAINER).setIpc(NamespaceMode.POD));
    for (NamespaceOption.Builder wish :
        List.of(
            options(NamespaceMode.NODE, NamespaceMode.CONTAINER).setIpc(NamespaceMode.POD),
            options(NamespaceMode.POD, NamespaceMode.CONTAINER).setIpc(NamespaceMode.NODE))) {
      ContainerConfig.Builder config =
          Requests.container(pod.config(), "leaver", testbed.busybox(), SLEEP);
      config.getLinuxBuilder().getSecurityContextBuilder().setNamespaceOptions(wish);
      assertRefused(
          () -> testbed.createContainer(pod, config.build()),
          Status.Code.INVALID_ARGUMENT,
          "is NODE, but its sandbox has");
    }
  }

  @Test
  void sharedPidNamespaceSurvivesADaemonRestart(Testbed testbed) throws Exception {
    Pod pod = sharedPidPod(testbed, "survives");
    String first = testbed.runContainer(pod, "first", SLEEP);
    String before = namespace(testbed, first, "pid");
    testbed.killAndRestartDaemon();
    assertThat(testbed.pods().getFirst().getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    String second = testbed.runShell(pod, "second", "readlink /proc/self/ns/pid");
    testbed.awaitExited(second);
    assertThat(logged(pod, "second")).containsExactly(before);
  }
}
