package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.Status;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.CheckpointContainerRequest;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CriuProgram;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checkpoints of running containers by CRIU, and containers that are restored from them. Runs where
 * there is a CRIU of version 4 or later, at the system property e2e.criu, the variable E2E_CRIU,
 * where e2e/criu has unpacked it, or at /usr/sbin/criu: earlier ones do not know the kernels of
 * today.
 */
class CheckpointIT {
  /** Counts in its memory, in its log and in a file of its root file system. */
  private static final String COUNTER =
      "i=0; echo written >/written; rm /etc/group; while :; do i=$((i + 1)); echo count $i;"
          + " echo $i >/count; sleep 0.2; done";

  /** Those that kubelet asks for (k8s.io/kubernetes/pkg/securitycontext). */
  private static final List<String> MASKED =
      List.of("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware");

  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private static Path directory = Path.of("");
  private static @Nullable Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> criu = CriuProgram.find();
    assumeTrue(criu.isPresent(), CriuProgram.missing());
    directory = Files.createTempDirectory("checkpoint-it-");
    // A CRIU that waits, or fails, when a test wants that.
    Path program =
        Files.writeString(
            directory.resolve("criu"),
            """
            #!/bin/sh
            [ ! -e %1$s/waits ] || sleep 4
            if [ -e %1$s/fails ]; then
              echo "(00.1) Error (a.c:1): no luck" >dump.log
              exit 3
            fi
            exec %2$s "$@"
            """
                .formatted(directory, criu.get()));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    testbed = Testbed.start(Map.of(), "[checkpoint]\ncriu = \"" + program + "\"\nrestore = true\n");
  }

  @AfterEach
  void removePods() throws Exception {
    Files.deleteIfExists(directory.resolve("waits"));
    Files.deleteIfExists(directory.resolve("fails"));
    bed().removeAllPods();
    Await.until("no checkpoint is under way", () -> isEmpty(work()));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path each : files.filter(file -> !file.endsWith("criu")).toList()) {
        assertThat(each.getFileName().toString()).doesNotStartWith(".");
        Files.delete(each);
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
      Files.delete(directory.resolve("criu"));
      Files.delete(directory);
    }
  }

  private static Testbed bed() {
    return Objects.requireNonNull(testbed);
  }

  /** Where the daemon keeps unfinished checkpoints. */
  private static Path work() {
    return bed().daemon().root().resolve("checkpoints");
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  // ── containers ─────────────────────────────────────────────────────────────────────────────

  /** The configuration that kubelet makes for a container, more or less. */
  private static ContainerConfig.Builder config(
      Pod pod, String name, String image, String... command) {
    return Requests.container(pod.config(), name, image, List.of(command))
        .setLinux(
            LinuxContainerConfig.newBuilder()
                .setSecurityContext(
                    LinuxContainerSecurityContext.newBuilder()
                        .setNamespaceOptions(
                            pod.config().getLinux().getSecurityContext().getNamespaceOptions())
                        .setSeccomp(
                            SecurityProfile.newBuilder()
                                .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))
                        .addAllMaskedPaths(MASKED)
                        .addAllReadonlyPaths(READ_ONLY)));
  }

  private static String run(Pod pod, String name, String script) {
    return bed().runContainer(pod, config(pod, name, bed().busybox(), "sh", "-c", script).build());
  }

  private static String runCounter(Pod pod) throws Exception {
    String container = run(pod, "counter", COUNTER);
    Await.until("the container counts to 5", () -> count(pod, "counter") >= 5);
    return container;
  }

  /** The last number in the log of a container. */
  private static int count(Pod pod, String container) throws IOException {
    List<Integer> counts = counts(pod, container);
    return counts.isEmpty() ? 0 : counts.getLast();
  }

  private static List<Integer> counts(Pod pod, String container) throws IOException {
    Matcher counts =
        Pattern.compile("count ([0-9]+)").matcher(String.join("\n", Calls.logged(pod, container)));
    return counts.results().map(each -> Integer.parseInt(each.group(1))).toList();
  }

  private static void awaitCountsOn(Pod pod) throws Exception {
    int now = count(pod, "counter");
    Await.until("the container counts on", () -> count(pod, "counter") > now + 2);
  }

  private static Path checkpoint(String container) {
    Path archive = directory.resolve("archive.tar");
    checkpoint(container, archive.toString(), 0);
    return archive;
  }

  private static void checkpoint(String container, String location, long timeoutSeconds) {
    var _ =
        bed()
            .client()
            .runtime()
            .checkpointContainer(
                CheckpointContainerRequest.newBuilder()
                    .setContainerId(container)
                    .setLocation(location)
                    .setTimeout(timeoutSeconds)
                    .build());
  }

  /** Creates a container from a checkpoint; its own command would fail. */
  private static String restore(Pod pod, String image) {
    String id = bed().createContainer(pod, config(pod, "restored", image, "false").build());
    bed().startContainer(id);
    return id;
  }

  private static String output(String container, String... command) {
    return bed().exec(container, command).getStdout().toStringUtf8();
  }

  // ── checkpoint and restore ─────────────────────────────────────────────────────────────────

  @Test
  void containerRunsOnAndIsRestoredInAnotherPodWithItsMemoryAndFiles() throws Exception {
    Pod pod = bed().runPod("first", NamespaceMode.POD);
    String container = runCounter(pod);
    Path archive = checkpoint(container);
    int counted = count(pod, "counter");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
        .isEqualTo("rw-------");
    awaitCountsOn(pod);
    bed().removePod(pod);

    Pod other = bed().runPod("second", NamespaceMode.POD);
    String restored = restore(other, archive.toString());
    Await.until("the restored container counts", () -> counts(other, "restored").size() > 3);
    List<Integer> counts = counts(other, "restored");
    assertThat(counts.getFirst()).isBetween(counted, counted + 3);
    assertThat(counts).isSorted();
    assertThat(output(restored, "cat", "/written")).isEqualTo("written\n");
    assertThat(bed().exec(restored, "test", "-e", "/etc/group").getExitCode()).isOne();
    assertThat(output(restored, "hostname").strip()).isEqualTo(other.config().getHostname());
    assertThat(bed().processes(restored)).contains("echo count");
    assertThat(Limits.read(Limits.cgroup(restored), "cgroup.procs")).isNotBlank();
    bed().stopContainer(restored, 0);
    assertThat(bed().status(restored).getExitCode()).isEqualTo(137);
  }

  @Test
  void restoredContainerHasTheMountsAndRightsOfItsSpecification() throws Exception {
    Pod pod = bed().runPod("rights", NamespaceMode.POD);
    String container = runCounter(pod);
    String restored = restore(pod, checkpoint(container).toString());
    assertThat(mounts(restored)).isEqualTo(mounts(container));
    assertThat(rights(restored)).isEqualTo(rights(container));
    for (String path : List.of("/proc/sys/kernel/panic", "/sys/kernel/mm/ksm/run")) {
      assertThat(bed().exec(restored, "sh", "-c", "echo 0 >" + path).getExitCode()).isNotZero();
    }
    assertThat(output(restored, "sh", "-c", "cat /proc/keys; ls /sys/firmware")).isEmpty();
  }

  /** Mount point and options of each mount; the numbers of mounts and devices are others. */
  private static List<String> mounts(String container) {
    return output(container, "cat", "/proc/1/mountinfo")
        .lines()
        .map(line -> line.split(" "))
        .map(words -> words[4] + " " + words[5])
        .sorted()
        .toList();
  }

  private static List<String> rights(String container) {
    String fields = "^(Uid|Gid|Groups|Cap[A-Z]|NoNewPrivs|Seccomp)";
    return output(container, "grep", "-E", fields, "/proc/1/status").lines().toList();
  }

  @Test
  void exitCodeOfARestoredContainerIsKnownAlsoToALaterDaemon() throws Exception {
    Pod pod = bed().runPod("exit", NamespaceMode.POD);
    String container =
        run(pod, "counter", "echo count 1; until [ -e /tmp/end ]; do sleep 0.1; done; exit 7");
    Await.until("it is ready", () -> count(pod, "counter") == 1);
    String restored = restore(pod, checkpoint(container).toString());
    bed().killAndRestartDaemon();
    assertThat(bed().exec(restored, "touch", "/tmp/end").getExitCode()).isZero();
    assertThat(bed().awaitExited(restored).getExitCode()).isEqualTo(7);
    assertThat(bed().status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  @Test
  void imageMadeOfAnArchiveIsRestored() throws Exception {
    Pod pod = bed().runPod("image", NamespaceMode.POD);
    Path archive = checkpoint(runCounter(pod));
    int counted = count(pod, "counter");
    Path root = Files.createDirectory(bed().node().directory().resolve("unpacked"));
    bed().node().run("tar", "-xf", archive.toString(), "-C", root.toString()).orThrow();
    String image =
        bed()
            .registry()
            .push(
                "checkpoint:1",
                root,
                "--annotations",
                "{\"org.criu.checkpoint.container.name\":\"counter\"}");
    bed().node().run("rm", "-r", root.toString()).orThrow();
    bed().pull(image);
    String restored = restore(pod, image);
    Await.until("the restored container counts", () -> !counts(pod, "restored").isEmpty());
    assertThat(counts(pod, "restored").getFirst()).isBetween(counted, counted + 3);
    bed().stopContainer(restored, 0);
    bed().removeContainer(restored);
    bed().removeImage(image);
  }

  @Test
  void listeningSocketIsRestoredInTheNetworkOfTheOtherPod() throws Exception {
    Pod pod = bed().runPod("server", NamespaceMode.POD);
    String container =
        run(pod, "server", "mkdir /www; echo page >/www/index.html; exec httpd -f -p 8080 -h /www");
    Await.until(
        "the server answers",
        () -> output(container, "wget", "-qO-", "http://127.0.0.1:8080/").equals("page\n"));
    Path archive = checkpoint(container);
    Pod other = bed().runPod("other-server", NamespaceMode.POD);
    String restored = restore(other, archive.toString());
    String address = bed().podStatus(other.id()).getNetwork().getIp();
    assertThat(output(restored, "wget", "-qO-", "http://" + address + ":8080/"))
        .isEqualTo("page\n");
    assertThat(output(container, "wget", "-qO-", "http://127.0.0.1:8080/")).isEqualTo("page\n");
  }

  // ── failures ───────────────────────────────────────────────────────────────────────────────

  @Test
  void failureOfCriuIsToldAndTheContainerRunsOn() throws Exception {
    Pod pod = bed().runPod("fails", NamespaceMode.POD);
    String container = runCounter(pod);
    Files.createFile(directory.resolve("fails"));
    Status status = failure(() -> checkpoint(container));
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains(container).contains("no luck");
    assertThat(directory.resolve("archive.tar")).doesNotExist();
    awaitCountsOn(pod);
  }

  @Test
  void archiveDoesNotAppearAfterTheTimeout() throws Exception {
    Pod pod = bed().runPod("waits", NamespaceMode.POD);
    String container = runCounter(pod);
    Files.createFile(directory.resolve("waits"));
    String location = directory.resolve("archive.tar").toString();
    Status status = failure(() -> checkpoint(container, location, 1));
    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    Await.until("CRIU has ended", () -> isEmpty(work()));
    assertThat(directory.resolve("archive.tar")).doesNotExist();
    awaitCountsOn(pod);
  }

  @Test
  void nothingIsLeftOfACheckpointWhoseDaemonWasKilled() throws Exception {
    Pod pod = bed().runPod("killed", NamespaceMode.POD);
    String container = runCounter(pod);
    Files.createFile(directory.resolve("waits"));
    CompletableFuture<Status> call =
        CompletableFuture.supplyAsync(() -> failure(() -> checkpoint(container)));
    Await.until("the dump is under way", () -> !isEmpty(work()));
    bed().killAndRestartDaemon();
    assertThat(call.get().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    Await.until("the work is cleared up", () -> isEmpty(work()));
    assertThat(directory.resolve("archive.tar")).doesNotExist();
    awaitCountsOn(pod);
  }

  /** As a daemon leaves it that is killed after CRIU and before the archive has its name. */
  @Test
  void unfinishedArchiveAndFrozenContainerOfAKilledDaemonAreClearedUp() throws Exception {
    Pod pod = bed().runPod("unfinished", NamespaceMode.POD);
    String container = runCounter(pod);
    bed().daemon().kill();
    Path partial = Files.createFile(directory.resolve(".checkpoint-1.partial"));
    Path left = Files.createDirectory(work().resolve("1"));
    Files.createDirectory(left.resolve("images"));
    Files.writeString(
        left.resolve("work.json"),
        "{\"version\":1,\"containerId\":\"%s\",\"partial\":\"%s\",\"thaws\":true}"
            .formatted(container, partial));
    Files.writeString(Limits.cgroup(container).resolve("cgroup.freeze"), "1");
    bed().daemon().start();
    bed().reconnect();
    Await.until("the work is cleared up", () -> isEmpty(work()));
    assertThat(partial).doesNotExist();
    awaitCountsOn(pod);
  }

  @Test
  void locationMustBeANewFileInADirectoryThatExists() throws Exception {
    Pod pod = bed().runPod("location", NamespaceMode.POD);
    String container = runCounter(pod);
    Path taken = Files.createFile(directory.resolve("taken"));
    assertThat(failure(() -> checkpoint(container, taken.toString(), 0)).getCode())
        .isEqualTo(Status.Code.ALREADY_EXISTS);
    assertThat(failure(() -> checkpoint(container, "/no/such/file", 0)).getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(failure(() -> checkpoint(container, "relative", 0)).getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(taken).isEmptyFile();
  }

  @Test
  void containerInThePidNamespaceOfTheNodeIsRefused() throws Exception {
    Pod pod = bed().runPod("node-pid", NamespaceMode.NODE);
    ContainerConfig.Builder config = config(pod, "c", bed().busybox(), "sleep", "1000");
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(NamespaceMode.NODE));
    String container = bed().runContainer(pod, config.build());
    assertThat(failure(() -> checkpoint(container)).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  // ── archives that do not fit, or that somebody has changed ─────────────────────────────────

  /** Each differs from the container of the checkpoint in one thing. */
  private static final Map<String, Consumer<ContainerConfig.Builder>> OTHERS =
      Map.of(
          "fewer capabilities",
          config ->
              security(config).setCapabilities(Capability.newBuilder().addDropCapabilities("ALL")),
          "another user",
          config -> security(config).setRunAsUser(Int64Value.newBuilder().setValue(1000)),
          "no_new_privs",
          config -> security(config).setNoNewPrivs(true),
          "read-only root",
          config -> security(config).setReadonlyRootfs(true),
          "another mask",
          config -> security(config).addMaskedPaths("/proc/cpuinfo"),
          "another volume",
          config ->
              config.addMounts(Mount.newBuilder().setHostPath("/tmp").setContainerPath("/volume")));

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder config) {
    return config.getLinuxBuilder().getSecurityContextBuilder();
  }

  @Test
  void checkpointIsNotRestoredWithMoreRightsThanTheContainerHas() throws Exception {
    Pod pod = bed().runPod("others", NamespaceMode.POD);
    Path archive = checkpoint(runCounter(pod));
    OTHERS.forEach(
        (what, change) -> {
          ContainerConfig.Builder config = config(pod, "restored", archive.toString(), "false");
          change.accept(config);
          Status status = failure(() -> bed().createContainer(pod, config.build()));
          assertThat(status.getCode()).as(what).isEqualTo(Status.Code.FAILED_PRECONDITION);
          assertThat(status.getDescription()).as(what).contains("cannot be restored");
        });
    assertThat(bed().containers()).hasSize(1);
  }

  @Test
  void checkpointOfAnUnconfinedContainerIsNotRestoredInAConfinedOne() throws Exception {
    Pod pod = bed().runPod("unconfined", NamespaceMode.POD);
    ContainerConfig.Builder config = config(pod, "counter", bed().busybox(), "sh", "-c", COUNTER);
    security(config).clearSeccomp();
    String container = bed().runContainer(pod, config.build());
    Path archive = checkpoint(container);
    Status status =
        failure(
            () ->
                bed()
                    .createContainer(
                        pod, config(pod, "restored", archive.toString(), "false").build()));
    assertThat(status.getDescription()).contains("no seccomp filter");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rm checkpoint/inventory.img; ln -s /etc/passwd checkpoint/inventory.img | SYMLINK
          ln checkpoint/pstree.img checkpoint/zzz.img | HARD_LINK
          mknod checkpoint/core-9.img c 1 5 | CHARACTER_DEVICE
          touch checkpoint/netns-1.img | which no restore here knows
          touch other | which no restore here knows
          rm checkpoint/pstree.img | there is no checkpoint/pstree.img
          echo no >checkpoint/core-1.img | its image core-1.img ends too early
          echo '["/etc/passwd","",""]' >checkpoint/descriptors.json | does not name three streams
          echo '{}' >config.dump | does not name the id
          mkdir -p x/../y; tar -cf rootfs-diff.tar -P x/../y | rootfs-diff.tar
          """)
  void changedArchiveIsRefused(String change, String why) throws Exception {
    Pod pod = bed().runPod("changed", NamespaceMode.POD);
    Path archive = checkpoint(runCounter(pod));
    Path root = Files.createDirectory(bed().node().directory().resolve("changed"));
    bed()
        .node()
        .run(
            "sh",
            "-c",
            "cd \"$1\"; tar -xf \"$2\"; " + change + "; rm -rf x y; tar -cf \"$2\" *",
            "sh",
            root.toString(),
            archive.toString())
        .orThrow();
    bed().node().run("rm", "-r", root.toString()).orThrow();
    Status status =
        failure(
            () ->
                bed()
                    .createContainer(
                        pod, config(pod, "restored", archive.toString(), "false").build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains(why);
    assertThat(bed().containers()).hasSize(1);
  }
}
