package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Failpoint;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Makes every mutating call while the daemon or the shim is killed before one of the call's steps,
 * for many steps. kubelet then repeats the call: the repeated call must succeed, and after
 * everything is removed nothing must be left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start and by each call's preparation
class KillSweepIT {
  /** Each point costs a restart of the daemon. */
  private static final int POINTS_PER_CALL = 6;

  private static final int SHIM_STRIDE = 4;

  private Path directory;
  private Failpoint inDaemon;
  private Failpoint inShim;
  private Testbed testbed;
  private Snapshot before;
  private List<String> imagesBefore;

  /** What the current call works on. */
  private PodSandboxConfig config;

  private Pod pod;
  private String container;
  private String image;

  @BeforeAll
  void start() throws Exception {
    directory = Files.createTempDirectory("jukung-kill-");
    inDaemon = new Failpoint(Files.createDirectory(directory.resolve("daemon")));
    inShim = new Failpoint(Files.createDirectory(directory.resolve("shim")));
    testbed =
        Testbed.start(
            Map.of("JDK_JAVA_OPTIONS", inDaemon.javaOptions()),
            // Spare shims start at any time, and their steps would count as the call's.
            "[shim]\nspare = 0\ncommand = [\"/usr/bin/env\", \"JDK_JAVA_OPTIONS=%s\", \"%s\"]"
                .formatted(inShim.javaOptions(), Daemon.dist().resolve("lib/shim/jukung-shim")));
    image = testbed.registry().push("killed:1", "--env", "[\"A=killed\"]");
    before = testbed.snapshot();
    imagesBefore = images();
  }

  /** Keeps a failed call from affecting the next one. */
  @AfterEach
  void restartDaemonIfItDied() throws Exception {
    if (!testbed.daemon().isAlive()) {
      testbed.daemon().start();
      testbed.reconnect();
    }
    testbed.removeAllPods();
  }

  @AfterAll
  void end() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
    try (var files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }

  /** A call, its preparation, and the check of its result. */
  enum Call {
    RUN_POD_ON_HOST_NETWORK {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.config = test.testbed.podConfig("killed", NamespaceMode.NODE).build();
      }

      @Override
      void make(KillSweepIT test) {
        test.pod = test.testbed.runPod(test.config);
      }

      @Override
      void check(KillSweepIT test) {
        test.assertPodRuns();
      }
    },
    RUN_POD {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.config = test.testbed.podConfig("killed", NamespaceMode.POD).build();
      }

      @Override
      void make(KillSweepIT test) throws Exception {
        RUN_POD_ON_HOST_NETWORK.make(test);
      }

