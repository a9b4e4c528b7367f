package io.jukung.e2e.cut;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Records what a daemon writes to its disk, makes the images that a power cut leaves at any of
 * these writes, and starts a daemon over each image. Of the writes that the disk had not promised
 * to keep, every second image has an arbitrary part.
 *
 * <p>{@code -De2e.kill-points=all} tries every write. Otherwise the choice is another one each day,
 * and {@code -De2e.kill-offset} repeats the choice of a day.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by record
class PowerCutIT {
  /** An image takes about 4 s. */
  private static final int POINTS = 5;

  private CutNode node;
  private Testbed testbed;
  private final List<Promise> promises = new ArrayList<>();

  /** What was removed, and so may be there or not, by the point at which the removal began. */
  private final Map<String, Integer> removals = new HashMap<>();

  @BeforeAll
  void start() throws Exception {
    node = new CutNode();
    testbed = node.testbed();
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void powerCutAtAnyWriteLosesNothingThatIsPromisedAndLeavesNothingBehind() throws Exception {
    record();
    int end = node.log().size();
    assertThat(node.log().flushes()).as("flushes that the disk has seen").isPositive();
    node.powerOff();
    List<String> failures = new ArrayList<>();
    for (int point : points(end)) {
      Random choice = point % 2 == 0 ? null : new Random(point);
      Path image = node.freshImage();
      node.log().imageAt(point, choice, image);
      try {
        node.powerOn(image);
        check(point);
      } catch (Exception | AssertionError e) {
        failures.add("cut at write " + point + " of " + end + ": " + e.getMessage());
        System.err.println("cut at write " + point + ": " + e);
      }
      node.powerOff();
    }
    assertThat(failures).isEmpty();
  }

  private static List<Integer> points(int end) {
    boolean isAll = System.getProperty("e2e.kill-points", "").equals("all");
    int step = isAll ? 1 : Math.ceilDiv(end, POINTS);
    long offset = Long.getLong("e2e.kill-offset", LocalDate.now(ZoneOffset.UTC).toEpochDay());
    List<Integer> points = new ArrayList<>();
    for (int point = (int) (offset * 7 % step); point < end; point += step) {
      points.add(point);
    }
    points.add(end);
    return points;
  }

  /** Calls everything that writes, and notes what each call has promised when it returns. */
  private void record() throws Exception {
    String image = testbed.pull(testbed.busybox());
    promise("image " + image, () -> assertThat(images()).contains(image));
    Pod first = runPod("first", NamespaceMode.POD);
    String sleeping = testbed.runContainer(first, "sleeping", List.of("sleep", "1000"));
    promise(sleeping, "container that ran", () -> assertExited(sleeping, 255));
    String ended = testbed.runShell(first, "ended", "exit 3");
    testbed.awaitExited(ended);
    promise(ended, "container that had exited with 3", () -> assertExited(ended, 3));
    Pod second = runPod("second", NamespaceMode.POD);
    String removed = testbed.runContainer(second, "removed", List.of("sleep", "1000"));
    promise(removed, "container that ran", () -> assertExited(removed, 255));
    begin(removed);
    testbed.stopContainer(removed, 0);
    testbed.removeContainer(removed);
    String other = testbed.registry().push("other:1", "--env", "[\"A=other\"]");
    String otherId = testbed.pull(other);
    promise(otherId, "image", () -> assertThat(images()).contains(otherId));
    begin(otherId);
    testbed.removeImage(other);
    begin(second.id());
    testbed.removePod(second);
    Pod onHost = runPod("on-host", NamespaceMode.NODE);
    String late = testbed.runContainer(onHost, "late", List.of("sleep", "1000"));
    promise(late, "container that ran", () -> assertExited(late, 255));
    testbed.createContainer(
        first,
        Requests.container(first.config(), "created", testbed.busybox(), List.of("true")).build());
    runPod("last", NamespaceMode.POD);
  }

  private Pod runPod(String name, NamespaceMode network) throws IOException {
    Pod pod = testbed.runPod(name, network);
    promise(
        pod.id(),
        "pod " + name,
        () ->
            assertThat(testbed.podStatus(pod.id()).getState())
                .isEqualTo(PodSandboxState.SANDBOX_NOTREADY));
    return pod;
  }

  private void promise(String what, Promise.Check check) {
    promises.add(new Promise(what, node.log().size(), check));
  }

  private void promise(String id, String what, Promise.Check check) {
    int from = node.log().size();
    promises.add(new Promise(what + " " + id, from, check));
  }

  /** A removal begins: from now on a cut may take the object or not. */
  private void begin(String id) {
    removals.put(id, node.log().size());
  }

  private boolean holds(Promise promise, int point) {
    return promise.from() <= point
        && removals.entrySet().stream()
            .noneMatch(each -> promise.what().endsWith(each.getKey()) && each.getValue() <= point);
  }

  private void check(int point) throws Exception {
    for (Promise promise : promises) {
      if (holds(promise, point)) {
        try {
          promise.check().run();
        } catch (Exception | AssertionError e) {
          throw new AssertionError(promise.what() + ": " + e.getMessage(), e);
        }
      }
    }
    String image = testbed.pull(testbed.busybox());
    assertThat(images()).contains(image);
    Pod pod = testbed.runPod("after-the-cut", NamespaceMode.POD);
    testbed.awaitExited(testbed.runContainer(pod, "after", List.of("true")));
    testbed.removeAllPods();
    assertThat(testbed.containers()).as("containers without a pod").isEmpty();
    Path daemon = testbed.daemon().directory();
    Await.until("no address is taken", () -> left(daemon.resolve("ipam/e2e"), "[0-9.]+").isEmpty());
    for (String each :
        List.of(
            "root/sandboxes",
            "root/containers",
            "root/trash",
            "root/images/leases",
            "root/images/temporary",
            "root/images/aside",
            "root/damaged",
            "state/sandboxes",
            "cni-cache/results")) {
      assertThat(left(daemon.resolve(each), ".*")).as(each).isEmpty();
    }
    CommandResult fsck = node.jukung("fsck");
    assertThat(fsck.stdout()).as("what fsck finds").isEmpty();
    assertThat(fsck.exitCode()).as(fsck.stderr()).isZero();
  }

  private static List<String> left(Path directory, String pattern) throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches(pattern))
          .toList();
    }
  }

  private List<String> images() {
    return testbed
        .client()
        .images()
        .listImages(ListImagesRequest.getDefaultInstance())
        .getImagesList()
        .stream()
        .map(Image::getId)
        .toList();
  }

  private void assertExited(String container, int code) throws Exception {
    Await.until(
        "its end is known",
        () -> testbed.status(container).getState() == ContainerState.CONTAINER_EXITED);
    assertThat(testbed.status(container).getExitCode()).isEqualTo(code);
  }
}
