package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The commands that are about containers and pods that are there, and how these are found. */
class ContainerCommandsTest extends CommandHarness {
  @Test
  void checkpointSendsTheAbsolutePathOfTheArchive() {
    String pod = cri.addPod("web", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("checkpoint", "-e", "/a/../b.tar", "-t", "7", "web")).isZero();

    CheckpointContainerRequest request = cri.requests(CheckpointContainerRequest.class).getFirst();
    assertThat(request.getContainerId()).isEqualTo(id);
    assertThat(request.getLocation()).isEqualTo("/b.tar");
    assertThat(request.getTimeout()).isEqualTo(7);
  }

  @Test
  void timeoutOfACheckpointIsToldInTheWordsOfTheDaemon() {
    String pod = cri.addPod("web", Map.of());
    cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));
    cri.failOn(
        CheckpointContainerRequest.class,
        Status.DEADLINE_EXCEEDED.withDescription("not dumped after 7 s"));

    assertThat(jukung("checkpoint", "-e", "/b.tar", "-t", "7", "web")).isEqualTo(ExitCode.FAILED);
    assertThat(err.toString(UTF_8)).contains("not dumped after 7 s");
  }

  @Test
  void checkpointWithoutAnArchiveIsAUsageError() {
    assertThat(jukung("checkpoint", "web")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString(UTF_8)).contains("--export");
  }

  @Test
  void logsPrintTheLastLinesOfBothStreamsWithTimes() throws Exception {
    Path log = directory.resolve("c.log");
    Files.write(
        log,
        List.of(
            TIME + "stdout F one",
            TIME + "stdout P two ",
            TIME + "stdout F more",
            TIME + "stderr F three"));
    cri.addContainer(
        "p", container("web", ContainerState.CONTAINER_EXITED).setLogPath(log.toString()));

    assertThat(jukung("logs", "--tail", "2", "-t", "web")).isZero();

    assertThat(out).hasToString(TIME + "two more\n");
    assertThat(err).hasToString(TIME + "three\n");
  }

  @Test
  void logsFollowEndsWithTheContainer() throws Exception {
    Path log = directory.resolve("c.log");
    String id =
        cri.addContainer(
            "p", container("web", ContainerState.CONTAINER_RUNNING).setLogPath(log.toString()));
    var code = CompletableFuture.supplyAsync(() -> jukung("logs", "-f", "web"));
    Files.write(log, List.of(TIME + "stdout F one"));
    await(() -> out.toString(UTF_8).equals("one\n"));

    cri.replace(id, null);

    assertThat(code.get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void execPrintsBothStreamsAndExitsWithTheCommandsExitCode() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));
    cri.exitCode = 9;

    assertThat(jukung("exec", "--timeout", "5", "web", "ls", "-l", "--all")).isEqualTo(9);

    assertThat(out).hasToString("out\n");
    assertThat(err).hasToString("err\n");
    var request = cri.requests(ExecSyncRequest.class).getFirst();
    assertThat(request.getCmdList()).containsExactly("ls", "-l", "--all");
    assertThat(request.getTimeout()).isEqualTo(5);
  }

  @Test
  void execOfAFileThatIsNoProgramEndsWith126() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));
    cri.failOn(
        ExecSyncRequest.class,
        Status.INTERNAL.withDescription("exec \"/etc/passwd\": permission denied"));

    assertThat(jukung("exec", "--timeout", "5", "web", "/etc/passwd")).isEqualTo(126);
  }

  @Test
  void ttyIsRefusedWithoutATerminalOnStandardInput() {
    assertThat(jukung("exec", "-it", "web", "sh")).isEqualTo(125);
    assertThat(jukung("run", "-it", "image")).isEqualTo(125);

    String sentence = "jukung: -t needs a terminal, and standard input is none\n";
    assertThat(err).hasToString(sentence + sentence);
  }

  @Test
  void execWithATimeoutRefusesInput() {
    assertThat(jukung("exec", "-i", "--timeout", "5", "web", "sh")).isEqualTo(125);

    assertThat(err).hasToString("jukung: --timeout does not go with -i and -t\n");
  }

  @Test
  void stopOfARunContainerStopsItsPod() {
    String pod = cri.addPod("web", Map.of("io.jukung.run", "web"));
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("stop", "-t", "3", "web")).isZero();

    assertThat(cri.requests(StopContainerRequest.class))
        .containsExactly(
            StopContainerRequest.newBuilder().setContainerId(id).setTimeout(3).build());
    assertThat(cri.requests(StopPodSandboxRequest.class)).hasSize(1);
    assertThat(out).hasToString("web\n");
  }

  @Test
  void stopAndRmLeavePodsAloneThatRunDidNotMake() {
    String pod = cri.addPod("kubelet", Map.of());
    cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("stop", "web")).isZero();
    assertThat(jukung("rm", "web")).isZero();

    assertThat(cri.requests(StopPodSandboxRequest.class)).isEmpty();
    assertThat(cri.requests(RemovePodSandboxRequest.class)).isEmpty();
    assertThat(cri.requests(RemoveContainerRequest.class)).hasSize(1);
  }

  @Test
  void rmOfARunContainerRemovesPodAndLogs() throws Exception {
    cri.addImage("sha256:1", "busybox");
    cri.output.add(TIME + "stdout F x");
    assertThat(run("--name", "web", "busybox")).isZero();
    Path log = Path.of(cri.onlyContainer().getLogPath());
    Files.writeString(log.resolveSibling(log.getFileName() + ".20261121-010203"), "rotated");

    assertThat(jukung("rm", "web")).isZero();

    assertThat(cri.pods).isEmpty();
    assertThat(cri.containers).isEmpty();
    assertThat(directory.resolve("logs")).isEmptyDirectory();
  }

  @Test
  void rmOfARunningContainerNeedsForce() {
    String pod = cri.addPod("p", Map.of());
    cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("rm", "web")).isEqualTo(1);
    assertThat(err).hasToString("jukung: container web is running, stop it or use -f\n");
    assertThat(jukung("rm", "-f", "web")).isZero();
    assertThat(cri.containers).isEmpty();
  }

  @Test
  void oneFailureOfSeveralDoesNotStopTheOthers() {
    String pod = cri.addPod("p", Map.of());
    cri.addContainer(pod, container("b", ContainerState.CONTAINER_EXITED));

    assertThat(jukung("rm", "a", "b")).isEqualTo(1);

    assertThat(err).hasToString("jukung: no such container: a\n");
    assertThat(out).hasToString("b\n");
  }

  @Test
  void ambiguousNameIsRefusedWithTheChoices() {
    String first = cri.addContainer("p", container("web", ContainerState.CONTAINER_EXITED));
    String second = cri.addContainer("q", container("web", ContainerState.CONTAINER_EXITED));

    assertThat(jukung("rm", "web")).isEqualTo(1);

    assertThat(err)
        .hasToString(
            "jukung: web names 2 containers: %s, %s\n"
                .formatted(ShortId.of(first), ShortId.of(second)));
    assertThat(cri.containers).hasSize(2);
  }

  @Test
  void containerIsFoundByTheBeginningOfItsId() {
    String id = cri.addContainer("p", container("web", ContainerState.CONTAINER_EXITED));

    assertThat(jukung("rm", id.substring(0, 62))).isZero();

    assertThat(cri.containers).isEmpty();
  }

  @Test
  void stoppAndRmpStopAndRemovePods() {
    String id = cri.addPod("web", Map.of());

    assertThat(jukung("rmp", "web")).isEqualTo(1);
    assertThat(err).hasToString("jukung: pod web is ready, stop it (stopp) or use -f\n");
    assertThat(jukung("stopp", "web")).isZero();
    assertThat(jukung("rmp", id)).isZero();
    assertThat(cri.pods).isEmpty();
  }

  @Test
  void rmiOfAnUnknownImageIsAnError() {
    cri.addImage("sha256:1", "busybox");

    assertThat(jukung("rmi", "nope", "busybox")).isEqualTo(1);

    assertThat(err).hasToString("jukung: no such image: nope\n");
    assertThat(cri.images).isEmpty();
  }

  @Test
  void imageIsFoundByTheBeginningOfItsId() {
    String id = "sha256:0123456789abcdef" + "0".repeat(48);
    for (List<String> command :
        List.of(
            List.of("inspect", "012345"),
            List.of("tag", "012345", "mine:1"),
            List.of("export", "-f", directory.resolve("out.tar").toString(), "012345"),
            List.of("run", "--pull=never", "--log-directory", directory.toString(), "012345"),
            List.of("rmi", "012345"))) {
      cri.addImage(id, "busybox:1");
      assertThat(jukung(command.toArray(String[]::new))).as("%s: %s", command, err).isZero();
    }

    assertThat(cri.images).isEmpty();
    assertThat(cri.requests(TagRequest.class).getFirst().getImage()).isEqualTo(id);
    assertThat(cri.requests(ExportRequest.class).getFirst().getImagesList()).containsExactly(id);
    assertThat(
            cri.requests(CreateContainerRequest.class).getFirst().getConfig().getImage().getImage())
        .isEqualTo(id);
  }

  @Test
  void beginningOfTwoImageIdsIsRefusedWithTheChoices() {
    cri.addImage("sha256:0123456789abcdef", "a:1");
    cri.addImage("sha256:0123456789fedcba", "b:1");

    assertThat(jukung("rmi", "0123456789")).isEqualTo(1);

    assertThat(err).hasToString("jukung: 0123456789 names 2 images: 0123456789ab, 0123456789fe\n");
    assertThat(cri.images).hasSize(2);
  }

  @Test
  void imageNamedLikeTheBeginningOfAnotherImagesIdIsFoundByItsName() {
    cri.addImage("sha256:cafe000000000000", "a:1");
    cri.addImage("sha256:1111111111111111", "cafe");

    assertThat(jukung("rmi", "cafe")).isZero();

    assertThat(cri.images).containsOnlyKeys("sha256:cafe000000000000");
  }
}