      @Override
      void check(KillSweepIT test) throws Exception {
        RUN_POD_ON_HOST_NETWORK.check(test);
      }
    },
    CREATE_CONTAINER {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.pod = test.testbed.runPod("killed", NamespaceMode.NODE);
      }

      @Override
      void make(KillSweepIT test) {
        test.container =
            test.testbed.createContainer(
                test.pod,
                Requests.container(
                        test.pod.config(), "c", test.testbed.busybox(), List.of("sleep", "1000"))
                    .build());
      }

      @Override
      void check(KillSweepIT test) {
        assertThat(test.testbed.containers()).hasSize(1);
        test.testbed.startContainer(test.container);
        assertThat(test.testbed.exec(test.container, "true").getExitCode()).isZero();
      }
    },
    START_CONTAINER {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        CREATE_CONTAINER.prepare(test);
        CREATE_CONTAINER.make(test);
      }

      @Override
      void make(KillSweepIT test) {
        // Repeated only if the daemon has not recorded the first call. kubelet checks this, too.
        if (test.testbed.status(test.container).getState() == ContainerState.CONTAINER_CREATED) {
          test.testbed.startContainer(test.container);
        }
      }

      @Override
      void check(KillSweepIT test) {
        ContainerStatus status = test.testbed.status(test.container);
        assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
        assertThat(test.testbed.exec(test.container, "true").getExitCode()).isZero();
      }
    },
    STOP_CONTAINER {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.runContainer();
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.stopContainer(test.container, 0);
      }

      @Override
      void check(KillSweepIT test) {
        ContainerStatus status = test.testbed.status(test.container);
        assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(status.getFinishedAt()).isPositive();
      }
    },
    REMOVE_CONTAINER {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.runContainer();
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.removeContainer(test.container);
      }

      @Override
      void check(KillSweepIT test) {
        assertThat(test.testbed.containers()).isEmpty();
      }
    },
    STOP_POD {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        test.pod = test.testbed.runPod("killed", NamespaceMode.POD);
        test.container = test.testbed.runContainer(test.pod, "c", List.of("sleep", "1000"));
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.stopPod(test.pod.id());
      }

      @Override
      void check(KillSweepIT test) {
        assertThat(test.testbed.pods())
            .singleElement()
            .satisfies(
                each -> assertThat(each.getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY));
        assertThat(test.testbed.status(test.container).getState())
            .isEqualTo(ContainerState.CONTAINER_EXITED);
      }
    },
    REMOVE_POD {
      @Override
      void prepare(KillSweepIT test) throws Exception {
        STOP_POD.prepare(test);
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.removePod(test.pod.id());
      }

      @Override
      void check(KillSweepIT test) {
        assertThat(test.testbed.pods()).isEmpty();
        assertThat(test.testbed.containers()).isEmpty();
      }
    },
    PULL_IMAGE {
      @Override
      void prepare(KillSweepIT test) {
        test.testbed.removeImage(test.image);
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.pull(test.image);
      }

      @Override
      void check(KillSweepIT test) throws Exception {
        Pod pod = test.testbed.runPod("killed", NamespaceMode.NODE);
        ContainerStatus status =
            test.testbed.awaitExited(
                test.testbed.runContainer(
                    pod,
                    Requests.container(pod.config(), "c", test.image, List.of("busybox", "true"))
                        .build()));
        assertThat(status.getExitCode()).isZero();
      }
    },
    REMOVE_IMAGE {
      @Override
      void prepare(KillSweepIT test) {
        test.testbed.pull(test.image);
      }

      @Override
      void make(KillSweepIT test) {
        test.testbed.removeImage(test.image);
      }

      @Override
      void check(KillSweepIT test) {
        assertThat(
                test.testbed
                    .client()
                    .images()
                    .imageStatus(
                        ImageStatusRequest.newBuilder()
                            .setImage(Requests.image(test.image))
                            .build())
                    .hasImage())
            .isFalse();
      }
    };

    abstract void prepare(KillSweepIT test) throws Exception;

    abstract void make(KillSweepIT test) throws Exception;

    abstract void check(KillSweepIT test) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void repeatedCallSucceedsAfterTheDaemonWasKilled(Call call) throws Exception {
    for (long n : Failpoint.points(steps(call), POINTS_PER_CALL)) {
      call.prepare(this);
      inDaemon.arm(n);
      boolean answered = tryCall(call);
      inDaemon.disarm();
      try {
        repeat(call, answered);
        call.check(this);
        assertNothingLeft();
      } catch (Exception | AssertionError e) {
        throw new AssertionError(call + ", killed at step " + n + ": " + e.getMessage(), e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"RUN_POD", "START_CONTAINER", "STOP_CONTAINER", "REMOVE_CONTAINER", "STOP_POD"})
  void killedShimLeavesNothingAndTheDaemonAlive(Call call) throws Exception {
    boolean struck = true;
    for (long n = 1; struck; n += Failpoint.stride(SHIM_STRIDE)) {
      call.prepare(this);
      inShim.arm(n);
      boolean answered = tryCall(call);
      inShim.disarm();
      struck = inShim.hasStruck();
      try {
        assertThat(struck || n > 1).as("a shim changes something").isTrue();
        assertThat(answered || struck).as("the call succeeds").isTrue();
        assertThat(testbed.daemon().isAlive()).as("the daemon lives").isTrue();
        if (call == Call.STOP_CONTAINER) {
          call.make(this);
          call.check(this);
        }
        assertNothingLeft();
      } catch (Exception | AssertionError e) {
        throw new AssertionError(call + ", shim killed at step " + n + ": " + e.getMessage(), e);
      }
    }
  }

  /** Repeats the call as kubelet does, after restarting the daemon if it died. */
  private void repeat(Call call, boolean answered) throws Exception {
    if (!answered) {
      try {
        call.make(this);
        return;
      } catch (StatusRuntimeException e) {
        if (!inDaemon.hasStruck()) {
          throw e;
        }
      }
    }
    if (inDaemon.hasStruck()) {
      testbed.daemon().awaitExit();
      testbed.daemon().start();
      testbed.reconnect();
      if (!answered) { // otherwise the daemon died after it had completed the call
        call.make(this);
      }
    }
  }

  private void assertNothingLeft() throws Exception {
    testbed.removeAllPods();
    testbed.removeImage(image);
    testbed.assertNothingLeft(before);
    assertThat(images()).as("files of images").isEqualTo(imagesBefore);
  }

  /** The number of changes that the call makes, with a few that come after it. */
  private long steps(Call call) throws Exception {
    call.prepare(this);
    inDaemon.arm(0);
    call.make(this);
    assertThat(inDaemon.isTaken()).as(call + " changes something").isTrue();
    inDaemon.arm(0);
    testbed.runPod("next", NamespaceMode.NODE);
    testbed.removeAllPods();
    testbed.removeImage(image);
    Await.until("the daemon has written its count", inDaemon::isTaken);
    assertThat(inDaemon.counted()).isPositive();
    return inDaemon.counted();
  }

  /** Whether the daemon has answered the call. */
  private boolean tryCall(Call call) throws Exception {
    try {
      call.make(this);
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private void runContainer() throws Exception {
    pod = testbed.runPod("killed", NamespaceMode.NODE);
    container = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
  }

  private void assertPodRuns() {
    assertThat(testbed.pods())
        .singleElement()
        .satisfies(each -> assertThat(each.getState()).isEqualTo(PodSandboxState.SANDBOX_READY));
    String sleeper = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    assertThat(testbed.exec(sleeper, "true").getExitCode()).isZero();
  }

  private List<String> images() throws Exception {
    return testbed
        .node()
        .run("find", testbed.daemon().root().resolve("images").toString())
        .orThrow()
        .lines()
        .sorted()
        .toList();
  }
}
