package io.jukung.runtime.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.cgroup.CgroupfsDriver;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.life.HealthState.Probe;
import io.jukung.runtime.life.HealthState.Status;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.service.TestNode;
import io.jukung.runtime.store.ChangeListener.Change;
import io.jukung.runtime.store.Container;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealthProbesTest {
  private static final long WAIT_NANOS = 20_000_000_000L;
  private static final String OPTIONS = "io.jukung.options";

  private static final String CHECK =
      "{\"health\":{\"command\":[\"probe\",\"it\"],\"interval\":1000000,\"timeout\":1500000000,"
          + "\"startPeriod\":0,\"startInterval\":1000000,\"retries\":2}}";

  @TempDir private Path directory;
  private TestNode node;
  private HealthProbes probes;
  private int pods;
  private final AtomicInteger exitCode = new AtomicInteger();
  private volatile ExecSyncRequest asked = ExecSyncRequest.getDefaultInstance();

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    node.recover();
    probes =
        new HealthProbes(
            node.sandboxes,
            node.containers,
            new PodCgroups(
                node.mount,
                new CgroupfsDriver(node.mount, node.cgroupRoot),
                PodCgroups.MissingController.IGNORE),
            this::answer);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  private ExecSyncResponse answer(ExecSyncRequest request) {
    asked = request;
    int code = exitCode.get();
    if (code < 0) {
      throw CriException.failedPrecondition("there is no probe");
    }
    return ExecSyncResponse.newBuilder().setExitCode(code).build();
  }

  private Container run(boolean own, String options) throws Exception {
    RunPodSandboxRequest.Builder pod = TestNode.pod("web-" + pods++).toBuilder();
    if (own) {
      pod.getConfigBuilder().putLabels(OwnContainers.LABEL, "web");
    }
    String sandbox = node.runPodSandbox.call(pod.build()).getPodSandboxId();
    String id = node.create(sandbox, "web", OPTIONS, options);
    node.start(id);
    return node.containers.get(id);
  }

  private void await(Container container, Status status) throws Exception {
    await(
        status.toString(),
        () -> probes.of(container).filter(each -> each.status() == status).isPresent());
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + WAIT_NANOS;
    while (!condition.call()) {
      if (System.nanoTime() - deadline > 0) {
        fail("not in time: " + what);
      }
      Thread.sleep(5);
    }
  }

  @Test
  void healthFollowsTheProbesWhileTheContainerRuns() throws Exception {
    Container container = run(true, CHECK);
    assertThat(probes.of(container)).as("before the daemon has taken its pods up").isEmpty();
    probes.begin();
    await(container, Status.HEALTHY);
    assertThat(asked.getCmdList()).containsExactly("probe", "it");
    assertThat(asked.getTimeout()).as("whole seconds").isEqualTo(2);
    exitCode.set(7);
    await(container, Status.UNHEALTHY);
    assertThat(probes.of(container).orElseThrow().failingStreak()).isGreaterThanOrEqualTo(2);
    exitCode.set(0);
    await(container, Status.HEALTHY);
    exitCode.set(-1);
    await(container, Status.UNHEALTHY);
    assertThat(probes.of(container).orElseThrow().probes().getLast().output())
        .isEqualTo("there is no probe");
    probes.changed(container, Change.STOPPED);
    assertThat(probes.of(container)).isEmpty();
    probes.changed(container, Change.STARTED);
    exitCode.set(0);
    await(container, Status.HEALTHY);
    probes.changed(container, Change.DELETED);
  }

  @Test
  void runThatEndsUnheardOfIsNotProbedAnyMore() throws Exception {
    Container container = run(true, CHECK);
    probes.begin();
    await(container, Status.HEALTHY);
    node.stop(container.id(), 0); // the probes do not listen to the store of this node
    await("the watch has ended", () -> probes.of(container).isEmpty());
  }

  @Test
  void containersOfOtherClientsAreNotProbed() throws Exception {
    Container container = run(false, CHECK);
    probes.begin();
    probes.changed(container, Change.STARTED);
    assertThat(probes.of(container)).isEmpty();
  }

  @Test
  void optionsThatTheDaemonDoesNotKnowAreRefusedByName() {
    for (String[] wrong :
        new String[][] {
          {"{\"gpus\":1}", "gpus"},
          {"no json", "io.jukung.options: Unrecognized token 'no'"},
          {"{\"health\":{\"command\":[]}}", "command is empty"},
          {CHECK.replace("\"retries\":2", "\"retries\":0"), "retries is not positive"},
          {CHECK.replace("\"interval\":1000000,", "\"interval\":0,"), "health.interval"}
        }) {
      assertThatThrownBy(() -> run(true, wrong[0]))
          .as(wrong[0])
          .hasMessageContaining("io.jukung.options")
          .hasMessageContaining(wrong[1]);
    }
  }

  @Test
  void failuresInTheStartPeriodDoNotCountBeforeTheFirstSuccess() {
    Probe failed = new Probe(1, 2, 1, "");
    Probe passed = new Probe(1, 2, 0, "");
    HealthState state = HealthState.starting();
    for (int i = 0; i < 9; i++) {
      state = state.after(failed, false, 2);
    }
    assertThat(state.status()).isEqualTo(Status.STARTING);
    assertThat(state.failingStreak()).isZero();
    assertThat(state.probes()).hasSize(5);
    state = state.after(failed, true, 2);
    assertThat(state.status()).isEqualTo(Status.STARTING);
    assertThat(state.after(failed, true, 2).status()).isEqualTo(Status.UNHEALTHY);
    HealthState healthy = state.after(passed, false, 2);
    assertThat(healthy.status()).isEqualTo(Status.HEALTHY);
    HealthState once = healthy.after(failed, false, 2);
    assertThat(once.status()).isEqualTo(Status.HEALTHY);
    assertThat(once.after(failed, false, 2).status()).isEqualTo(Status.UNHEALTHY);
  }
}
