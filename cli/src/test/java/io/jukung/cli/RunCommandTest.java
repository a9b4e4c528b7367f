package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** {@code jukung run}: what it prints, its exit codes, and what it asks of the daemon. */
class RunCommandTest extends CommandHarness {
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
            List.of("-v", "/a:/x", "--tmpfs", "/x/", "busybox"),
            List.of("--cpus", "0", "busybox"),
            List.of("--cpus", "many", "busybox"),
            List.of("--restart", "sometimes", "busybox"),
            List.of("--restart", "always:3", "busybox"),
            List.of("--rm", "--restart", "always", "busybox"),
            List.of("--network", "container:x", "-p", "80", "busybox"),
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
}
