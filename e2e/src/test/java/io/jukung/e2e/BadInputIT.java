package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.networkReady;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.CheckpointPodRequest;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.RestorePodRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.RuntimeCondition;
import io.jukung.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Wrong requests and configurations. Each is answered with one clear sentence and the right status
 * code, and leaves nothing behind.
 */
@ExtendWith(Testbed.Extension.class)
class BadInputIT {
  @Test
  void unknownImageCannotBePulled(Testbed testbed) {
    String reference = "127.0.0.1:5000/no/such/image:1";
    Status status = failure(() -> testbed.pull(reference));
    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).contains("no/such/image");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "busybox::", "a b", "busybox@sha256:12", "-x"})
  void malformedReferenceIsAnInvalidArgument(String reference, Testbed testbed) {
    Status status = failure(() -> testbed.pull(reference));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains(reference);
  }

  @Test
  void pullFromAnUnreachableRegistryIsUnavailable(Testbed testbed) {
    Status status = failure(() -> testbed.pull("127.0.0.1:1/busybox:1"));
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).contains("127.0.0.1:1");
  }

  @Test
  void checkpointWithoutCriuIsRefusedByTheNameOfTheProgram(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("criu", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    Status status =
        failure(
            () ->
                testbed
                    .client()
                    .runtime()
                    .checkpointContainer(
                        CheckpointContainerRequest.newBuilder()
                            .setContainerId(container)
                            .setLocation("/tmp/no-checkpoint.tar")
                            .build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains("/no/such/criu").contains("checkpoint.criu");
    assertThat(Path.of("/tmp/no-checkpoint.tar")).doesNotExist();
  }

  @Test
  void archiveOfACheckpointIsNoImageUnlessTheNodeAllowsRestores(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("restore", NamespaceMode.NODE);
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod,
                    Requests.container(pod.config(), "c", "/tmp/a.tar", List.of("true")).build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains("checkpoint.restore is false");
  }

  @Test
  void checkpointsOfPodsAreRefusedByTheNameOfTheCall(Testbed testbed) {
    RuntimeServiceBlockingStub runtime = testbed.client().runtime();
    for (Status status :
        List.of(
            failure(() -> runtime.checkpointPod(CheckpointPodRequest.getDefaultInstance())),
            failure(() -> runtime.restorePod(RestorePodRequest.getDefaultInstance())))) {
      assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
      assertThat(status.getDescription()).containsPattern("(CheckpointPod|RestorePod)");
    }
  }

  @Test
  void containerOfAMissingImageIsNotFound(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("absent", NamespaceMode.NODE);
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod,
                    Requests.container(pod.config(), "c", "absent.example/image:1", List.of("true"))
                        .build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).contains("absent.example/image:1");
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void missingCommandIsAStartError(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("missing", NamespaceMode.NODE);
    String container =
        testbed.createContainer(
            pod,
            Requests.container(
                    pod.config(), "missing", testbed.busybox(), List.of("/no/such/program"))
                .build());
    assertThat(failure(() -> testbed.startContainer(container)).getDescription())
        .contains("/no/such/program");
    ContainerStatus status = testbed.status(container);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getReason()).isEqualTo("StartError");
    assertThat(status.getExitCode()).isEqualTo(128);
    assertThat(status.getMessage()).contains("/no/such/program");
  }

  @Test
  void containerWithoutACommandIsAnInvalidArgument(Testbed testbed) throws Exception {
    String image = testbed.registry().push("empty:1", "--cmd", "[]");
    testbed.pull(image);
    try {
      Pod pod = testbed.runPod("nothing", NamespaceMode.NODE);
      Status status =
          failure(
              () ->
                  testbed.createContainer(
                      pod, Requests.container(pod.config(), "c", image, List.of()).build()));
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(testbed.containers()).isEmpty();
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  private static ContainerConfig withSecurity(
      Pod pod, String image, LinuxContainerSecurityContext.Builder security) {
    security.setNamespaceOptions(
        pod.config().getLinux().getSecurityContext().getNamespaceOptions());
    return Requests.container(pod.config(), "c", image, List.of("true"))
        .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security))
        .build();
  }

  @Test
  void unknownUserIsNamedInTheError(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("user", NamespaceMode.NODE);
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod,
                    withSecurity(
                        pod,
                        testbed.busybox(),
                        LinuxContainerSecurityContext.newBuilder().setRunAsUsername("stranger"))));
    assertThat(status.getDescription()).contains("stranger");
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void groupWithoutAUserIsAnInvalidArgument(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("group", NamespaceMode.NODE);
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod,
                    withSecurity(
                        pod,
                        testbed.busybox(),
                        LinuxContainerSecurityContext.newBuilder()
                            .setRunAsGroup(Int64Value.newBuilder().setValue(5)))));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(testbed.containers()).isEmpty();
  }

  /** kubelet relies on a missing source being created as a directory. Below a file none can be. */
  @Test
  void impossibleMountSourceIsNamedInTheError(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("mount", NamespaceMode.NODE);
    Path file = Files.createFile(testbed.node().directory().resolve("a-file"));
    String source = file + "/below";
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod,
                    Requests.container(pod.config(), "c", testbed.busybox(), List.of("true"))
                        .addMounts(Mount.newBuilder().setHostPath(source).setContainerPath("/mnt"))
                        .build()));
    assertThat(status.getDescription()).contains(source);
    assertThat(testbed.containers()).isEmpty();
    Files.delete(file);
  }

  @Test
  void podWithoutMetadataIsAnInvalidArgument(Testbed testbed) throws Exception {
    Status status =
        failure(
            () ->
                testbed.runPod(
                    testbed.podConfig("nameless", NamespaceMode.NODE).clearMetadata().build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void missingNetworkConfigurationIsReportedWithItsDirectory(Testbed testbed) throws Exception {
    try (Daemon daemon = Daemon.in(testbed.node(), "no-network")) {
      daemon.start();
      try (CriClient client = CriClient.of(daemon.socket())) {
        RuntimeCondition network = networkReady(client);
        assertThat(network.getStatus()).isFalse();
        assertThat(network.getReason()).isNotBlank();
        assertThat(network.getMessage()).contains(daemon.cniConfiguration().toString());
        Status status =
            failure(
                () ->
                    client
                        .runtime()
                        .runPodSandbox(
                            RunPodSandboxRequest.newBuilder()
                                .setConfig(testbed.podConfig("lonely", NamespaceMode.POD))
                                .build()));
        assertThat(status.getCode()).isIn(Status.Code.FAILED_PRECONDITION, Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).contains(daemon.cniConfiguration().toString());
      }
      daemon.terminate();
    }
  }

  private static List<String> serve(Daemon daemon, String... more) {
    List<String> line = new ArrayList<>(List.of(more));
    line.addAll(
        List.of(
            Daemon.dist().resolve("bin/jukung").toString(),
            "serve",
            "--config",
            daemon.config().toString()));
    return line;
  }

  private static void assertRefused(CommandResult result, String why) {
    assertThat(result.exitCode()).as("exit code").isEqualTo(1);
    assertThat(result.stderr().strip().lines()).as("one sentence").hasSize(1);
    assertThat(result.stderr()).startsWith("jukung: ").containsIgnoringCase(why);
    assertThat(result.stdout()).isEmpty();
  }

  @Test
  void secondDaemonOnTheSameDirectoriesIsRefused(Testbed testbed) throws Exception {
    assertRefused(testbed.node().run(serve(testbed.daemon())), testbed.daemon().root().toString());
    assertThat(testbed.pods()).as("the first daemon still serves").isEmpty();
  }

  @Test
  void socketInUseIsRefused(Testbed testbed) throws Exception {
    Daemon second = Daemon.in(testbed.node(), "same-socket");
    List<String> line = serve(second);
    line.addAll(List.of("--set", "socket=" + testbed.daemon().socket()));
    assertRefused(testbed.node().run(line), testbed.daemon().socket().toString());
    assertThat(testbed.pods()).as("the first daemon still serves").isEmpty();
  }

  @Test
  void onlyRootCanServe(Testbed testbed) throws Exception {
    Daemon daemon = Daemon.in(testbed.node(), "not-root");
    Files.setPosixFilePermissions(
        testbed.node().directory(), PosixFilePermissions.fromString("rwxr-xr-x"));
    assertRefused(
        testbed
            .node()
            .run(serve(daemon, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")),
        "root");
  }

  /** Unmounts the cgroup v2 hierarchy, as if the kernel had none. */
  @Test
  void kernelWithoutCgroupV2IsRefused(Testbed testbed) throws Exception {
    Daemon daemon = Daemon.in(testbed.node(), "old-kernel");
    CommandResult result =
        testbed
            .node()
            .run(
                serve(
                    daemon,
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "umount --lazy \"$(findmnt -n -o TARGET -t cgroup2 | head -n 1)\" && exec"
                        + " \"$@\"",
                    "sh"));
    assertRefused(result, "cgroup v2");
  }

  @Test
  void unknownConfigurationKeySuggestsTheNearestOne(Testbed testbed) throws Exception {
    Daemon daemon = Daemon.in(testbed.node(), "typo");
    daemon.writeConfig("[shim]\nspares = 1\n");
    CommandResult result = testbed.node().run(serve(daemon));
    assertRefused(result, "shim.spares");
    assertThat(result.stderr()).contains("shim.spare");
  }
}
