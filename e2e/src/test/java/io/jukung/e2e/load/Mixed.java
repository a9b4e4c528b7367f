package io.jukung.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A client like kubelet and a client of docker make containers at once, half of them each, and
 * remove them again, while two others look all the time. Neither sees half a state of the other's,
 * and none can change the other's.
 *
 * @param containers of both together
 * @param atOnce how many are made or removed at a time
 */
public record Mixed(int containers, int atOnce) implements Load {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String NAME = "mixed-";

  @Override
  public void run(Testbed testbed, Report report) throws Exception {
    report.line("before: %s", Usage.of(testbed));
    Snapshot before = testbed.snapshot();
    try (DockerEngine engine = DockerEngine.start(testbed);
        Bystander bystander = Bystander.start(testbed)) {
      Times kubelets = new Times();
      Times dockers = new Times();
      List<LoadedPod> pods = new ArrayList<>();
      try (Watch watch = new Watch(testbed, engine)) {
        makeAll(testbed, engine, pods, kubelets, dockers);
        report.line("made by a client like kubelet: %s; by docker's: %s", kubelets, dockers);
        report.line("daemon: %s", Usage.of(testbed));
        assertEachIsThere(testbed, engine, pods);
        removeAll(engine, pods);
        report.line("removed; %s", watch.end());
      }
      assertThat(names(engine)).noneMatch(each -> each.startsWith("/" + NAME));
      assertThat(testbed.pods()).as("only the bystander's is left").hasSize(1);
      bystander.assertAnswered(report);
    }
    testbed.assertNothingLeft(before);
  }

  private int half() {
    return containers / 2;
  }

