package io.jukung.e2e.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.cri.v1.ContainerEventType;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStateValue;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStateValue;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.EventStream;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Does steps with a real daemon, and fails where an answer, a list, a status or an event is not
 * what the oracle says.
 */
final class World implements AutoCloseable {
  /** An id that no object has. */
  private static final String NO_ID = "f".repeat(64);

  private static final Duration SETTLE = Duration.ofSeconds(15);
  private static final Pattern PID = Pattern.compile("\"pid\":([0-9]+)");

  /** Ends with the code that is written into a pipe. */
  private static final List<String> COMMAND =
      List.of("sh", "-c", "mkfifo /pipe; read code </pipe; exit $code");

  private final Testbed testbed;
  private final Oracle oracle = new Oracle();
  private final List<PodSandboxConfig> configs = new ArrayList<>();
  private final KubeletCache cache = new KubeletCache();
  private final Map<String, List<ContainerEventType>> told = new HashMap<>();
  private EventStream events;
  private int taken;

  World(Testbed testbed) throws Exception {
    this.testbed = testbed;
    for (int i = 0; i < Oracle.PODS; i++) {
      configs.add(
          testbed
              .podConfig("model-" + i, NamespaceMode.NODE)
              .putLabels("pod", Integer.toString(i))
              .build());
    }
    // The first subscriber of a daemon gets what was told before.
    EventStream.open(testbed.daemon().socket()).close();
    this.events = EventStream.open(testbed.daemon().socket());
  }

  Oracle oracle() {
    return oracle;
  }

  /** Does the step and compares everything. */
  void perform(Step step) throws Exception {
    switch (step) {
      case Step.RunPod s -> runPod(s.pod());
      case Step.StopPod s -> stopPod(s.pod());
      case Step.RemovePod s -> removePod(s.pod());
      case Step.Create s -> create(s.container(), s.pod());
      case Step.Start s -> start(s.container());
      case Step.Stop s -> stop(s.container());
      case Step.Remove s -> remove(s.container());
      case Step.ExecSync s -> exec(s.container());
      case Step.ExitInside s -> exitInside(s.container(), s.code());
      case Step.RestartDaemon s -> restartDaemon(s.endingContainer());
      case Step.Lists s -> lists(s.pod(), s.container());
      case Step.UnknownIds _ -> unknownIds();
    }
    compare();
  }

