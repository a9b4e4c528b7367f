package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.KeyValue;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Testbed.Extension.class)
class PodLifecycleIT {
  /** The log format that kubelet parses: time, stream, full or partial line, content. */
  private static final String LOG_LINE =
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+(Z|[+-]\\d\\d:\\d\\d) (stdout|stderr) [PF]"
          + " .*";

  @Test
  void podWithTwoContainersRunsAndIsRemoved(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("two", NamespaceMode.POD);
    PodSandboxStatus podStatus = testbed.podStatus(pod.id());
    assertThat(podStatus.getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(podStatus.getNetwork().getIp()).startsWith("10.88.");
    assertThat(podStatus.getCreatedAt()).isPositive();

    String writer =
        testbed.runShell(
            pod,
            "writer",
            "echo to-stdout; echo to-stderr >&2; i=0; while :; do echo $i; i=$((i+1)); sleep 0.1;"
                + " done");
    String sleeper = testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));

    ExecSyncResponse exec = testbed.exec(sleeper, "sh", "-c", "hostname; echo bad >&2; exit 3");
    assertThat(exec.getStdout().toStringUtf8()).isEqualTo("two\n");
    assertThat(exec.getStderr().toStringUtf8()).isEqualTo("bad\n");
    assertThat(exec.getExitCode()).isEqualTo(3);

    Await.until("a few lines are logged", () -> Files.readAllLines(pod.log("writer")).size() > 5);
    List<String> log = Files.readAllLines(pod.log("writer"));
    assertThat(log).allMatch(line -> line.matches(LOG_LINE));
    assertThat(log).anyMatch(line -> line.endsWith(" stdout F to-stdout"));
    assertThat(log).anyMatch(line -> line.endsWith(" stderr F to-stderr"));

