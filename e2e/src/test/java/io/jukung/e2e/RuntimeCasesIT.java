package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.output;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.Signal;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Cases of the validation suite of opencontainers/runtime-tools that the CRI can express and that
 * no other test has. docs/conformance.md says where each case of the suite is.
 */
@ExtendWith(Testbed.Extension.class)
class RuntimeCasesIT {
  private static ContainerConfig.Builder shell(Testbed testbed, Pod pod, String script) {
    return Requests.container(
        pod.config(), "probe", testbed.busybox(), List.of("sh", "-c", script));
  }

  /** The case "default". */
  @Test
  void everyContainerHasTheDefaultDevicesLinksAndFileSystems(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("default", NamespaceMode.POD);
    assertThat(
            output(
                testbed,
                pod,
                shell(
                    testbed,
                    pod,
                    "for d in null zero full random urandom tty; do"
                        + " stat -c '%n %F %t:%T %a' /dev/$d; done;"
                        + " for l in fd stdin stdout stderr ptmx; do"
                        + " echo /dev/$l $(readlink /dev/$l); done;"
                        + " for m in /proc /sys /dev /dev/pts /dev/shm /dev/mqueue; do"
                        + " grep \" $m \" /proc/self/mounts | cut -d' ' -f2,3; done")))
        .containsExactly(
            "/dev/null character special file 1:3 666",
            "/dev/zero character special file 1:5 666",
            "/dev/full character special file 1:7 666",
            "/dev/random character special file 1:8 666",
            "/dev/urandom character special file 1:9 666",
            "/dev/tty character special file 5:0 666",
            "/dev/fd /proc/self/fd",
            "/dev/stdin /proc/self/fd/0",
            "/dev/stdout /proc/self/fd/1",
            "/dev/stderr /proc/self/fd/2",
            "/dev/ptmx pts/ptmx",
            "/proc proc",
            "/sys sysfs",
            "/dev tmpfs",
            "/dev/pts devpts",
            "/dev/shm tmpfs",
            "/dev/mqueue mqueue");
  }

  /** The cases "process", "process_user" and "hostname". */
  @Test
  void processHasItsDirectoryVariablesUmaskAndHostname(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("case-host", NamespaceMode.POD);
    ContainerConfig.Builder config =
        shell(testbed, pod, "pwd; echo $testa $testb; umask; hostname; echo \"$0\" \"$@\"")
            .setWorkingDir("/made/for/it")
            .addArgs("name")
            .addArgs("an argument")
            .addEnvs(
                KeyValue.newBuilder().setKey("testa").setValue(ByteString.copyFromUtf8("valuea")))
            .addEnvs(
                KeyValue.newBuilder().setKey("testb").setValue(ByteString.copyFromUtf8("123")));
    assertThat(output(testbed, pod, config))
        .containsExactly("/made/for/it", "valuea 123", "0022", "case-host", "name an argument");
  }

