package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStateValue;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.Signal;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.call.SingleFlight;
import io.jukung.runtime.container.ExecOutput;
import io.jukung.shim.v1.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RuntimeServiceTest {
  @TempDir private Path directory;
  private TestNode node;

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  @Test
  void podLeavesNothingAfterItsRemoval() throws Exception {
    Set<String> before = node.traces();
    String sandbox = node.runPod("web");
    PodSandboxStatusResponse status = sandboxStatus(sandbox);
    assertThat(status.getStatus().getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(status.getStatus().getNetwork().getIp()).isEqualTo("10.0.0.1");
    assertThat(status.getStatus().getNetwork().getAdditionalIps(0).getIp()).isEqualTo("fd00::1");
    assertThat(status.getStatus().getCreatedAt()).isPositive();
    assertThat(status.getStatus().getAnnotationsMap()).containsEntry("note", "as given");

    String container = node.start(sandbox, "app");
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    pod(sandbox).exit(container, 0, false);
    assertThat(status(container).getReason()).isEqualTo("Completed");
    assertThat(sandboxStatus(sandbox).getContainersStatusesCount()).isEqualTo(1);

    node.remove(container);
    node.stopPod(sandbox);
    assertThat(sandboxStatus(sandbox).getStatus().getState())
        .isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    node.removePod(sandbox);
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void shimIsAdoptedWhileNamespacesAreMade() throws Exception {
    node.host.whileNamespacesAreMade =
        sandbox -> {
          try {
            Await.until("the shim is adopted", () -> node.pool.pods.containsKey(sandbox));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
    String sandbox = node.runPod("web");
    assertThat(sandboxStatus(sandbox).getStatus().getState())
        .isEqualTo(PodSandboxState.SANDBOX_READY);
  }

  @Test
  void shimEndsIfNamespacesCannotBeMadeWhileItIsAdopted() throws Exception {
    Set<String> before = node.traces();
    CountDownLatch failing = new CountDownLatch(1);
    node.pool.afterAdoption = _ -> Uninterruptibles.awaitUninterruptibly(failing);
    node.host.whileNamespacesAreMade =
        _ -> {
          failing.countDown();
          throw new IllegalStateException("no namespaces");
        };
    assertThatThrownBy(() -> node.runPod("web")).hasMessageContaining("no namespaces");
    assertThat(node.pool.pods).isEmpty();
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void startDoesNotReadBackWhatTheCreationHasWritten() throws Exception {
    String container = node.create(node.runPod("web"), "app");
    Files.delete(node.paths.containerSpec(container));
    node.start(container);
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  /** overlayfs refuses to have no lower directory. */
  @Test
  void imageWithoutLayersHasAnEmptyRoot() throws Exception {
    node.images.layers = List.of();
    String container = node.start(node.runPod("web"), "app");
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(node.containers.get(container).record().lowerDirectories())
        .containsExactly(node.paths.emptyDirectory().toString());
  }

  @Test
  void sharedPidNamespaceIsPinnedAndUnpinned() throws Exception {
    Set<String> before = node.traces();
    String sandbox =
        node.runPodSandbox
            .call(TestNode.pod("shared", NamespaceMode.NODE, NamespaceMode.POD))
            .getPodSandboxId();
    assertThat(node.faults.calls()).contains("start reaper");
    assertThat(node.paths.namespace(sandbox, "pid")).exists();
    node.removePod(sandbox);
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void unknownHandlersAndMissingNamesAreRefused() {
    assertKind(
        ErrorKind.INVALID_ARGUMENT,
        "runtime handler \"kata\"",
        () ->
            node.runPodSandbox.call(
                TestNode.pod("a").toBuilder().setRuntimeHandler("kata").build()));
    assertKind(
        ErrorKind.INVALID_ARGUMENT,
        "metadata",
        () -> node.runPodSandbox.call(RunPodSandboxRequest.getDefaultInstance()));
  }

  @Test
  void secondPodWithTheSameNameIsRefused() throws Exception {
    String first = node.runPod("twin");
    assertKind(ErrorKind.ALREADY_EXISTS, first, () -> node.runPod("twin"));
    node.removePod(first);
    assertThat(node.runPod("twin")).isNotEqualTo(first);
  }

  @Test
  void repeatedRequestGetsTheResultOfTheOneUnderWay() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    SingleFlight<String, String, String> flights = new SingleFlight<>("test");
    CompletableFuture<String> first =
        async(
            () ->
                flights.join(
                    "k",
                    "r",
                    () -> {
                      started.countDown();
                      release.await();
                      return "once";
                    }));
    assertThat(started.await(5, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<String> second = async(() -> flights.join("k", "r", () -> "twice"));
    assertThatThrownBy(() -> flights.join("k", "other", () -> "x"))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("is running");
    release.countDown();
    assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo("once");
    assertThat(second.get(5, TimeUnit.SECONDS)).isIn("once", "twice");
  }

  @Test
  void resultOfAnAbandonedCallIsKeptForTheRetry() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    SingleFlight<String, String, String> flights = new SingleFlight<>("test");
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    flights.join(
                        "k",
                        "r",
                        () -> {
                          started.countDown();
                          release.await();
                          ended.countDown();
                          return "made";
                        });
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    started.await();
    caller.interrupt();
    caller.join();
    release.countDown();
    ended.await();
    assertThat(flights.join("k", "r", () -> "made again")).isEqualTo("made");
    assertThat(flights.join("k", "r", () -> "made again")).isEqualTo("made again");
  }

  @Test
  void stopAndRemoveOfUnknownIdsSucceed() throws Exception {
    node.stopPod("f".repeat(64));
    node.removePod("f".repeat(64));
    node.stop("f".repeat(64), 0);
    node.remove("f".repeat(64));
  }

  @Test
  void stopAndRemoveMayBeRepeated() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.stop(container, 0);
    node.stop(container, 0);
    node.remove(container);
    node.remove(container);
    node.stopPod(sandbox);
    node.stopPod(sandbox);
    node.removePod(sandbox);
    node.removePod(sandbox);
  }

  @Test
  void removalOfAPodThatIsTakenDownDoesNotTakeItDownAgain() throws Exception {
    String sandbox = node.runPod("web");
    node.start(sandbox, "app");
    node.stopPod(sandbox);
    int removals = node.host.namespaceRemovals.get();
    node.removePod(sandbox);
    assertThat(node.host.namespaceRemovals).hasValue(removals);
  }

  @Test
  void removalOfAPodTakesDownWhatItsStopHasLeft() throws Exception {
    String sandbox = node.runPod("web");
    node.host.refusesTearDown = true;
    assertThatThrownBy(() -> node.stopPod(sandbox)).hasMessageContaining("network");
    node.host.refusesTearDown = false;
    node.removePod(sandbox);
    assertThat(node.host.networks).isEmpty();
    assertThat(node.host.namespaces).isEmpty();
  }

  @Test
  void stoppedSandboxRefusesNewContainersAndStarts() throws Exception {
    String sandbox = node.runPod("web");
    String created = node.create(sandbox, "early");
    node.stopPod(sandbox);
    assertKind(ErrorKind.FAILED_PRECONDITION, "not ready", () -> node.create(sandbox, "late"));
    assertKind(ErrorKind.FAILED_PRECONDITION, "not ready", () -> node.start(created));
    assertThat(node.state(created)).isEqualTo(ContainerState.CONTAINER_CREATED);
  }

  @Test
  void badRequestsOfCreateLeaveNothing() throws Exception {
    String sandbox = node.runPod("web");
    CreateContainerRequest request = TestNode.container(sandbox, "app");
    CreateContainerRequest logged = withLogs(request);
    Set<String> before = node.traces();
    assertKind(
        ErrorKind.NOT_FOUND,
        "image \"nope\"",
        () ->
            node.createContainer.call(
                with(request, c -> c.setImage(ImageSpec.newBuilder().setImage("nope")))));
    assertKind(
        ErrorKind.INVALID_ARGUMENT,
        "unable to find user nobody",
        () ->
            node.createContainer.call(
                with(
                    request,
                    c ->
                        c.getLinuxBuilder()
                            .getSecurityContextBuilder()
                            .setRunAsUsername("nobody"))));
    assertKind(
        ErrorKind.INVALID_ARGUMENT,
        "log_path",
        () -> node.createContainer.call(with(logged, c -> c.setLogPath("../../x"))));
    assertKind(ErrorKind.NOT_FOUND, "sandbox", () -> node.create("f".repeat(64), "app"));
    assertThat(node.traces()).isEqualTo(before);
    assertThat(node.create(sandbox, "app")).as("the name is free").isNotEmpty();
  }

  @Test
  void containerIsStartedOnlyOnce() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    assertKind(ErrorKind.FAILED_PRECONDITION, "RUNNING", () -> node.start(container));
    pod(sandbox).exit(container, 137, true);
    assertThat(status(container).getReason()).isEqualTo("OOMKilled");
    assertThat(status(container).getExitCode()).isEqualTo(137);
    assertThat(status(container).getFinishedAt()).isEqualTo(2000);
    assertKind(ErrorKind.FAILED_PRECONDITION, "EXITED", () -> node.start(container));
  }

  @Test
  void failedStartNamesItsCauseInTheStatus() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.create(sandbox, "app");
    pod(sandbox).refuse =
        Failure.newBuilder().setPhase(Failure.Phase.NONE).setMessage("no such thing").build();
    assertKind(ErrorKind.INTERNAL, "no such thing", () -> node.start(container));
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("StartError");
    assertThat(status(container).getExitCode()).isEqualTo(128);
    assertThat(status(container).getMessage()).contains("no such thing");
    assertThat(status(container).getStartedAt()).isZero();
    node.remove(container);
  }

  @Test
  void exitThatIsReportedBeforeTheStartReturnsIsRecorded() throws Exception {
    String sandbox = node.runPod("web");
    pod(sandbox).exitsBeforeAnswer = true;
    String container = node.start(sandbox, "app");
    assertThat(node.state(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getExitCode()).isEqualTo(3);
    assertThat(status(container).getReason()).isEqualTo("Error");
    assertThat(status(container).getStartedAt()).isEqualTo(1000);
  }

  @Test
  void stopWithTimeoutZeroKillsWithoutTheStopSignal() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.stop(container, 0);
    assertThat(pod(sandbox).signals).containsExactly("SIGKILL");
    assertThat(status(container).getExitCode()).isEqualTo(137);
  }

  @Test
  void stopSignalComesFromTheRequestElseTheImageElseIsSigterm() throws Exception {
    String sandbox = node.runPod("web");
    CreateContainerRequest request =
        with(TestNode.container(sandbox, "app"), c -> c.setStopSignal(Signal.SIGUSR1));
    String container = node.createContainer.call(request).getContainerId();
    assertThat(status(container).getStopSignal()).isEqualTo(Signal.SIGUSR1);
    node.start(container);
    node.stop(container, 1);
    assertThat(pod(sandbox).signals).containsExactly("SIGUSR1", "SIGKILL");

    String plain = node.create(sandbox, "plain");
    assertThat(status(plain).getStopSignal()).isEqualTo(Signal.SIGTERM);
  }

  @Test
  void secondStopShortensTheGracePeriodAndSendsNoSecondSignal() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    CompletableFuture<Boolean> patient =
        async(
            () -> {
              node.stop(container, 3600);
              return true;
            });
    Await.until("the stop signal", () -> pod(sandbox).signals.size() == 1);
    node.stop(container, 1);
    assertThat(patient.get(5, TimeUnit.SECONDS)).isTrue();
    assertThat(pod(sandbox).signals).startsWith("SIGTERM", "SIGKILL").containsOnlyOnce("SIGTERM");
  }

  @Test
  void stopOfASandboxKillsItsContainers() throws Exception {
    String sandbox = node.runPod("web");
    String one = node.start(sandbox, "one");
    String two = node.start(sandbox, "two");
    node.stopPod(sandbox);
    assertThat(status(one).getExitCode()).isEqualTo(137);
    assertThat(status(two).getExitCode()).isEqualTo(137);
    assertThat(node.host.networks).isEmpty();
    assertThat(node.pool.pods).isEmpty();
  }

  @Test
  void deathOfAShimEndsItsContainersAndItsSandbox() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    node.pool.die(sandbox);
    Await.until(
        "the end of the container", () -> node.state(container) == ContainerState.CONTAINER_EXITED);
    assertThat(status(container).getReason()).isEqualTo("Unknown");
    assertThat(status(container).getExitCode()).isEqualTo(255);
    Await.until(
        "the end of the sandbox",
        () -> sandboxStatus(sandbox).getStatus().getState() == PodSandboxState.SANDBOX_NOTREADY);
    node.removePod(sandbox);
  }

  @Test
  void listsReturnWhatMatchesEveryPartOfTheFilter() throws Exception {
    String a = node.runPod("a");
    String b = node.runPod("b");
    String one = node.start(a, "one");
    node.create(a, "two");
    node.create(b, "one");
    assertThat(containers(ContainerFilter.newBuilder())).hasSize(3);
    assertThat(containers(ContainerFilter.newBuilder().setPodSandboxId(a.substring(0, 12))))
        .hasSize(2);
    assertThat(containers(ContainerFilter.newBuilder().putLabelSelector("app", "one"))).hasSize(2);
    assertThat(
            containers(
                ContainerFilter.newBuilder().putLabelSelector("app", "one").setPodSandboxId(a)))
        .containsExactly(one);
    assertThat(
            containers(
                ContainerFilter.newBuilder()
                    .setState(
                        ContainerStateValue.newBuilder()
                            .setState(ContainerState.CONTAINER_RUNNING))))
        .containsExactly(one);
    assertThat(containers(ContainerFilter.newBuilder().setId(one.substring(0, 10))))
        .containsExactly(one);
    assertThat(containers(ContainerFilter.newBuilder().setId("zz"))).isEmpty();
    assertThat(
            node.listPodSandbox
                .call(
                    ListPodSandboxRequest.newBuilder()
                        .setFilter(PodSandboxFilter.newBuilder().putLabelSelector("app", "b"))
                        .build())
                .getItemsList())
        .singleElement()
        .satisfies(item -> assertThat(item.getId()).isEqualTo(b));
    assertThat(node.faults.calls()).as("lists ask nobody").doesNotContain("list");
  }

  @Test
  void shortIdsThatAreNotUniqueAreAnError() throws Exception {
    node.runPod("a");
    node.runPod("b");
    assertKind(ErrorKind.INVALID_ARGUMENT, "empty", () -> sandboxStatus(""));
    for (int i = 0; i < 40; i++) {
      node.runPod("many-" + i); // of 42 hexadecimal ids, two begin with the same digit
    }
    assertThat(
            "0123456789abcdef".chars().filter(c -> isAmbiguous(String.valueOf((char) c))).count())
        .isPositive();
  }

  @Test
  void onlyLogsOfRunningContainersAreReopened() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.create(sandbox, "app");
    ReopenContainerLogRequest request =
        ReopenContainerLogRequest.newBuilder().setContainerId(container).build();
    assertKind(
        ErrorKind.FAILED_PRECONDITION, "CREATED", () -> node.reopenContainerLog.call(request));
    node.start(container);
    node.reopenContainerLog.call(request);
    assertThat(pod(sandbox).reopened).containsExactly(container);
  }

  @Test
  void execReturnsOutputAndExitCode() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).exec =
        fds -> {
          FakeShimPool.write(fds[0], "to stdout");
          FakeShimPool.write(fds[1], "to stderr");
        };
    ExecSyncResponse response = exec(container, 10);
    assertThat(response.getExitCode()).isEqualTo(7);
    assertThat(response.getStdout().toStringUtf8()).isEqualTo("to stdout");
    assertThat(response.getStderr().toStringUtf8()).isEqualTo("to stderr");
    assertThat(node.cgroup().child(sandbox).child(container).children()).isEmpty();
  }

  @Test
  void execDoesNotWaitForABackgroundChild() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    Fd[] kept = new Fd[1];
    pod(sandbox).exec =
        fds -> {
          try {
            kept[0] = fds[0].duplicate();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          FakeShimPool.write(fds[0], "before");
        };
    long start = System.nanoTime();
    assertThat(exec(container, 0).getStdout().toStringUtf8()).isEqualTo("before");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    kept[0].close();
  }

  @Test
  void execOutputBeyondTheLimitIsDropped() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    byte[] block = new byte[1 << 20];
    pod(sandbox).exec =
        fds -> {
          try {
            for (int i = 0; i < 20; i++) {
              fds[0].write(block);
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    ExecSyncResponse response = exec(container, 0);
    assertThat(response.getStdout().size()).isEqualTo(ExecOutput.MAX_STREAM_BYTES);
    assertThat(response.getExitCode()).isEqualTo(7);
  }

  @Test
  void execTimesOut() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    CountDownLatch end = new CountDownLatch(1);
    pod(sandbox).exec =
        _ -> {
          try {
            end.await(2, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    assertKind(ErrorKind.DEADLINE_EXCEEDED, "timed out after 1 s", () -> exec(container, 1));
  }

  @Test
  void execThatCannotStartNamesTheCause() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    pod(sandbox).refuse = Failure.newBuilder().setMessage("no such file").build();
    assertThatThrownBy(() -> exec(container, 1)).hasMessageContaining("no such file");
    assertThat(node.cgroup().child(sandbox).child(container).children()).isEmpty();
    assertKind(
        ErrorKind.INVALID_ARGUMENT,
        "cmd is empty",
        () -> node.execSync.call(ExecSyncRequest.newBuilder().setContainerId(container).build()));
    pod(sandbox).exit(container, 0, false);
    assertKind(ErrorKind.FAILED_PRECONDITION, "not running", () -> exec(container, 1));
  }

  @Test
  void execInAContainerThatHasJustEndedSaysThatItIsNotRunning() throws Exception {
    String sandbox = node.runPod("web");
    String container = node.start(sandbox, "app");
    // The kernel has killed the container, whose cgroup is gone, and the exit is still on its way.
    node.cgroup().child(sandbox).child(container).remove(Duration.ofSeconds(5));
    assertKind(
        ErrorKind.FAILED_PRECONDITION,
        "exec in container " + container + ": the container is not running any more",
        () -> exec(container, 1));
  }

  private ContainerStatus status(String id) throws IOException {
    return node.containerStatus
        .call(ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build())
        .getStatus();
  }

  private FakeShimPool.Pod pod(String sandbox) {
    return Optional.ofNullable(node.pool.pods.get(sandbox)).orElseThrow();
  }

  private ExecSyncResponse exec(String container, long timeout) throws Exception {
    return node.execSync.call(
        ExecSyncRequest.newBuilder()
            .setContainerId(container)
            .addCmd("/bin/true")
            .setTimeout(timeout)
            .build());
  }

  private boolean isAmbiguous(String prefix) {
    try {
      node.sandboxes.find(prefix);
      return false;
    } catch (CriException e) {
      return String.valueOf(e.getMessage()).contains("ambiguous");
    }
  }

  private List<String> containers(ContainerFilter.Builder filter) {
    return node
        .listContainers
        .call(ListContainersRequest.newBuilder().setFilter(filter).build())
        .getContainersList()
        .stream()
        .map(Container::getId)
        .toList();
  }

  private PodSandboxStatusResponse sandboxStatus(String id) throws IOException {
    return node.podSandboxStatus.call(
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).setVerbose(true).build());
  }

  private interface Change {
    void apply(ContainerConfig.Builder config);
  }

  private static CreateContainerRequest with(CreateContainerRequest request, Change change) {
    CreateContainerRequest.Builder changed = request.toBuilder();
    change.apply(changed.getConfigBuilder());
    return changed.build();
  }

  private CreateContainerRequest withLogs(CreateContainerRequest request) throws Exception {
    RunPodSandboxRequest.Builder pod = TestNode.pod("logged").toBuilder();
    pod.getConfigBuilder().setLogDirectory(directory.resolve("logs").toString());
    String id = node.runPodSandbox.call(pod.build()).getPodSandboxId();
    return request.toBuilder().setPodSandboxId(id).build();
  }

  private static void assertKind(
      ErrorKind kind, String message, ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(CriException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }

  private interface Call<T> {
    T call() throws Exception;
  }

  private static <T> CompletableFuture<T> async(Call<T> call) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(call.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }
}
