package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.RuntimeHandler;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Command.Transport;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.StreamUrls;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pods whose containers a runtime of the OCI runs. {@code -De2e.handler=runc} runs all other
 * black-box tests with such pods.
 */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class HandlersIT {
  private static Pod pod(Testbed testbed, String handler, NamespaceMode network) throws Exception {
    return testbed.runPod(testbed.podConfig(handler, network).build(), handler);
  }

  private static Path bundle(Testbed testbed, String container) {
    return testbed.daemon().state().resolve("bundles").resolve(container);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void containerIsRunByItsRuntimeFromStartToRemoval(String handler, Testbed testbed)
      throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.POD);
    assertThat(testbed.podStatus(pod.id()).getRuntimeHandler()).isEqualTo(handler);
    String container =
        testbed.runShell(
            pod,
            "app",
            "echo out; echo err >&2; trap 'echo stopped; exit 7' TERM;"
                + " while :; do sleep 0.05; done");
    assertThat(bundle(testbed, container).resolve("root")).isNotEmptyDirectory();
    assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    Await.until("both lines are logged", () -> logged(pod, "app").size() == 2);
    assertThat(Files.readString(pod.log("app")))
        .contains("stdout F out\n")
        .contains("stderr F err\n");

    ExecSyncResponse exec =
        testbed.exec(container, "sh", "-c", "hostname; echo err >&2; id -u; exit 5");
    assertThat(exec.getExitCode()).isEqualTo(5);
    assertThat(exec.getStdout().toStringUtf8()).isEqualTo(pod.config().getHostname() + "\n0\n");
    assertThat(exec.getStderr().toStringUtf8()).isEqualTo("err\n");

    testbed.stopContainer(container, 10);
    ContainerStatus end = testbed.awaitExited(container);
    assertThat(end.getExitCode()).isEqualTo(7);
    assertThat(logged(pod, "app")).endsWith("stopped");
    testbed.removeContainer(container);
    assertThat(bundle(testbed, container)).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void exitCodesOfShortContainersAreKept(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    assertThat(testbed.awaitExited(testbed.runShell(pod, "exits", "exit 3")).getExitCode())
        .isEqualTo(3);
    assertThat(testbed.awaitExited(testbed.runShell(pod, "killed", "kill -9 $$")).getExitCode())
        .isZero(); // the first process of a pid namespace cannot kill itself
    String sleeps = testbed.runContainer(pod, "sleeps", List.of("sleep", "1000"));
    testbed.stopContainer(sleeps, 0);
    assertThat(testbed.awaitExited(sleeps).getExitCode()).isEqualTo(137);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun", "old", "slow"})
  void execIsKilledWithItsChildrenAtItsTimeout(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "sleeps", List.of("sleep", "1000"));
    assertThat(failure(() -> testbed.exec(container, 1, "sh", "-c", "sleep 3456 & sleep 3457")))
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(testbed.processes(container)).doesNotContain("345").contains("sleep 1000");
    try (var files = Files.list(bundle(testbed, container))) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .noneMatch(name -> name.startsWith("exec-"));
    }
  }

  /** The container's own processes and those of another command are not the command's. */
  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun", "old"})
  void timeoutOfACommandEndsNoOtherProcess(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    String container = testbed.runShell(pod, "parent", "sleep 2345 & exec sleep 1000");
    testbed.exec(container, "sh", "-c", "sleep 2346 >/dev/null 2>&1 &");
    assertThat(failure(() -> testbed.exec(container, 1, "sleep", "3456")))
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(testbed.processes(container))
        .doesNotContain("sleep 3456")
        .contains("sleep 1000")
        .contains("sleep 2345")
        .contains("sleep 2346");
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void commandThatIsNotThereFailsWithTheWordsOfTheRuntime(String handler, Testbed testbed)
      throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    ContainerConfig config =
        Requests.container(pod.config(), "absent", testbed.busybox(), List.of("/no/such/program"))
            .build();
    String absent = testbed.createContainer(pod, config);
    assertThat(failure(() -> testbed.startContainer(absent)).getDescription())
        .contains("/" + handler)
        .contains("/no/such/program");
    assertThat(testbed.status(absent).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    String sleeps = testbed.runContainer(pod, "sleeps", List.of("sleep", "1000"));
    assertThat(failure(() -> testbed.exec(sleeps, "/no/such/program")).getDescription())
        .contains("/no/such/program");
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void terminalsOfContainersAndExecsAreAttached(String handler, Testbed testbed) throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "shell",
                    testbed.busybox(),
                    List.of("sh", "-c", "tty; while read line; do echo got $line; done"))
                .setTty(true)
                .setStdin(true)
                .build());
    URI exec =
        StreamUrls.exec(
            testbed.client(),
            container,
            Streams.TERMINAL,
            "sh",
            "-c",
            "sleep 0.5; stty size; trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done");
    URI attach = StreamUrls.attach(testbed.client(), container, Streams.TERMINAL);
    try (Relay relay = Relay.to(testbed.node(), exec);
        Command attached = Transport.WEBSOCKET.connect(relay.socket(), attach, Streams.TERMINAL);
        Command command = Transport.WEBSOCKET.connect(relay.socket(), exec, Streams.TERMINAL)) {
      command.resize(91, 26);
      command.stdout().awaitText("ready\r\n");
      assertThat(command.stdout().text()).startsWith("26 91\r\n");
      command.type(new byte[] {3});
      assertThat(command.awaitStatus()).contains("\"message\":\"9\"");
      attached.type("typed\n");
      attached.stdout().awaitText("got typed\r\n");
    }
    assertThat(logged(pod, "shell")).anyMatch(line -> line.startsWith("/dev/pts/"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void containersSurviveAKilledDaemonAndEndWithAKilledShim(String handler, Testbed testbed)
      throws Exception {
    Pod pod = pod(testbed, handler, NamespaceMode.POD);
    String ends = testbed.runShell(pod, "ends", "sleep 1; echo gone; exit 9");
    String stays = testbed.runShell(pod, "stays", "sleep 1000");
    var _ = testbed.snapshot(); // waits until no spare shim is starting
    testbed.daemon().kill();
    Await.until("a container ends without a daemon", () -> logged(pod, "ends").contains("gone"));
    testbed.daemon().start();
    testbed.reconnect();
    assertThat(testbed.awaitExited(ends).getExitCode()).isEqualTo(9);
    assertThat(testbed.status(stays).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(testbed.exec(stays, "echo", "still here").getStdout().toStringUtf8())
        .isEqualTo("still here\n");

    testbed.node().run("kill", "-KILL", testbed.shim(pod.id())).orThrow();

    assertThat(testbed.awaitExited(stays).getExitCode()).isNotZero();
    Await.until(
        "the pod is not ready",
        () -> testbed.podStatus(pod.id()).getState() == PodSandboxState.SANDBOX_NOTREADY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void containersOfAPodShareItsPidNamespace(String handler, Testbed testbed) throws Exception {
    var config = testbed.podConfig(handler, NamespaceMode.NODE);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    Pod pod = testbed.runPod(config.build(), handler);
    testbed.runContainer(pod, shared(testbed, pod, "first", "sleep 2468"));
    String second = testbed.runContainer(pod, shared(testbed, pod, "second", "sleep 1000"));
    assertThat(testbed.processes(second)).contains("sleep 2468").startsWith("jukung ");
    testbed.stopContainer(second, 0);
    testbed.awaitExited(second);
  }

  private static ContainerConfig shared(Testbed testbed, Pod pod, String name, String script) {
    var config =
        Requests.container(
            pod.config(), name, testbed.busybox(), List.of("sh", "-c", script + "; true"));
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    return config.build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void imageVolumesAndPartsOfThemAreReadOnlyInTheContainer(String handler, Testbed testbed)
      throws Exception {
    Path root = testbed.registry().copyOfBusybox("volume-" + handler);
    Files.createDirectories(root.resolve("data/deep"));
    Files.writeString(root.resolve("data/deep/file"), "deep\n");
    Files.createSymbolicLink(root.resolve("link"), Path.of("/data/deep"));
    String image = testbed.registry().push("volume-" + handler + ":1", root);
    testbed.pull(image);
    Pod pod = pod(testbed, handler, NamespaceMode.NODE);
    Mount.Builder volume =
        Mount.newBuilder().setReadonly(true).setImage(ImageSpec.newBuilder().setImage(image));
    ContainerConfig config =
        Requests.container(pod.config(), "volumes", testbed.busybox(), List.of("sleep", "1000"))
            .addMounts(volume.setContainerPath("/whole"))
            .addMounts(volume.clone().setContainerPath("/part").setImageSubPath("link"))
            .build();
    String container = testbed.runContainer(pod, config);
    assertThat(
            testbed
                .exec(container, "cat", "/whole/data/deep/file", "/part/file")
                .getStdout()
                .toStringUtf8())
        .isEqualTo("deep\ndeep\n");
    assertThat(
            testbed
                .exec(container, "sh", "-c", "touch /whole/x /part/x 2>&1; true")
                .getStdout()
                .toStringUtf8()
                .lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).contains("Read-only file system"));
    testbed.stopContainer(container, 0);
    testbed.removeContainer(container);
    testbed.removeImage(image);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runc", "crun"})
  void jukungRunTakesAHandler(String handler, Testbed testbed) throws Exception {
    List<String> line =
        List.of(
            "env",
            "JUKUNG_SOCKET=" + testbed.daemon().socket(),
            Daemon.dist().resolve("bin/jukung").toString(),
            "run",
            "--rm",
            "--network=host",
            "--runtime=" + handler,
            testbed.busybox(),
            "cat",
            "/proc/1/cmdline");
    assertThat(testbed.node().run(line).orThrow()).isEqualTo("cat\0/proc/1/cmdline\0");
    List<String> other = new ArrayList<>(line);
    other.set(line.indexOf("--runtime=" + handler), "--runtime=other");
    assertThat(testbed.node().run(other).stderr()).contains("no runtime handler \"other\"");
  }

  @Test
  void onlyAllowedAnnotationsReachTheRuntime(Testbed testbed) throws Exception {
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("annotated", NamespaceMode.NODE)
                .putAnnotations("handlers.example/wanted", "yes")
                .putAnnotations("other.example/unwanted", "no")
                .build(),
            "runc");
    String container = testbed.runContainer(pod, "sleeps", List.of("sleep", "1000"));
    assertThat(Files.readString(bundle(testbed, container).resolve("config.json")))
        .contains("\"annotations\":{\"handlers.example/wanted\":\"yes\"}");
  }

  @Test
  void unknownHandlersAndMissingProgramsAreRefused(Testbed testbed) throws Exception {
    var config = testbed.podConfig("refused", NamespaceMode.NODE).build();
    assertRefused(
        () -> testbed.runPod(config, "other"),
        Status.Code.INVALID_ARGUMENT,
        "no runtime handler \"other\" (runtime_handler); configured are"
            + " \"\", \"absent\", \"crun\", \"old\", \"runc\"");
    assertRefused(
        () -> testbed.runPod(config, "absent"),
        Status.Code.FAILED_PRECONDITION,
        "/no/such/runtime");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void whatARuntimeCannotDoIsRefusedByName(Testbed testbed) throws Exception {
    var users = testbed.podConfig("users", NamespaceMode.POD);
    users
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setUsernsOptions(
            UserNamespace.newBuilder()
                .setMode(NamespaceMode.POD)
                .addUids(IDMapping.newBuilder().setHostId(100_000).setLength(65_536))
                .addGids(IDMapping.newBuilder().setHostId(100_000).setLength(65_536)));
    assertRefused(
        () -> testbed.runPod(users.build(), "runc"), Status.Code.UNIMPLEMENTED, "userns_options");
    Pod pod = pod(testbed, "runc", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        Requests.container(pod.config(), "mounts", testbed.busybox(), List.of("true"))
            .addMounts(
                Mount.newBuilder()
                    .setHostPath(testbed.node().directory().toString())
                    .setContainerPath("/data")
                    .setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL));
    assertRefused(
        () -> testbed.createContainer(pod, config.build()),
        Status.Code.UNIMPLEMENTED,
        "propagation");
  }

  @Test
  void statusAnnouncesEachHandlerWithItsFeatures(Testbed testbed) throws Exception {
    Await.until(
        "runc has said that it knows recursive read-only mounts",
        () -> handler(testbed, "runc").getFeatures().getRecursiveReadOnlyMounts());
    assertThat(handler(testbed, "runc").getFeatures().getUserNamespaces()).isFalse();
    assertThat(handler(testbed, "absent").getFeatures().getRecursiveReadOnlyMounts()).isFalse();
    assertThat(handler(testbed, "").getFeatures().getRecursiveReadOnlyMounts()).isTrue();
    assertThat(handler(testbed, "crun").getName()).isEqualTo("crun");
  }

  private static RuntimeHandler handler(Testbed testbed, String name) {
    return testbed
        .client()
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getRuntimeHandlersList()
        .stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