  /** The case "process_capabilities_fail". */
  @Test
  void unknownCapabilityIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("capability", NamespaceMode.NODE);
    ContainerConfig.Builder config = shell(testbed, pod, "true");
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setCapabilities(Capability.newBuilder().addAddCapabilities("TEST"));
    assertRefused(
        () -> testbed.createContainer(pod, config.build()), Code.INVALID_ARGUMENT, "TEST");
  }

  /** The cases "linux_masked_paths" and "linux_readonly_paths": also nested and missing paths. */
  @Test
  void pathsAreMaskedAndReadOnlyWhereverTheyAre(Testbed testbed) throws Exception {
    Path volume = Files.createDirectories(testbed.node().directory().resolve("paths"));
    for (String each : List.of("masked/deep/dir/in", "readonly/deep/dir/in")) {
      Files.createDirectories(volume.resolve(each).getParent());
      Files.writeString(volume.resolve(each), "content\n");
      Files.writeString(volume.resolve(each).resolveSibling("file"), "content\n");
    }
    Pod pod = testbed.runPod("paths", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        shell(
                testbed,
                pod,
                "ls /v/masked/deep; ls -A /v/masked/deep/dir | wc -l; cat /v/masked/f | wc -c;"
                    + " cat /v/readonly/deep/dir/in; cat /v/readonly/f;"
                    + " for f in /v/readonly/deep/dir/in /v/readonly/deep/dir/new /v/readonly/f; do"
                    + " (: >>$f) 2>/dev/null || echo refused $f; done;"
                    + " : >>/v/readonly/deep/new && echo written")
            .addMounts(Mount.newBuilder().setHostPath(volume.toString()).setContainerPath("/v"));
    Files.writeString(volume.resolve("masked/f"), "content\n");
    Files.writeString(volume.resolve("readonly/f"), "content\n");
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .addAllMaskedPaths(List.of("/v/masked/deep/dir", "/v/masked/f", "/v/none", "/none/x"))
        .addAllReadonlyPaths(List.of("/v/readonly/deep/dir", "/v/readonly/f", "/v/missing"));
    assertThat(output(testbed, pod, config))
        .containsExactly(
            "dir",
            "0",
            "0",
            "content",
            "content",
            "refused /v/readonly/deep/dir/in",
            "refused /v/readonly/deep/dir/new",
            "refused /v/readonly/f",
            "written");
    testbed.removeAllPods();
    testbed.node().run("rm", "-r", volume.toString()).orThrow();
  }

  /** The case "killsig": each signal reaches the process, as the container's stop signal. */
  @Test
  void everySignalReachesTheProcess(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("signals", NamespaceMode.NODE);
    for (String signal :
        List.of("TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "PIPE", "WINCH", "CONT")) {
      String container =
          testbed.runContainer(
              pod,
              Requests.container(
                      pod.config(),
                      signal.toLowerCase(Locale.ROOT),
                      testbed.busybox(),
                      List.of(
                          "sh",
                          "-c",
                          "trap 'echo got %s; exit 7' %s; echo ready;".formatted(signal, signal)
                              + " while :; do sleep 100000 & wait $!; done"))
                  .setStopSignal(Signal.valueOf("SIG" + signal))
                  .build());
      Path log = pod.log(signal.toLowerCase(Locale.ROOT));
      Await.until(signal + " is trapped", () -> Files.readString(log).contains("ready"));
      testbed.stopContainer(container, 600);
      assertThat(testbed.status(container).getExitCode()).as(signal).isEqualTo(7);
      assertThat(log).content().contains("got " + signal);
    }
  }

  /** The cases "state", "start", "create", "kill", "kill_no_effect" and "delete". */
  @Test
  void callsInTheWrongStateAreRefusedOrHaveNoEffect(Testbed testbed) throws Exception {
    assertRefused(() -> testbed.status("unknown"), Code.NOT_FOUND, "unknown");
    assertRefused(() -> testbed.startContainer("unknown"), Code.NOT_FOUND, "unknown");
    Pod pod = testbed.runPod("states", NamespaceMode.NODE);
    ContainerConfig config = shell(testbed, pod, "exec sleep 100000").build();
    String container = testbed.createContainer(pod, config);
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
    testbed.startContainer(container);
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);

    testbed.stopContainer(container, 0);
    testbed.awaitExited(container);
    testbed.stopContainer(container, 0);
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertRefused(() -> testbed.startContainer(container), Code.FAILED_PRECONDITION, container);
    testbed.removeContainer(container);
    testbed.removeContainer(container);
    assertRefused(() -> testbed.status(container), Code.NOT_FOUND, container);
  }

  /** The case "pidfile": the status tells the process of the node. */
  @Test
  void statusTellsTheProcess(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("pid", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", "exec sleep 123454321");
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(container).setVerbose(true).build();
    Matcher pid =
        Pattern.compile("\"pid\":([0-9]+)")
            .matcher(testbed.client().runtime().containerStatus(request).getInfoOrThrow("info"));
    assertThat(pid.find()).isTrue();
    Await.until(
        "the process runs its command",
        () ->
            testbed
                .node()
                .run("cat", "/proc/" + pid.group(1) + "/cmdline")
                .stdout()
                .equals("sleep\u0000123454321\u0000"));
  }
}
