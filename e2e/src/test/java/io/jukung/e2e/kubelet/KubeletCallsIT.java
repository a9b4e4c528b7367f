package io.jukung.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.kubelet.PodPlan.ContainerPlan;
import io.jukung.e2e.kubelet.SmallKubelet.PodState;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The lives of pods as kubelet leads them, without a Kubernetes. */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
@Timeout(600)
class KubeletCallsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String UNTIL_TERM = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

  private static SmallKubelet kubelet(Testbed testbed) {
    SmallKubelet kubelet =
        new SmallKubelet(testbed.client(), testbed.node().directory().resolve("logs/pods"));
    kubelet.start();
    return kubelet;
  }

  private static PodPlan pod(
      String name, List<ContainerPlan> init, List<ContainerPlan> main, boolean restart) {
    return new PodPlan(name, UUID.randomUUID().toString(), init, main, restart);
  }

  private static Path shared(Testbed testbed, String name) throws IOException {
    return Files.createDirectories(testbed.node().directory().resolve("shared").resolve(name));
  }

  /** Makes rounds until the pod is as the condition says. */
  private static PodState syncUntil(
      SmallKubelet kubelet, PodPlan plan, String what, Predicate<PodState> condition)
      throws Exception {
    Await.until(
        what,
        PATIENCE,
        () -> {
          kubelet.relist();
          return condition.test(kubelet.sync(plan));
        });
    return kubelet.state(plan);
  }

  @Test
  void podLivesFromItsInitContainersToItsRemoval(Testbed testbed) throws Exception {
    SmallKubelet kubelet = kubelet(testbed);
    Path order = shared(testbed, "order");
    Path file = order.resolve("file");
    String image = testbed.busybox();
    String say = "echo %s >>" + file + "; ";
    PodPlan plan =
        pod(
            "life",
            List.of(
                PodPlan.shell("first", image, say.formatted("first")).withVolume(order),
                PodPlan.shell(
                        "sidecar",
                        image,
                        say.formatted("sidecar")
                            + "trap 'echo end-of-sidecar >>%s; exit 0' TERM;".formatted(file)
                            + "while :; do sleep 0.1; done")
                    .asSidecar()
                    .withVolume(order),
                PodPlan.shell(
                        "second",
                        image,
                        "until grep -q sidecar "
                            + file
                            + "; do sleep 0.1; done; "
                            + say.formatted("second"))
                    .withVolume(order)),
            List.of(
                PodPlan.shell("main", image, UNTIL_TERM)
                    .withVolume(order)
                    .withHooks(
                        List.of("sh", "-c", say.formatted("started")),
                        List.of("sh", "-c", say.formatted("stopping")))),
            true);
    PodState running = syncUntil(kubelet, plan, "the main container runs", s -> s.runs("main"));
    assertThat(running.sandbox().orElseThrow().getNetwork().getIp()).startsWith("10.88.");
    assertThat(kubelet.exec(id(running, "main"), List.of("true")).getExitCode()).isZero();

    kubelet.kill(plan);
    PodState ended = kubelet.state(plan);
    assertThat(ended.sandbox().orElseThrow().getState())
        .isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    assertThat(ended.newest("main").orElseThrow().getExitCode()).isZero();
    assertThat(Files.readAllLines(file))
        .containsExactly("first", "sidecar", "second", "started", "stopping", "end-of-sidecar");

    kubelet.remove(plan);
    assertThat(kubelet.relist()).isEmpty();
  }

  private static String id(PodState pod, String container) {
    return pod.newest(container).orElseThrow().getId();
  }

  @Test
  void endedContainerStartsAgainWithItsNextAttemptAndKeepsItsLastLog(Testbed testbed)
      throws Exception {
    SmallKubelet kubelet = kubelet(testbed);
    PodPlan plan =
        pod(
            "restarts",
            List.of(),
            List.of(PodPlan.shell("main", testbed.busybox(), "echo said; exit 3")),
            true);
    syncUntil(
        kubelet,
        plan,
        "the container was started three times",
        s -> s.newest("main").filter(each -> each.getMetadata().getAttempt() >= 2).isPresent());
    kubelet.removeDeadContainers(plan);
    PodState now = kubelet.state(plan);
    ContainerStatus newest = now.newest("main").orElseThrow();
    assertThat(now.containers()).containsExactly(newest);
    assertThat(newest.getAnnotationsMap())
        .containsEntry(
            "io.kubernetes.container.restartCount",
            Integer.toString(newest.getMetadata().getAttempt()));
    assertThat(newest.getLogPath())
        .isEqualTo(kubelet.log(plan, "main", newest.getMetadata().getAttempt()).toString());
    assertThat(Files.readString(kubelet.log(plan, "main", 0))).endsWith(" stdout F said\n");
    kubelet.kill(plan);
    kubelet.remove(plan);
  }

  @Test
  void kubeletThatStartsAgainFindsThePodAsItWas(Testbed testbed) throws Exception {
    PodPlan plan =
        pod(
            "found",
            List.of(PodPlan.shell("init", testbed.busybox(), "true")),
            List.of(PodPlan.shell("main", testbed.busybox(), UNTIL_TERM)),
            true);
    SmallKubelet first = kubelet(testbed);
    PodState before = syncUntil(first, plan, "the container runs", s -> s.runs("main"));
    testbed.killAndRestartDaemon();
    SmallKubelet second = kubelet(testbed);
    PodState after = second.sync(plan);
    assertThat(after.sandbox()).isEqualTo(before.sandbox());
    assertThat(after.containers()).containsExactlyInAnyOrderElementsOf(before.containers());
    second.kill(plan);
    second.remove(plan);
  }

  @Test
  void sandboxThatWasStoppedIsReplacedByTheNextAttempt(Testbed testbed) throws Exception {
    SmallKubelet kubelet = kubelet(testbed);
    PodPlan plan =
        pod(
            "replaced",
            List.of(),
            List.of(PodPlan.shell("main", testbed.busybox(), UNTIL_TERM)),
            true);
    PodState before = syncUntil(kubelet, plan, "the container runs", s -> s.runs("main"));
    testbed.stopPod(before.sandbox().orElseThrow().getId());
    PodState after =
        syncUntil(
            kubelet,
            plan,
            "the container runs in a new sandbox",
            s ->
                s.runs("main")
                    && !s.sandbox()
                        .orElseThrow()
                        .getId()
                        .equals(before.sandbox().orElseThrow().getId()));
    assertThat(after.sandbox().orElseThrow().getMetadata().getAttempt()).isEqualTo(1);
    assertThat(after.newest("main").orElseThrow().getMetadata().getAttempt()).isEqualTo(1);
    kubelet.kill(plan);
    kubelet.remove(plan);
  }

  @Test
  void garbageCollectionKeepsTheImagesThatContainersName(Testbed testbed) throws Exception {
    SmallKubelet kubelet = kubelet(testbed);
    String used = testbed.registry().push("gc-used:1", "--env", "[\"A=gc-used\"]");
    String unused =
        testbed.pull(testbed.registry().push("gc-unused:1", "--env", "[\"A=gc-unused\"]"));
    PodPlan plan =
        pod("collects", List.of(), List.of(PodPlan.shell("main", used, UNTIL_TERM)), true);
    PodState running = syncUntil(kubelet, plan, "the container runs", s -> s.runs("main"));
    ContainerStatus status = running.newest("main").orElseThrow();
    assertThat(status.getImage().getImage()).isEqualTo(used);
    assertThat(status.getImageRef()).startsWith("127.0.0.1:5000/gc-used@sha256:");
    try {
      assertThat(
              kubelet.removeUnusedImages(
                  image -> image.getRepoTagsList().stream().anyMatch(tag -> tag.contains("/gc-"))))
          .containsExactly(unused);
      Container listed =
          kubelet.relist().stream()
              .filter(each -> each.getId().equals(status.getId()))
              .findFirst()
              .orElseThrow();
      assertThat(listed.getImageId()).isEqualTo(status.getImageId());
    } finally {
      kubelet.kill(plan);
      kubelet.remove(plan);
      testbed.removeImage(used);
    }
  }
}
