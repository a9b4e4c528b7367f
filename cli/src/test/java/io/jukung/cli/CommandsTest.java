package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.CommitRequest;
import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.PullRequest;
import io.jukung.client.v1.PushRequest;
import io.jukung.client.v1.TagRequest;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs commands against a fake daemon, and checks their calls, output and exit codes. */
@Timeout(60)
class CommandsTest {
  private static final String TIME = "2026-11-21T01:02:03.456789012Z ";

  @TempDir Path directory;
  private FakeCri cri;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private boolean interactive;
  private String input = "";

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
  }

  // run

  @Test
  void runPrintsTheOutputAndExitsWithTheContainersExitCode() {
    cri.addImage("sha256:1", "busybox");
    cri.output.addAll(
        List.of(
            TIME + "stdout F hello",
            TIME + "stderr F oh",
            TIME + "stdout P a",
            TIME + "stdout F b"));
    cri.exitCode = 3;

    assertThat(run("busybox", "echo", "-n", "hello")).isEqualTo(3);

    assertThat(out).hasToString("hello\nab\n");
    assertThat(err).hasToString("oh\n");
    var create = cri.requests(CreateContainerRequest.class).getFirst();
    assertThat(create.getConfig().getArgsList()).containsExactly("echo", "-n", "hello");
    assertThat(create.getConfig().getImage().getImage()).isEqualTo("sha256:1");
    assertThat(create.getConfig().getImage().getUserSpecifiedImage()).isEqualTo("busybox");
    assertThat(create.getSandboxConfig())
        .isEqualTo(cri.requests(RunPodSandboxRequest.class).getFirst().getConfig());
    assertThat(cri.containers).hasSize(1);
  }

  @Test
  void runPrintsOutputUntilTheContainerEnds() throws Exception {
    cri.addImage("sha256:1", "busybox");
    cri.output.add(TIME + "stdout F first");
    cri.exitCode = null;
    var code = CompletableFuture.supplyAsync(() -> run("busybox"));
    await(() -> out.toString(UTF_8).equals("first\n"));
    ContainerStatus status = cri.onlyContainer();
    Files.writeString(
        Path.of(status.getLogPath()),
        TIME + "stdout F last\n",
        java.nio.file.StandardOpenOption.APPEND);

    cri.replace(
        status.getId(),
        status.toBuilder()
            .setState(ContainerState.CONTAINER_EXITED)
            .setExitCode(137)
            .setReason("OOMKilled")
            .build());

    assertThat(code.get(20, TimeUnit.SECONDS)).isEqualTo(137);
    assertThat(out).hasToString("first\nlast\n");
    assertThat(err).hasToString("jukung: the container was out of memory and was killed\n");
  }

  @Test
  void runPullsAMissingImage() {
    assertThat(run("busybox")).isZero();

    assertThat(cri.requests(PullRequest.class).getFirst().getImage().getImage())
        .isEqualTo("busybox");
    assertThat(
            cri.requests(CreateContainerRequest.class).getFirst().getConfig().getImage().getImage())
        .isEqualTo("sha256:pulled");
    assertThat(err.toString(UTF_8)).contains("aaaaaaaaaaaa: downloading 1MB");
  }

  @Test
  void runWithPullNeverDoesNotPull() {
    assertThat(run("--pull", "never", "busybox")).isEqualTo(125);

    assertThat(cri.requests(PullRequest.class)).isEmpty();
    assertThat(cri.pods).isEmpty();
    assertThat(err)
        .hasToString("jukung: image busybox is not here, and --pull never forbids to pull it\n");
  }

  @Test
  void runWithRmRemovesContainerPodAndLog() throws Exception {
    cri.addImage("sha256:1", "busybox");
    cri.output.add(TIME + "stdout F hello");
    cri.exitCode = 4;

    assertThat(run("--rm", "busybox")).isEqualTo(4);

    assertThat(out).hasToString("hello\n");
    assertThat(cri.pods).isEmpty();
    assertThat(cri.containers).isEmpty();
    assertThat(directory.resolve("logs")).isEmptyDirectory();
  }

  @Test
  void runDetachedPrintsTheIdAndReturns() {
    cri.addImage("sha256:1", "busybox");
    cri.exitCode = null;

    assertThat(run("-d", "--name", "web", "busybox")).isZero();

    assertThat(out).hasToString(cri.onlyContainer().getId() + "\n");
    assertThat(cri.onlyContainer().getMetadata().getName()).isEqualTo("web");
  }

  @Test
  void runWithANameInUseIsRefused() {
    cri.addImage("sha256:1", "busybox");
    assertThat(run("-d", "--name", "web", "busybox")).isZero();

    assertThat(run("-d", "--name", "web", "busybox")).isEqualTo(125);

    assertThat(err.toString(UTF_8)).startsWith("jukung: the name web is in use by container ");
    assertThat(cri.pods).hasSize(1);
  }

  @Test
  void runOfAMissingCommandEndsWith127AndLeavesNothing() {
    cri.addImage("sha256:1", "busybox");
    cri.failOn(
        StartContainerRequest.class,
        Status.INTERNAL.withDescription("exec \"/nope\": no such file or directory"));

    assertThat(run("busybox", "/nope")).isEqualTo(127);

    assertThat(err).hasToString("jukung: exec \"/nope\": no such file or directory\n");
    assertThat(cri.pods).isEmpty();
    assertThat(cri.containers).isEmpty();
  }

  @Test
  void runRemovesThePodIfTheContainerCannotBeCreated() {
    cri.addImage("sha256:1", "busybox");
    cri.failOn(
        CreateContainerRequest.class, Status.INVALID_ARGUMENT.withDescription("no user bob"));

    assertThat(run("-u", "bob", "busybox")).isEqualTo(125);

    assertThat(err).hasToString("jukung: no user bob\n");
    assertThat(cri.pods).isEmpty();
  }

  @Test
  void runRefusesWrongOptionsBeforeAnyCall() {
    for (List<String> wrong :
        List.of(
            List.of("-it", "busybox"),
            List.of("-d", "--rm", "busybox"),
            List.of("--name", "a b", "busybox"),
            List.of("--memory", "lots", "busybox"),
            List.of("-v", "data:x", "busybox"),
            List.of("--mount", "type=other,target=/x", "busybox"),
            List.of("--init", "busybox"),
            List.of("-v", "/a:/x", "--tmpfs", "/x/", "busybox"),
            List.of("--cpus", "0", "busybox"),
            List.of("--cpus", "many", "busybox"),
            List.of("--restart", "sometimes", "busybox"),
            List.of("--restart", "always:3", "busybox"),
            List.of("--rm", "--restart", "always", "busybox"),
            List.of("--network", "container:x", "busybox"),
            List.of("--nope", "busybox"),
            List.<String>of())) {
      err.reset();
      assertThat(run(wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(125);
      assertThat(err.toString(UTF_8)).as("%s", wrong).startsWith("jukung: ").endsWith("\n");
      assertThat(err.toString(UTF_8).lines()).as("%s", wrong).hasSize(1);
    }
    assertThat(cri.requests(RunPodSandboxRequest.class)).isEmpty();
    assertThat(cri.requests(PullRequest.class)).isEmpty();
  }

  // ps, pods, images

  @Test
  void psListsRunningContainersInWords() {
    String pod = cri.addPod("pod", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));
    cri.addContainer(pod, container("done", ContainerState.CONTAINER_EXITED).setExitCode(2));

    assertThat(jukung("ps")).isZero();

    assertThat(out)
        .hasToString(
            """
            CONTAINER ID   IMAGE     CREATED          STATUS              NAME   POD ID
            %s   busybox   59 seconds ago   Up About a minute   web    %s
            """
                .formatted(ShortId.of(id), ShortId.of(pod)));
  }

  @Test
  void psWithAllListsEveryStateNewestFirst() {
    String pod = cri.addPod("pod", Map.of());
    cri.addContainer(pod, container("a", ContainerState.CONTAINER_RUNNING));
    cri.addContainer(pod, container("b", ContainerState.CONTAINER_EXITED).setExitCode(2));
    cri.addContainer(pod, container("c", ContainerState.CONTAINER_CREATED));
    cri.addContainer(pod, container("d", ContainerState.CONTAINER_UNKNOWN));

    assertThat(jukung("ps", "-a")).isZero();

    assertThat(out.toString(UTF_8).lines().skip(1).map(line -> line.split(" {2,}", -1)[3]))
        .containsExactly(
            "Unknown", "Created", "Exited (2) About a minute ago", "Up About a minute");
  }

  @Test
  void psAsJsonIsTheAnswerOfTheCri() {
    String id = cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("ps", "-o", "json")).isZero();

    assertThat(out.toString(UTF_8))
        .contains(
            "\"containers\" : [", "\"id\" : \"" + id + "\"", "\"state\" : \"CONTAINER_RUNNING\"");
  }

  @Test
  void quietListsPrintWholeIds() {
    String pod = cri.addPod("pod", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));
    cri.addImage("sha256:abc", "busybox:1");

    jukung("ps", "-q");
    jukung("pods", "-q");
    jukung("images", "-q");

    assertThat(out).hasToString(id + "\n" + pod + "\nsha256:abc\n");
  }

  @Test
  void podsShowStateAndAddress() {
    String id = cri.addPod("web", Map.of());

    assertThat(jukung("pods")).isZero();

    assertThat(out)
        .hasToString(
            """
            POD ID         CREATED          STATE   NAME   NAMESPACE   ATTEMPT   IP
            %s   59 seconds ago   Ready   web    default     0         10.1.2.3
            """
                .formatted(ShortId.of(id)));
  }

  @Test
  void imagesHaveALinePerTag() {
    cri.addImage("sha256:0123456789abcdef", "localhost:5000/busybox:1", "busybox:latest");
    cri.addImage("sha256:fedcba9876543210");

    assertThat(jukung("images")).isZero();

    assertThat(out)
        .hasToString(
            """
            REPOSITORY               TAG      IMAGE ID       SIZE
            localhost:5000/busybox   1        0123456789ab   4.21MB
            busybox                  latest   0123456789ab   4.21MB
            <none>                   <none>   fedcba987654   4.21MB
            """);
  }

  // logs, exec

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

  // stop, rm, stopp, rmp, rmi

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

  // pull, import

  @Test
  void pullWritesLinesToAPipe() {
    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(err)
        .hasToString(
            """
            aaaaaaaaaaaa: downloading 1MB
            aaaaaaaaaaaa: done
            """);
  }

  @Test
  void pullDrawsBarsOnATerminal() {
    interactive = true;

    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(err.toString(UTF_8))
        .startsWith(
            """
            aaaaaaaaaaaa [====================>                   ] 500kB/1MB\u001b[K
            bbbbbbbbbbbb waiting\u001b[K
            """)
        .contains("\u001b[2Aaaaaaaaaaaaa done\u001b[K\n");
  }

  @Test
  void quietPullPrintsOnlyTheId() {
    assertThat(jukung("pull", "-q", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(err).hasToString("");
  }

  @Test
  void pullWorksOnARuntimeThatIsNotJukung() {
    cri.knowsJukung = false;

    assertThat(jukung("pull", "busybox")).isZero();

    assertThat(out).hasToString("sha256:pulled\n");
    assertThat(cri.requests(PullImageRequest.class)).hasSize(1);
  }

  @Test
  void pullTakesThePasswordFromStandardInput() {
    input = "hunter2\n";

    assertThat(jukung("pull", "-u", "joe", "--password-stdin", "busybox")).isZero();

    var auth = cri.requests(PullRequest.class).getFirst().getAuth();
    assertThat(auth.getUsername()).isEqualTo("joe");
    assertThat(auth.getPassword()).isEqualTo("hunter2");
  }

  @Test
  void pullExplainPrintsHostsWithReasonsAndPullsNothing() {
    assertThat(jukung("pull", "--explain", "busybox")).isZero();

    assertThat(out)
        .hasToString(
            """
            docker.io/library/busybox:latest
            1. https://mirror/v2
               asked for: content by digest
               because of: hosts.toml:3 [host."https://mirror"]
               no credentials: it is not the registry itself
            2. https://registry-1.docker.io/v2
               asked for: everything
               because of: the registry itself
            """);
    assertThat(cri.requests(PullRequest.class))
        .singleElement()
        .satisfies(request -> assertThat(request.getImage().getImage()).isEqualTo("busybox"));
  }

  @Test
  void pullPrintsAFailureAsOneSentence() {
    cri.failOn(
        PullRequest.class,
        Status.NOT_FOUND.withDescription("pull busybox from docker.io: no such image"));

    assertThat(jukung("pull", "busybox")).isEqualTo(1);

    assertThat(err).hasToString("jukung: pull busybox from docker.io: no such image\n");
    assertThat(out).hasToString("");
  }

  @Test
  void pushWritesLinesToAPipeAndPrintsTheDigest() {
    assertThat(jukung("push", "busybox:1")).isZero();

    assertThat(out).hasToString("docker.io/library/busybox:1: digest: sha256:pushed size: 528\n");
    assertThat(err)
        .hasToString(
            """
            aaaaaaaaaaaa: uploading 1MB
            aaaaaaaaaaaa: uploaded
            bbbbbbbbbbbb: already there
            """);
  }

  @Test
  void quietPushPrintsTheCompleteNameOnly() {
    assertThat(jukung("push", "-q", "--all-platforms", "busybox:1")).isZero();

    assertThat(out).hasToString("docker.io/library/busybox:1\n");
    assertThat(err).hasToString("");
    assertThat(cri.requests(PushRequest.class).getFirst().getAllPlatforms()).isTrue();
  }

  @Test
  void pushPrintsAFailureAsOneSentence() {
    cri.failOn(
        PushRequest.class,
        Status.UNAVAILABLE.withDescription("push a/b:1: layer sha256:0: a: HTTP 500"));

    assertThat(jukung("push", "a/b:1")).isEqualTo(1);

    assertThat(err).hasToString("jukung: push a/b:1: layer sha256:0: a: HTTP 500\n");
  }

  @Test
  void commitSendsTheContainersIdAndTheChanges() {
    String pod = cri.addPod("web", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(
            jukung("commit", "-m", "why", "-a", "me", "-c", "CMD a", "-c", "ENV A=1", "web", "x:1"))
        .isZero();
    assertThat(jukung("commit", "--no-pause", id.substring(0, 60))).isZero();

    assertThat(out).hasToString("sha256:made\nsha256:made\n");
    CommitRequest first = cri.requests(CommitRequest.class).getFirst();
    assertThat(first.getContainerId()).isEqualTo(id);
    assertThat(first.getName()).isEqualTo("x:1");
    assertThat(first.getMessage()).isEqualTo("why");
    assertThat(first.getAuthor()).isEqualTo("me");
    assertThat(first.getChangesList()).containsExactly("CMD a", "ENV A=1");
    assertThat(first.getNoPause()).isFalse();
    CommitRequest second = cri.requests(CommitRequest.class).getLast();
    assertThat(second.getContainerId()).isEqualTo(id);
    assertThat(second.getName()).isEmpty();
    assertThat(second.getNoPause()).isTrue();
  }

  @Test
  void historyListsTheStepsWithTheImagesIdAtTheLatest() {
    assertThat(jukung("history", "busybox")).isZero();

    assertThat(out.toString(UTF_8).lines().map(line -> line.replaceAll(" {2,}", "|")))
        .containsExactly(
            "IMAGE|CREATED|CREATED BY|SIZE|COMMENT",
            "0123456789ab|5 minutes ago|RUN make install with all the options that t…|1.5MB|why",
            "<missing>|N/A|CMD [\"sh\"]|0B");
  }

  @Test
  void historyWithoutTruncationPrintsWholeCommands() {
    assertThat(jukung("history", "--no-trunc", "busybox")).isZero();
    assertThat(jukung("history", "-q", "busybox")).isZero();

    assertThat(out.toString(UTF_8))
        .contains("sha256:0123456789abcdef ")
        .contains("RUN make install with all the options that there are")
        .endsWith("sha256:0123456789abcdef\n<missing>\n");
  }

  @Test
  void loadSaysWhatItHasLoaded() throws Exception {
    Path archive = Files.writeString(directory.resolve("a.tar"), "archive");

    assertThat(jukung("load", "-i", archive.toString())).isZero();
    input = "archive";
    assertThat(jukung("load", "-q")).isZero();

    assertThat(out).hasToString("Loaded image: a:1\nLoaded image ID: sha256:2\n");
    assertThat(cri.importedContent()).isEqualTo("archive");
  }

  @Test
  void saveWritesToTheFileOrToStandardOutput() throws Exception {
    cri.addImage("sha256:1", "busybox:1");
    Path target = directory.resolve("out.tar");

    assertThat(jukung("save", "-o", target.toString(), "busybox:1")).isZero();
    assertThat(out).hasToString("");
    assertThat(jukung("save", "busybox:1")).isZero();

    assertThat(cri.requests(ExportRequest.class).getFirst().getPath()).isEqualTo(target.toString());
    assertThat(out.toString(UTF_8)).isEqualTo("exported");
    Path copy = Path.of(cri.requests(ExportRequest.class).getLast().getPath());
    assertThat(copy.getParent()).doesNotExist();
  }

  @Test
  void imagePruneRemovesWhatNoContainerUses() {
    cri.addImage("sha256:1");
    cri.addImage("sha256:2", "tagged:1");
    cri.addImage("sha256:3", "used:1");
    cri.addContainer(
        cri.addPod("web", Map.of()),
        container("web", ContainerState.CONTAINER_EXITED).setImageId("sha256:3"));

    assertThat(jukung("image", "prune", "-f")).isZero();
    assertThat(cri.images.keySet()).containsExactly("sha256:2", "sha256:3");
    assertThat(out.toString(UTF_8)).startsWith("deleted: sha256:1\nTotal reclaimed space: ");

    input = "n\n";
    assertThat(jukung("image", "prune", "-a")).isEqualTo(1);
    assertThat(cri.images).hasSize(2);
    input = "y\n";
    assertThat(jukung("image", "prune", "-a")).isZero();
    assertThat(cri.images.keySet()).containsExactly("sha256:3");
  }

  @ParameterizedTest
  @CsvSource({
    "dangling=true, sha256:1",
    "dangling=false, sha256:2 sha256:3",
    "reference=busybox, sha256:2",
    "reference=busy*:1*, sha256:2",
    "reference=docker.io/*/busybox, sha256:2",
    "reference=*/busybox, ''",
    "reference=x.y/team/*, sha256:3",
    "reference=x.y/*, ''",
  })
  void imagesAreListedByAFilter(String filter, String ids) {
    cri.addImage("sha256:1");
    cri.addImage("sha256:2", "docker.io/library/busybox:1.36");
    cri.addImage("sha256:3", "x.y/team/app:1");

    assertThat(jukung("images", "-q", "--filter", filter)).isZero();

    assertThat(out.toString(UTF_8).strip().replace("\n", " ")).isEqualTo(ids);
  }

  @Test
  void unknownFilterOfImagesIsRefused() {
    assertThat(jukung("images", "--filter", "size=3")).isEqualTo(125);
    assertThat(err.toString(UTF_8))
        .contains("the keys are before, dangling, label, label!, reference, since, until");
    assertThat(jukung("images", "--filter", "dangling=x")).isEqualTo(125);
  }

  @Test
  void imagesWithoutTruncationHaveWholeIds() {
    cri.addImage("sha256:0123456789abcdef", "a:1");
    assertThat(jukung("images", "--no-trunc")).isZero();
    assertThat(out.toString(UTF_8)).contains("sha256:0123456789abcdef");
  }

  @Test
  void loginSendsThePasswordOfStandardInputAndTheFile() {
    input = "hunter2\n";

    assertThat(
            jukung("login", "-u", "joe", "--password-stdin", "--authfile", "/root/a.json", "x.y"))
        .isZero();

    assertThat(out).hasToString("Login Succeeded: kept in /root/a.json\n");
    assertThat(err).hasToString("");
    var request = cri.requests(LoginRequest.class).getFirst();
    assertThat(request.getServer()).isEqualTo("x.y");
    assertThat(request.getAuth().getUsername()).isEqualTo("joe");
    assertThat(request.getAuth().getPassword()).isEqualTo("hunter2");
  }

  @Test
  void loginSaysThatPullsDoNotReadTheFile() {
    input = "hunter2\n";

    assertThat(jukung("login", "-u", "joe", "--password-stdin", "--authfile", "/x/a.json"))
        .isZero();

    assertThat(err.toString(UTF_8)).contains("does not look for credentials in /x/a.json");
  }

  @Test
  void loginNeedsUserAndPassword() {
    assertThat(jukung("login", "x.y")).isEqualTo(125);
    assertThat(jukung("login", "-u", "joe", "x.y")).isEqualTo(125);
    assertThat(cri.requests(LoginRequest.class)).isEmpty();
  }

  @Test
  void logoutSaysWhetherThereWasALogin() {
    assertThat(jukung("logout", "--authfile", "/x", "known.example")).isZero();
    assertThat(jukung("logout", "--authfile", "/x", "other.example")).isZero();

    assertThat(out)
        .hasToString("Removed the login for known.example\nNot logged in to other.example\n");
  }

  @Test
  void importSendsTheAbsolutePathAndPrintsNames() throws Exception {
    Path archive = Files.writeString(directory.resolve("image.tar"), "x");

    assertThat(jukung("import", "-t", "mine:1", archive.toString())).isZero();

    assertThat(cri.requests(ImportRequest.class))
        .containsExactly(
            ImportRequest.newBuilder().setPath(archive.toString()).setReference("mine:1").build());
    assertThat(out).hasToString("a:1\nsha256:2\n");
  }

  @Test
  void kindLoadsImagesThroughCtr() {
    input = "archive";

    assertThat(
            jukung(
                "ctr",
                "--namespace=k8s.io",
                "images",
                "import",
                "--all-platforms",
                "--digests",
                "--snapshotter=overlayfs",
                "-"))
        .isZero();

    ImportRequest request = cri.requests(ImportRequest.class).getFirst();
    assertThat(cri.importedContent()).isEqualTo("archive");
    assertThat(Path.of(request.getPath())).as("the copy of standard input").doesNotExist();
    assertThat(request.getPin()).isFalse();
    assertThat(out).hasToString("a:1\nsha256:2\n");
  }

  @Test
  void kindBuildsItsNodeImageThroughCtr() {
    assertThat(
            jukung(
                "ctr",
                "--namespace=k8s.io",
                "images",
                "import",
                "--label=io.cri-containerd.pinned=pinned",
                "--all-platforms",
                "--no-unpack",
                "--digests",
                "-"))
        .isZero();
    assertThat(jukung("ctr", "--namespace=k8s.io", "images", "tag", "--force", "a:1", "b:2"))
        .isZero();
    assertThat(jukung("ctr", "-n", "k8s.io", "images", "list", "-q")).isZero();

    assertThat(cri.requests(ImportRequest.class).getFirst().getPin()).isTrue();
    assertThat(cri.requests(TagRequest.class))
        .containsExactly(TagRequest.newBuilder().setImage("a:1").setTag("b:2").build());
  }

  @Test
  void kindPullsAndAsksWhetherTheDaemonAnswersThroughCtr() {
    assertThat(jukung("ctr", "info")).isZero();
    assertThat(out.toString(UTF_8)).startsWith("{\"server\": {\"name\": \"");
    String platform =
        System.getProperty("os.arch").equals("aarch64") ? "linux/arm64" : "linux/amd64";
    assertThat(
            jukung(
                "ctr", "--namespace=k8s.io", "content", "fetch", "--platform=" + platform, "a:1"))
        .isZero();
    assertThat(
            jukung("ctr", "--namespace=k8s.io", "content", "fetch", "--platform=plan9/mips", "a:1"))
        .isNotZero();
    assertThat(err.toString(UTF_8)).contains("there is no --platform plan9/mips");
    assertThat(jukung("ctr", "content", "fetch", "a:1")).isNotZero();
    assertThat(err.toString(UTF_8)).contains("there is no namespace default, only k8s.io");
  }

  @Test
  void ctrRefusesUnknownOptionsAndValuesByName() {
    for (List<String> line :
        List.of(
            List.of("-n", "k8s.io", "images", "import", "--frobnicate", "-"),
            List.of("-n", "moby", "images", "import", "-"),
            List.of("-n", "k8s.io", "images", "import", "--snapshotter=stargz", "-"),
            List.of("-n", "k8s.io", "images", "import", "--label=a=b", "-"))) {
      err.reset();
      List<String> all = new ArrayList<>(List.of("ctr"));
      all.addAll(line);
      assertThat(jukung(all.toArray(String[]::new))).isNotZero();
      assertThat(err.toString(UTF_8)).startsWith("jukung: ").hasLineCount(1);
      assertThat(err.toString(UTF_8)).containsAnyOf("--frobnicate", "moby", "stargz", "--label");
    }
    assertThat(cri.requests(ImportRequest.class)).isEmpty();
  }

  @Test
  void exportSendsTheAbsolutePath() {
    Path file = directory.resolve("out.tar");

    assertThat(jukung("export", "--docker", "-f", file.toString(), "a:1", "b:2")).isZero();

    assertThat(cri.requests(ExportRequest.class))
        .containsExactly(
            ExportRequest.newBuilder()
                .addImages("a:1")
                .addImages("b:2")
                .setPath(file.toString())
                .setFormat(ExportRequest.Format.DOCKER_ARCHIVE)
                .build());
  }

  @Test
  void fsckFailsWhileSomethingIsWrong() {
    assertThat(jukung("fsck", "--dry-run")).isEqualTo(1);
    assertThat(jukung("fsck")).isZero();

    assertThat(out)
        .hasToString(
            "layer sha256:1 is missing: not repaired\nlayer sha256:1 is missing: unpacked again\n");
    assertThat(err).hasToString("jukung: 1 found, 0 repaired\njukung: 1 found, 1 repaired\n");
  }

  @Test
  void fsckSaysThatNothingIsWrong() {
    cri.damaged = false;

    assertThat(jukung("fsck")).isZero();

    assertThat(out.toString(UTF_8)).as("problems").isEmpty();
    assertThat(err)
        .hasToString(
            "jukung: the image store is in order, and nothing is left of pods that are gone\n");
  }

  @Test
  void importOfAMissingFileDoesNotAskTheDaemon() {
    assertThat(jukung("import", "/no/such/file.tar")).isEqualTo(1);

    assertThat(err).hasToString("jukung: no such file: /no/such/file.tar\n");
    assertThat(cri.requests(ImportRequest.class)).isEmpty();
  }

  // inspect, info, version

  @Test
  void inspectOfAContainerPrintsDockersJson() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "web")).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("[\n  {\n    \"Id\" : \"")
        .contains("\"Name\" : \"/web\"", "\"Running\" : true", "\"NetworkSettings\" : {");
  }

  @Test
  void inspectPrintsByATemplate() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));
    cri.addImage("sha256:1", "busybox");

    assertThat(jukung("inspect", "-f", "{{.Name}} {{.State.Running}} {{json .State.Pid}}", "web"))
        .isZero();
    assertThat(out).hasToString("/web true 42\n");
    out.reset();
    assertThat(jukung("inspect", "--format", "{{if .State.Health}}a{{else}}none{{end}}", "web"))
        .isZero();
    assertThat(out).hasToString("none\n");
    out.reset();
    assertThat(jukung("inspect", "--type", "image", "-f", "{{.Id}}", "busybox")).isZero();
    assertThat(out).hasToString("sha256:1\n");
  }

  @Test
  void inspectRefusesAWrongTemplate() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "-f", "{{.Name", "web")).isEqualTo(125);
    assertThat(err.toString(UTF_8)).contains("--format: template, line 1, column 1: ");
    err.reset();
    assertThat(jukung("inspect", "-f", "{{.State.Nope}}", "web")).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("there is no .Nope (there are Status, Running, ");
    err.reset();
    assertThat(jukung("inspect", "--type", "image", "web")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no image is called web\n");
  }

  @Test
  void rawInspectPrintsJsonInsideInfoAsATree() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "--raw", "web")).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("[\n  {\n    \"status\" : {")
        .contains(
            "\"exitCode\" : 0", "\"pid\" : 42", "\"note\" : \"not JSON\"", "\"createdAt\" : \"");
  }

  @Test
  void inspectFindsPodsAndImages() {
    cri.addPod("web", Map.of());
    cri.addImage("sha256:1", "busybox");

    assertThat(jukung("inspect", "web", "busybox")).isZero();
    assertThat(out.toString(UTF_8)).contains("\"ip\" : \"10.1.2.3\"", "\"RepoTags\" : [");
    assertThat(jukung("inspect", "nope")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no container, pod, image or volume is called nope\n");
  }

  @Test
  void inspectPrintsTheLaunchProgram() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "--launch-program", "web")).isZero();

    assertThat(out).hasToString("prepare:\n0 unshare(CLONE_NEWNS)\n");
  }

  @Test
  void infoPrintsWhatIsNotReadyWithTheReason() {
    assertThat(jukung("info")).isZero();

    assertThat(out)
        .hasToString(
            """
            Socket:    %s
            Runtime:   fake 1.2.3
            Runtime:   ready
            Network:   not ready, no network configuration in /etc/cni/net.d
            Handler:   default (recursive read-only mounts: yes, user namespaces: no)
            """
                .formatted(cri.socket()));
  }

  @Test
  void versionPrintsTheVersionsOfClientAndDaemon() {
    assertThat(jukung("version")).isZero();

    assertThat(out.toString(UTF_8))
        .matches(
            "Client: {3}jukung \\d+\\.\\d+\\.\\d+\\S*\nDaemon: {3}fake 1\\.2\\.3 \\(CRI v1\\)\n");
  }

  // the program itself

  @Test
  void missingDaemonIsReportedInOneSentence() {
    Path nowhere = directory.resolve("none.sock");

    assertThat(Jukung.run(environment(), "-s", nowhere.toString(), "ps")).isEqualTo(1);

    assertThat(err.toString(UTF_8))
        .startsWith("jukung: cannot reach a daemon on " + nowhere + " (")
        .endsWith("), is `jukung serve` running?\n");
  }

  @Test
  void socketIsReadFromTheEnvironmentAsAUrl() {
    var environment =
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true),
            new PrintStream(err, true),
            false,
            Map.of("JUKUNG_SOCKET", "unix://" + cri.socket()),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess());

    assertThat(Jukung.run(environment, "version")).isZero();
  }

  @Test
  void unknownCommandIsReportedInOneSentence() {
    assertThat(jukung("frobnicate")).isEqualTo(125);

    assertThat(err)
        .hasToString("jukung: frobnicate is not a jukung command, see `jukung --help`\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V", "ps --version", "ctr -n k8s.io images -V"})
  void versionOptionPrintsTheClientsVersion(String line) {
    assertThat(Jukung.run(environment(), line.split(" "))).isZero();

    assertThat(out.toString(UTF_8)).matches("jukung \\d+\\.\\d+\\.\\d+\\S*\n");
  }

  @ParameterizedTest
  @CsvSource({"imgaes, images", "lgos, logs", "stpo, stop", "pss, ps", "ispect, inspect"})
  void misspeltCommandIsAnsweredWithTheNearestOne(String misspelt, String nearest) {
    assertThat(jukung(misspelt, "x")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: %s is not a jukung command (did you mean %s?), see `jukung --help`\n"
                .formatted(misspelt, nearest));
  }

  @Test
  void misspeltSubcommandIsNamed() {
    assertThat(jukung("ctr", "-n", "k8s.io", "image", "improt", "-")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: improt is not a command of jukung ctr images (did you mean import?),"
                + " see `jukung ctr images --help`\n");
  }

  @Test
  void misspeltOptionIsNamedEvenWhereAnArgumentIsMissing() {
    assertThat(jukung("run", "--hlep")).isEqualTo(125);
    assertThat(jukung("ps", "--qiet=true")).isEqualTo(125);
    assertThat(jukung("ps", "-x")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            """
            jukung: unknown option --hlep (did you mean --help?), see `jukung run --help`
            jukung: unknown option --qiet (did you mean --quiet?), see `jukung ps --help`
            jukung: unknown option -x, see `jukung ps --help`
            """);
  }

  @Test
  void missingArgumentIsNamed() {
    assertThat(jukung("logs")).isEqualTo(125);
    assertThat(jukung("ps", "web")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            """
            jukung: Missing required parameter: 'CONTAINER', see `jukung logs --help`
            jukung: unexpected argument web, see `jukung ps --help`
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "run --cpus abc busybox, \"abc\" is not a number",
    "stop -t soon web, \"soon\" is not a whole number",
    "run --stop-timeout soon busybox, \"soon\" is not a whole number",
    "run --health-retries many busybox, \"many\" is not a whole number",
    "logs --tail 1.5 web, \"1.5\" is not a whole number",
    "exec --timeout 99999999999999999999 web, \"99999999999999999999\" is not a whole number",
    "exec --tty=3 web ls, \"3\" is neither true nor false",
  })
  void valueOfTheWrongKindIsExplainedWithoutJavasWords(String line, String sentence) {
    assertThat(jukung(line.split(" "))).isEqualTo(125);

    assertThat(err.toString(UTF_8))
        .startsWith("jukung: Invalid value for option '--")
        .contains(sentence)
        .doesNotContain("java", "BigDecimal", "long", "boolean");
  }

  @Test
  void shortSocketOptionStandsBeforeTheCommandAlone() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("pause", "-s", "KILL", "web")).isEqualTo(125);

    assertThat(err)
        .hasToString(
            "jukung: unknown option -s (the socket is -s before the command, or --socket),"
                + " see `jukung pause --help`\n");
    assertThat(cri.requests).isEmpty();
    assertThat(Jukung.run(environment(), "-s", cri.socket().toString(), "ps")).isZero();
    assertThat(Jukung.run(environment(), "ps", "--socket", cri.socket().toString())).isZero();
  }

  @Test
  void helpAndCompletionListEveryCommand() {
    assertThat(jukung("--help")).isZero();
    String help = out.toString(UTF_8);
    out.reset();
    assertThat(jukung("__complete", "--", "")).isZero();

    List<String> commands = visibleCommands();
    assertThat(commands).hasSizeGreaterThan(15);
    assertThat(commands)
        .allSatisfy(
            name -> {
              assertThat(help).containsPattern("(?m)^  " + name + " ");
              assertThat(out.toString(UTF_8)).containsPattern("(?m)^" + name + "\t");
            });
    assertThat(help).doesNotContain("__complete");
  }

  private List<String> visibleCommands() {
    return Jukung.all(environment()).getSubcommands().entrySet().stream()
        .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
        .map(Map.Entry::getKey)
        .toList();
  }

  @Test
  void everyCommandHasHelp() {
    for (String name : visibleCommands()) {
      out.reset();
      assertThat(Jukung.run(environment(), name, "--help")).as(name).isZero();
      assertThat(out.toString(UTF_8)).as(name).startsWith("Usage: jukung " + name);
    }
  }

  private int run(String... arguments) {
    var all =
        new ArrayList<>(List.of("run", "--log-directory", directory.resolve("logs").toString()));
    all.addAll(List.of(arguments));
    return jukung(all.toArray(String[]::new));
  }

  private int jukung(String... arguments) {
    var all = new ArrayList<>(List.of("--socket", cri.socket().toString()));
    all.addAll(List.of(arguments));
    return Jukung.run(environment(), all.toArray(String[]::new));
  }

  private CliEnvironment environment() {
    return new CliEnvironment(
        new ByteArrayInputStream(input.getBytes(UTF_8)),
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8),
        interactive,
        Map.of(),
        InstantSource.fixed(FakeCri.NOW),
        new OwnProcess());
  }

  private static ContainerStatus.Builder container(String name, ContainerState state) {
    return ContainerStatus.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage("sha256:1").setUserSpecifiedImage("busybox"))
        .setState(state)
        .setStartedAt(FakeCri.A_MINUTE_AGO)
        .setFinishedAt(FakeCri.A_MINUTE_AGO);
  }

  private static void await(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time to wait").isLessThan(deadline);
      Thread.onSpinWait();
      Thread.sleep(5);
    }
  }
}