  private static Status.Code code(Supplier<?> call) {
    try {
      var _ = call.get();
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static Status.Code code(Runnable call) {
    return code(
        () -> {
          call.run();
          return null;
        });
  }

  private void runPod(int place) {
    if (oracle.pod(place) != null) {
      assertThat(code(() -> testbed.runPod(configs.get(place))))
          .isEqualTo(Status.Code.ALREADY_EXISTS);
    } else {
      oracle.ran(place, testbed.runPod(configs.get(place)).id());
    }
  }

  private void stopPod(int place) {
    Oracle.Pod pod = oracle.pod(place);
    testbed.stopPod(pod == null ? NO_ID : pod.id);
    if (pod != null) {
      oracle.stopped(pod);
    }
  }

  private void removePod(int place) {
    Oracle.Pod pod = oracle.pod(place);
    testbed.removePod(pod == null ? NO_ID : pod.id);
    if (pod != null) {
      oracle.removed(pod);
    }
  }

  private void create(int place, int podPlace) {
    Oracle.Pod pod = oracle.pod(podPlace);
    Supplier<String> call =
        () ->
            testbed.createContainer(
                new Testbed.Pod(pod == null ? NO_ID : pod.id, configs.get(podPlace)),
                Requests.container(configs.get(podPlace), "c" + place, testbed.busybox(), COMMAND)
                    .putLabels("container", Integer.toString(place))
                    .build());
    if (pod == null) {
      assertThat(code(call)).isEqualTo(Status.Code.NOT_FOUND);
    } else if (!pod.ready) {
      assertThat(code(call)).isEqualTo(Status.Code.FAILED_PRECONDITION);
    } else if (oracle.namesake(place, podPlace).isPresent()) {
      assertThat(code(call)).isEqualTo(Status.Code.ALREADY_EXISTS);
    } else if (oracle.container(place) == null) {
      oracle.created(place, call.get(), podPlace, pod);
    }
    // Otherwise the place is taken by a container of the other pod: nothing is done.
  }

  private void start(int place) {
    Oracle.Container container = oracle.container(place);
    if (container == null) {
      assertThat(code(() -> testbed.startContainer(NO_ID))).isEqualTo(Status.Code.NOT_FOUND);
    } else if (container.pod.ready && container.state == ContainerState.CONTAINER_CREATED) {
      testbed.startContainer(container.id);
      oracle.started(container);
    } else {
      assertThat(code(() -> testbed.startContainer(container.id)))
          .isEqualTo(Status.Code.FAILED_PRECONDITION);
    }
  }

  private void stop(int place) {
    Oracle.Container container = oracle.container(place);
    testbed.stopContainer(container == null ? NO_ID : container.id, 0);
    if (container != null) {
      oracle.exited(container, Oracle.KILLED);
    }
  }

  private void remove(int place) {
    Oracle.Container container = oracle.container(place);
    testbed.removeContainer(container == null ? NO_ID : container.id);
    if (container != null) {
      oracle.removed(container);
    }
  }

  private void exec(int place) {
    Oracle.Container container = oracle.container(place);
    if (container == null) {
      assertThat(code(() -> testbed.exec(NO_ID, "true"))).isEqualTo(Status.Code.NOT_FOUND);
    } else if (container.runs()) {
      var answer = testbed.exec(container.id, "sh", "-c", "echo out; exit 4");
      assertThat(answer.getStdout().toStringUtf8()).isEqualTo("out\n");
      assertThat(answer.getExitCode()).isEqualTo(4);
    } else {
      assertThat(code(() -> testbed.exec(container.id, "true")))
          .isEqualTo(Status.Code.FAILED_PRECONDITION);
    }
  }

  private void exitInside(int place, int code) throws Exception {
    Oracle.Container container = oracle.container(place);
    if (container == null || !container.runs()) {
      return;
    }
    String script = "until [ -p /pipe ]; do usleep 20000; done; echo " + code + " >/pipe";
    // The exec may be killed by the end of the container, whatever it answers then.
    code(() -> testbed.exec(container.id, 10, "sh", "-c", script));
    assertThat(testbed.awaitExited(container.id).getExitCode()).isEqualTo(code);
    oracle.exited(container, code);
  }

  private void restartDaemon(int ending) throws Exception {
    Oracle.Container container = oracle.container(ending);
    Optional<String> pid =
        container != null && container.runs() ? Optional.of(pid(container.id)) : Optional.empty();
    testbed.daemon().kill();
    takeEvents(); // what the old daemon has told
    events.close();
    if (pid.isPresent() && container != null) {
      testbed.node().run("kill", "-KILL", pid.get()).orThrow();
      oracle.exited(container, Oracle.KILLED);
    }
    testbed.daemon().start();
    testbed.reconnect();
    events = EventStream.open(testbed.daemon().socket());
    taken = 0;
  }

  private String pid(String container) {
    String info =
        testbed
            .client()
            .runtime()
            .containerStatus(
                ContainerStatusRequest.newBuilder()
                    .setContainerId(container)
                    .setVerbose(true)
                    .build())
            .getInfoOrThrow("info");
    Matcher matcher = PID.matcher(info);
    assertThat(matcher.find()).as("a pid in %s", info).isTrue();
    return matcher.group(1);
  }

  private void unknownIds() {
    assertThat(code(() -> testbed.podStatus(NO_ID))).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(code(() -> testbed.status(NO_ID))).isEqualTo(Status.Code.NOT_FOUND);
  }

  private void lists(int podPlace, int place) {
    for (PodSandboxState state :
        List.of(PodSandboxState.SANDBOX_READY, PodSandboxState.SANDBOX_NOTREADY)) {
      var filter =
          PodSandboxFilter.newBuilder()
              .setState(PodSandboxStateValue.newBuilder().setState(state))
              .putLabelSelector("pod", Integer.toString(podPlace))
              .build();
      Oracle.Pod pod = oracle.pod(podPlace);
      Set<String> expected =
          pod != null && pod.ready == (state == PodSandboxState.SANDBOX_READY)
              ? Set.of(pod.id)
              : Set.of();
      assertThat(pods(filter)).isEqualTo(expected);
    }
    for (ContainerState state :
        List.of(
            ContainerState.CONTAINER_CREATED,
            ContainerState.CONTAINER_RUNNING,
            ContainerState.CONTAINER_EXITED,
            ContainerState.CONTAINER_UNKNOWN)) {
      var filter =
          ContainerFilter.newBuilder()
              .setState(ContainerStateValue.newBuilder().setState(state))
              .build();
      assertThat(containers(filter)).isEqualTo(ids(each -> each.state == state));
    }
    Oracle.Pod pod = oracle.pod(podPlace);
    String podId = pod == null ? NO_ID : pod.id;
    assertThat(containers(ContainerFilter.newBuilder().setPodSandboxId(podId).build()))
        .isEqualTo(ids(each -> each.pod == pod));
    Oracle.Container container = oracle.container(place);
    String id = container == null ? NO_ID : container.id;
    assertThat(
            containers(
                ContainerFilter.newBuilder()
                    .setId(id.substring(0, 32))
                    .putLabelSelector("container", Integer.toString(place))
                    .build()))
        .isEqualTo(ids(each -> each == container));
  }

  private Set<String> ids(Predicate<Oracle.Container> fits) {
    Set<String> ids = new TreeSet<>();
    oracle.containers().values().stream().filter(fits).forEach(each -> ids.add(each.id));
    return ids;
  }

  private Set<String> pods(PodSandboxFilter filter) {
    Set<String> ids = new TreeSet<>();
    for (PodSandbox pod :
        testbed
            .client()
            .runtime()
            .listPodSandbox(ListPodSandboxRequest.newBuilder().setFilter(filter).build())
            .getItemsList()) {
      ids.add(pod.getId());
    }
    return ids;
  }

  private Set<String> containers(ContainerFilter filter) {
    Set<String> ids = new TreeSet<>();
    for (Container container :
        testbed
            .client()
            .runtime()
            .listContainers(ListContainersRequest.newBuilder().setFilter(filter).build())
            .getContainersList()) {
      ids.add(container.getId());
    }
    return ids;
  }

  /** Compares the lists and each status with the oracle, and what was told with both. */
  private void compare() throws Exception {
    Await.until(
        "no state is UNKNOWN",
        SETTLE,
        () ->
            testbed.containers().stream()
                .noneMatch(each -> each.getState() == ContainerState.CONTAINER_UNKNOWN));
    awaitExits();
    Map<String, String> expected = new HashMap<>();
    oracle.pods().forEach((id, pod) -> expected.put(id, pod.ready ? "ready" : "not ready"));
    oracle.containers().forEach((id, each) -> expected.put(id, each.state + " in " + each.pod.id));
    Map<String, String> actual = new HashMap<>();
    for (PodSandbox pod : testbed.pods()) {
      boolean ready = pod.getState() == PodSandboxState.SANDBOX_READY;
      actual.put(pod.getId(), ready ? "ready" : "not ready");
    }
    for (Container each : testbed.containers()) {
      actual.put(each.getId(), each.getState() + " in " + each.getPodSandboxId());
    }
    assertThat(actual).as("the lists").isEqualTo(expected);
    Set<PodSandboxStatus> sandboxStatuses = new HashSet<>();
    for (String id : oracle.pods().keySet()) {
      sandboxStatuses.add(testbed.podStatus(id));
    }
    Set<ContainerStatus> containerStatuses = new HashSet<>();
    for (Oracle.Container each : oracle.containers().values()) {
      ContainerStatus status = testbed.status(each.id);
      assertThat(status.getState()).as("state of " + each.id).isEqualTo(each.state);
      assertThat(status.getExitCode()).as("exit code of " + each.id).isEqualTo(each.exitCode);
      assertThat(status.getStartedAt() > 0)
          .as("whether " + each.id + " has a start")
          .isEqualTo(each.state != ContainerState.CONTAINER_CREATED);
      assertThat(status.getFinishedAt() > 0)
          .as("whether " + each.id + " has an end")
          .isEqualTo(each.state == ContainerState.CONTAINER_EXITED);
      containerStatuses.add(status);
    }
    compareEvents(sandboxStatuses, containerStatuses);
  }

  /** A container that ended while no daemon ran may be shown as running for a moment. */
  private void awaitExits() throws Exception {
    for (Oracle.Container each : oracle.containers().values()) {
      if (each.state == ContainerState.CONTAINER_EXITED) {
        testbed.awaitExited(each.id);
      }
    }
  }

  private void compareEvents(Set<PodSandboxStatus> sandboxes, Set<ContainerStatus> containers)
      throws Exception {
    try {
      Await.until(
          "every change was told",
          SETTLE,
          () -> {
            takeEvents();
            return told.equals(oracle.told());
          });
    } catch (AssertionError e) {
      assertThat(told).as("events of each object").isEqualTo(oracle.told());
      throw e;
    }
    assertThat(cache.sandboxes()).as("pods that kubelet knows").isEqualTo(sandboxes);
    assertThat(cache.containers()).as("containers that kubelet knows").isEqualTo(containers);
  }

  private void takeEvents() {
    List<ContainerEventResponse> all = events.received();
    for (ContainerEventResponse event : all.subList(taken, all.size())) {
      cache.take(event);
      List<ContainerEventType> ofObject =
          told.computeIfAbsent(event.getContainerId(), _ -> new ArrayList<>());
      // A new daemon tells again that a container runs, once it has found out.
      boolean isRepeated =
          !ofObject.isEmpty() && ofObject.getLast() == event.getContainerEventType();
      if (!isRepeated) {
        ofObject.add(event.getContainerEventType());
      }
    }
    taken = all.size();
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