    assertThat(testbed.containers())
        .extracting(Container::getId)
        .containsExactlyInAnyOrder(writer, sleeper);
    assertThat(testbed.containers())
        .allMatch(container -> container.getState() == ContainerState.CONTAINER_RUNNING);
    ContainerStatus running = testbed.status(writer);
    assertThat(running.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(running.getStartedAt()).isGreaterThanOrEqualTo(running.getCreatedAt());
    assertThat(running.getFinishedAt()).isZero();
    assertThat(running.getLogPath()).isEqualTo(pod.log("writer").toString());

    testbed.stopContainer(writer, 0);
    ContainerStatus stopped = testbed.status(writer);
    assertThat(stopped.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(stopped.getExitCode()).isEqualTo(137);
    assertThat(stopped.getReason()).isEqualTo("Error");
    assertThat(stopped.getFinishedAt()).isGreaterThanOrEqualTo(stopped.getStartedAt());
    assertThat(testbed.status(sleeper).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);

    testbed.stopPod(pod.id());
    assertThat(testbed.status(sleeper).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    testbed.removePod(pod);
    assertThat(testbed.pods()).isEmpty();
    assertThat(testbed.containers()).isEmpty();
    assertThat(pod.log("writer")).as("logs belong to kubelet").exists();
  }

  @Test
  void exitedContainerHasItsExitCodeReasonAndCompleteLog(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("ends", NamespaceMode.NODE);
    String good = testbed.runShell(pod, "good", "echo done");
    String bad = testbed.runShell(pod, "bad", "echo failed >&2; exit 7");
    String tail = testbed.runShell(pod, "tail", "printf unfinished");

    ContainerStatus completed = testbed.awaitExited(good);
    assertThat(completed.getExitCode()).isZero();
    assertThat(completed.getReason()).isEqualTo("Completed");
    ContainerStatus failed = testbed.awaitExited(bad);
    assertThat(failed.getExitCode()).isEqualTo(7);
    assertThat(failed.getReason()).isEqualTo("Error");
    testbed.awaitExited(tail);

    assertThat(Files.readString(pod.log("good"))).endsWith(" stdout F done\n");
    assertThat(Files.readString(pod.log("bad"))).endsWith(" stderr F failed\n");
    assertThat(Files.readString(pod.log("tail"))).contains(" stdout P unfinished");
  }

  @Test
  void listsFilterByIdLabelAndPod(Testbed testbed) throws Exception {
    Pod one =
        testbed.runPod(testbed.podConfig("one", NamespaceMode.NODE).putLabels("k", "1").build());
    Pod two =
        testbed.runPod(testbed.podConfig("two", NamespaceMode.NODE).putLabels("k", "2").build());
    String first = testbed.runContainer(one, "a", List.of("sleep", "1000"));
    String second = testbed.runContainer(two, "b", List.of("true"));
    testbed.awaitExited(second);

    assertThat(containers(testbed, ContainerFilter.newBuilder().setPodSandboxId(one.id()).build()))
        .containsExactly(first);
    assertThat(
            containers(testbed, ContainerFilter.newBuilder().setId(first.substring(0, 12)).build()))
        .containsExactly(first);
    assertThat(
            testbed
                .client()
                .runtime()
                .listPodSandbox(
                    ListPodSandboxRequest.newBuilder()
                        .setFilter(PodSandboxFilter.newBuilder().putLabelSelector("k", "2"))
                        .build())
                .getItemsList())
        .singleElement()
        .satisfies(item -> assertThat(item.getId()).isEqualTo(two.id()))
        .satisfies(item -> assertThat(item.getLabelsMap()).containsEntry("k", "2"));
  }

  private static List<String> containers(Testbed testbed, ContainerFilter filter) {
    return testbed
        .client()
        .runtime()
        .listContainers(ListContainersRequest.newBuilder().setFilter(filter).build())
        .getContainersList()
        .stream()
        .map(Container::getId)
        .toList();
  }

  @Test
  void podsHaveDifferentAddressesAndReachEachOther(Testbed testbed) throws Exception {
    Pod server = testbed.runPod("server", NamespaceMode.POD);
    Pod client = testbed.runPod("client", NamespaceMode.POD);
    String address = testbed.podStatus(server.id()).getNetwork().getIp();
    assertThat(testbed.podStatus(client.id()).getNetwork().getIp()).isNotEqualTo(address);
    String listener = testbed.runShell(server, "listener", "echo hello | nc -l -p 8080");
    String caller = testbed.runContainer(client, "caller", List.of("sleep", "1000"));
    Await.until(
        "the listener listens",
        () ->
            testbed.exec(listener, "sh", "-c", "grep -q :1F90 /proc/net/tcp*").getExitCode() == 0);
    assertThat(testbed.exec(caller, "nc", "-w", "5", address, "8080").getStdout().toStringUtf8())
        .isEqualTo("hello\n");
  }

  @Test
  void environmentWorkingDirectoryAndArgumentsReachTheProcess(Testbed testbed) throws Exception {
    String image =
        testbed
            .registry()
            .push(
                "configured:1",
                "--env",
                "[\"PATH=/bin\",\"FROM_IMAGE=i\",\"BOTH=image\"]",
                "--entrypoint",
                "[\"sh\",\"-c\",\"echo $FROM_IMAGE $BOTH $1; pwd; id -u\",\"arg0\"]",
                "--cmd",
                "[\"default\"]",
                "--user",
                "nobody");
    testbed.pull(image);
    try {
      Pod pod = testbed.runPod("configured", NamespaceMode.NODE);
      String plain =
          testbed.runContainer(
              pod, Requests.container(pod.config(), "plain", image, List.of()).build());
      String changed =
          testbed.runContainer(
              pod,
              Requests.container(pod.config(), "changed", image, List.of())
                  .addArgs("given")
                  .addEnvs(
                      KeyValue.newBuilder().setKey("BOTH").setValue(ByteString.copyFromUtf8("pod")))
                  .setWorkingDir("/made/for/it")
                  .build());
      testbed.awaitExited(plain);
      testbed.awaitExited(changed);
      assertThat(logged(pod, "plain")).containsExactly("i image default", "/", "65534");
      assertThat(logged(pod, "changed")).containsExactly("i pod given", "/made/for/it", "65534");
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  @Test
  void stopAndRemoveOfUnknownIdsSucceed(Testbed testbed) {
    String unknown = "0123456789abcdef".repeat(4);
    testbed.stopPod(unknown);
    testbed.removePod(new Pod(unknown, PodSandboxConfig.getDefaultInstance()));
    testbed.removeContainer(unknown);
    assertThat(failure(() -> testbed.status(unknown)).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(failure(() -> testbed.podStatus(unknown)).getCode())
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void stopAndRemoveAreIdempotent(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("again", NamespaceMode.POD);
    String container = testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    for (int i = 0; i < 2; i++) {
      testbed.stopContainer(container, 0);
    }
    for (int i = 0; i < 2; i++) {
      testbed.removeContainer(container);
    }
    for (int i = 0; i < 2; i++) {
      testbed.stopPod(pod.id());
    }
    for (int i = 0; i < 2; i++) {
      testbed.removePod(pod);
    }
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void createContainerInAStoppedPodFails(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("stopped", NamespaceMode.NODE);
    testbed.stopPod(pod.id());
    failure(
        () ->
            testbed
                .client()
                .runtime()
                .createContainer(
                    CreateContainerRequest.newBuilder()
                        .setPodSandboxId(pod.id())
                        .setConfig(
                            Requests.container(
                                pod.config(), "late", testbed.busybox(), List.of("true")))
                        .setSandboxConfig(pod.config())
                        .build()));
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void unknownRuntimeHandlerIsRefused(Testbed testbed) throws Exception {
    assertThat(
            failure(
                    () ->
                        testbed
                            .client()
                            .runtime()
                            .runPodSandbox(
                                RunPodSandboxRequest.newBuilder()
                                    .setConfig(testbed.podConfig("handler", NamespaceMode.NODE))
                                    .setRuntimeHandler("no-such-handler")
                                    .build()))
                .getDescription())
        .contains("no-such-handler");
    assertThat(testbed.pods()).isEmpty();
  }
}