  private void makeAll(
      Testbed testbed, DockerEngine engine, List<LoadedPod> pods, Times kubelets, Times dockers)
      throws Exception {
    List<Future<LoadedPod>> starting = new ArrayList<>();
    List<Callable<LoadedPod>> ofKubelet = new ArrayList<>();
    List<Callable<Boolean>> ofDocker = new ArrayList<>();
    for (int i = 0; i < half(); i++) {
      String name = NAME + i;
      ofKubelet.add(
          () -> kubelets.measure(() -> LoadedPod.asleep(testbed, name, NamespaceMode.POD)));
      ofDocker.add(() -> dockers.measure(() -> makeByDocker(testbed, engine, name)));
    }
    Semaphore free = new Semaphore(atOnce);
    List<Future<Boolean>> others = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < half(); i++) {
        starting.add(executor.submit(bounded(free, ofKubelet.get(i))));
        others.add(executor.submit(bounded(free, ofDocker.get(i))));
      }
    }
    for (Future<LoadedPod> each : starting) {
      pods.add(each.get());
    }
    for (Future<Boolean> each : others) {
      assertThat(each.get()).isTrue();
    }
  }

  private static <T> Callable<T> bounded(Semaphore free, Callable<T> call) {
    return () -> {
      free.acquire();
      try {
        return call.call();
      } finally {
        free.release();
      }
    };
  }

  private static boolean makeByDocker(Testbed testbed, DockerEngine engine, String name)
      throws IOException {
    String body = "{\"Image\":\"%s\",\"Cmd\":[\"sleep\",\"100000\"]}".formatted(testbed.busybox());
    expect(engine.request("POST", "/containers/create?name=" + name, body), 201);
    expect(engine.request("POST", "/containers/" + name + "/start", ""), 204);
    JsonNode state = json(engine.request("GET", "/containers/" + name + "/json", "")).path("State");
    return state.path("Running").asBoolean() && state.path("Pid").asInt() > 0;
  }

  private static void expect(String answer, int status) {
    assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
  }

  private static JsonNode json(String answer) throws IOException {
    expect(answer, 200);
    return MAPPER.readTree(answer.substring(answer.indexOf("\r\n\r\n")));
  }

  private static List<String> names(DockerEngine engine) throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode each : json(engine.request("GET", "/containers/json?all=1", ""))) {
      names.add(each.path("Names").path(0).asText());
    }
    return names;
  }

  private void assertEachIsThere(Testbed testbed, DockerEngine engine, List<LoadedPod> pods)
      throws IOException {
    assertThat(names(engine))
        .hasSize(2 * half() + 1)
        .filteredOn(each -> each.startsWith("/" + NAME))
        .hasSize(half());
    assertThat(testbed.pods()).hasSize(2 * half() + 1);
    assertThat(testbed.containers())
        .hasSize(2 * half() + 1)
        .allMatch(each -> each.getState() == ContainerState.CONTAINER_RUNNING);
    // What is kubelet's is kubelet's to change.
    String kubelets = pods.getFirst().container();
    expect(engine.request("DELETE", "/containers/" + kubelets, ""), 409);
    expect(engine.request("DELETE", "/containers/" + kubelets + "?force=1", ""), 409);
    expect(engine.request("POST", "/containers/" + kubelets + "/stop?t=0", ""), 409);
    expect(engine.request("POST", "/containers/prune", ""), 200);
    assertThat(testbed.containers()).hasSize(2 * half() + 1);
  }

  private void removeAll(DockerEngine engine, List<LoadedPod> pods) throws Exception {
    Semaphore free = new Semaphore(atOnce);
    List<Future<Boolean>> removals = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < half(); i++) {
        LoadedPod pod = pods.get(i);
        String path = "/containers/" + NAME + i + "?force=1&v=1";
        removals.add(
            executor.submit(
                bounded(
                    free,
                    () -> {
                      pod.remove();
                      return true;
                    })));
        removals.add(
            executor.submit(
                bounded(
                    free,
                    () -> {
                      expect(engine.request("DELETE", path, ""), 204);
                      return true;
                    })));
      }
    }
    for (Future<Boolean> each : removals) {
      assertThat(each.get()).isTrue();
    }
  }

  /**
   * Two clients that look until the watch ends, and fail it at the first thing that is not whole.
   */
  private static final class Watch implements AutoCloseable {
    private final Testbed testbed;
    private final DockerEngine engine;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Future<Integer> docker;
    private final Future<Integer> kubelet;

    Watch(Testbed testbed, DockerEngine engine) {
      this.testbed = testbed;
      this.engine = engine;
      this.docker = executor.submit(() -> look(this::lookAsDocker));
      this.kubelet = executor.submit(() -> look(this::lookAsKubelet));
    }

    /** Something that is looked at. */
    private interface Look {
      void look() throws IOException;
    }

    private int look(Look look) throws IOException {
      int rounds = 0;
      while (!ended.get()) {
        look.look();
        rounds++;
      }
      return rounds;
    }

    /** Each container that docker lists is whole, and is whole or gone when it is asked for. */
    private void lookAsDocker() throws IOException {
      for (JsonNode each : json(engine.request("GET", "/containers/json?all=1", ""))) {
        String name = each.path("Names").path(0).asText();
        assertThat(name).matches("/(" + NAME + "\\d+|k8s_.+)");
        assertThat(each.path("Id").asText()).hasSize(64);
        assertThat(each.path("State").asText()).isIn("created", "running", "exited");
        assertThat(each.path("Command").asText()).isNotEmpty();
        String answer =
            engine.request("GET", "/containers/" + each.path("Id").asText() + "/json", "");
        if (!answer.startsWith("HTTP/1.1 404 ")) {
          assertThat(json(answer).path("Name").asText()).isEqualTo(name);
        }
        if (ended.get()) {
          return;
        }
      }
    }

    /** Each container that the CRI lists has a name, an image and a pod, or is gone. */
    private void lookAsKubelet() {
      for (Container each : testbed.containers()) {
        assertThat(each.getMetadata().getName()).isNotEmpty();
        assertThat(each.getPodSandboxId()).hasSize(64);
        assertThat(each.getState()).isNotEqualTo(ContainerState.CONTAINER_UNKNOWN);
        try {
          ContainerStatus status =
              testbed
                  .client()
                  .runtime(LoadedPod.TIMEOUT)
                  .containerStatus(
                      ContainerStatusRequest.newBuilder().setContainerId(each.getId()).build())
                  .getStatus();
          assertThat(status.getImage().getImage()).isNotEmpty();
          assertThat(status.getState()).isNotEqualTo(ContainerState.CONTAINER_UNKNOWN);
        } catch (StatusRuntimeException e) {
          assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        }
        if (ended.get()) {
          return;
        }
      }
    }

    /** Ends the looking; fails if something was not whole. */
    String end() throws Exception {
      ended.set(true);
      return "looked at meanwhile: %d times by docker's lists, %d times by those of the CRI"
          .formatted(docker.get(), kubelet.get());
    }

    @Override
    public void close() {
      ended.set(true);
      executor.close();
    }
  }
}
