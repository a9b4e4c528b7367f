package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.FilesystemUsage;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.StreamImagesRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Testbed.Extension.class)
class ImagesIT {
  private static List<Image> images(Testbed testbed) {
    return testbed
        .client()
        .images()
        .listImages(ListImagesRequest.getDefaultInstance())
        .getImagesList();
  }

  private static boolean isKnown(Testbed testbed, String name) {
    return testbed
        .client()
        .images()
        .imageStatus(ImageStatusRequest.newBuilder().setImage(Requests.image(name)).build())
        .hasImage();
  }

  @Test
  void pulledImageIsFoundByEveryNameItHas(Testbed testbed) throws Exception {
    String reference = testbed.registry().push("names:1", "--env", "[\"A=names\"]", "--user", "7");
    String id = testbed.pull(reference);
    try {
      Image image =
          images(testbed).stream()
              .filter(each -> each.getId().equals(id))
              .findFirst()
              .orElseThrow();
      assertThat(image.getRepoTagsList()).containsExactly(reference);
      assertThat(image.getRepoDigestsList())
          .singleElement()
          .asString()
          .matches("127\\.0\\.0\\.1:5000/names@sha256:[0-9a-f]{64}");
      assertThat(image.getSize()).isPositive();
      assertThat(image.getUid().getValue()).isEqualTo(7);
      assertThat(image.getUsername()).isEmpty();
      assertThat(id).matches("sha256:[0-9a-f]{64}");
      for (String name :
          List.of(reference, id, id.substring("sha256:".length()), image.getRepoDigests(0))) {
        assertThat(isKnown(testbed, name)).as(name).isTrue();
      }
      assertThat(isKnown(testbed, "127.0.0.1:5000/names:2")).isFalse();
    } finally {
      testbed.removeImage(reference);
    }
    assertThat(isKnown(testbed, id)).isFalse();
  }

  @Test
  void containerMadeByIdShowsTheNamesOfItsImage(Testbed testbed) throws Exception {
    String reference = testbed.registry().push("shown:1", "--env", "[\"A=shown\"]");
    String id = testbed.pull(reference);
    try {
      Pod pod = testbed.runPod("shown", NamespaceMode.NODE);
      String container =
          testbed.createContainer(
              pod, Requests.container(pod.config(), "app", id, List.of("sleep", "60")).build());
      ContainerStatus status = testbed.status(container);
      assertThat(status.getImage().getImage()).isEqualTo(reference);
      assertThat(status.getImageRef()).matches("127\\.0\\.0\\.1:5000/shown@sha256:[0-9a-f]{64}");
      assertThat(status.getImageId()).isEqualTo(id);
      testbed.removePod(pod);
    } finally {
      testbed.removeImage(reference);
    }
  }

  @Test
  void imageWithTwoTagsIsListedOnceAndRemovedWithBoth(Testbed testbed) throws Exception {
    String one = testbed.registry().push("tags:one", "--env", "[\"A=tags\"]");
    String two = testbed.registry().push("tags:two", "--env", "[\"A=tags\"]");
    String id = testbed.pull(one);
    assertThat(testbed.pull(two)).isEqualTo(id);
    assertThat(images(testbed))
        .filteredOn(image -> image.getId().equals(id))
        .singleElement()
        .satisfies(
            image -> assertThat(image.getRepoTagsList()).containsExactlyInAnyOrder(one, two));
    testbed.removeImage(id);
    assertThat(isKnown(testbed, one)).isFalse();
    assertThat(isKnown(testbed, two)).isFalse();
    testbed.removeImage(id);
  }

  @Test
  void concurrentPullsOfOneImageReturnTheSameImage(Testbed testbed) throws Exception {
    String reference = testbed.registry().push("busy:1", "--env", "[\"A=busy\"]");
    List<Future<String>> pulls = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 10; i++) {
        pulls.add(executor.submit(() -> testbed.pull(reference)));
      }
      for (Future<String> pull : pulls) {
        assertThat(pull.get()).isEqualTo(pulls.getFirst().get());
      }
    }
    testbed.removeImage(reference);
  }

  @Test
  void removedImageStaysUsableForItsContainer(Testbed testbed) throws Exception {
    String reference = testbed.registry().push("used:1", "--env", "[\"A=used\"]");
    testbed.pull(reference);
    Pod pod = testbed.runPod("used", NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod,
            Requests.container(pod.config(), "user", reference, List.of("sleep", "1000")).build());
    testbed.removeImage(reference);
    assertThat(isKnown(testbed, reference)).isFalse();
    assertThat(testbed.exec(container, "busybox", "echo", "works").getStdout().toStringUtf8())
        .isEqualTo("works\n");
  }

  @Test
  void imageFsInfoReportsBytesAndInodes(Testbed testbed) {
    var answer = testbed.client().images().imageFsInfo(ImageFsInfoRequest.getDefaultInstance());
    FilesystemUsage usage = answer.getImageFilesystems(0);
    assertThat(usage.getUsedBytes().getValue()).isPositive();
    assertThat(usage.getInodesUsed().getValue()).isPositive();
    assertThat(usage.getFsId().getMountpoint()).startsWith("/");
    assertThat(usage.getTimestamp()).isPositive();
    assertThat(answer.getContainerFilesystemsCount()).isPositive();
  }

  @Test
  void imageFsInfoAgreesWithDuWithinASecond(Testbed testbed) throws Exception {
    Assumptions.assumeFalse(Daemon.isForeign()); // another runtime keeps its images elsewhere
    long before = usedBytes(testbed);
    Path root = Files.createDirectories(testbed.node().directory().resolve("measured"));
    byte[] noise = new byte[32 << 20];
    new Random(1).nextBytes(noise);
    Files.write(root.resolve("noise"), noise);
    String reference = testbed.registry().push("measured:1", root);
    testbed.pull(reference);
    Await.until("ImageFsInfo agrees with du", Duration.ofSeconds(1), () -> agreesWithDu(testbed));
    assertThat(usedBytes(testbed)).isGreaterThan(before + 2L * noise.length); // blob and layer
    testbed.removeImage(reference);
    Await.until("ImageFsInfo agrees with du", Duration.ofSeconds(1), () -> agreesWithDu(testbed));
    assertThat(usedBytes(testbed)).isEqualTo(before);
  }

  /** Up to 256 KiB: the sizes of directories themselves are not counted after each change. */
  private static boolean agreesWithDu(Testbed testbed) throws IOException, InterruptedException {
    String du = testbed.node().run("du", "-sx", "-B1", imageRoot(testbed).toString()).orThrow();
    long actual = Long.parseLong(du.substring(0, du.indexOf('\t')));
    return Math.abs(usedBytes(testbed) - actual) <= 256 * 1024;
  }

  private static long usedBytes(Testbed testbed) {
    return testbed
        .client()
        .images()
        .imageFsInfo(ImageFsInfoRequest.getDefaultInstance())
        .getImageFilesystems(0)
        .getUsedBytes()
        .getValue();
  }

  private static Path imageRoot(Testbed testbed) {
    return testbed.daemon().root().resolve("images");
  }

  @Test
  void streamImagesReturnsWhatListImagesReturns(Testbed testbed) {
    List<Image> streamed = new ArrayList<>();
    testbed
        .client()
        .images()
        .streamImages(StreamImagesRequest.getDefaultInstance())
        .forEachRemaining(part -> streamed.addAll(part.getImagesList()));
    assertThat(streamed).isNotEmpty().isEqualTo(images(testbed));
  }

  @Test
  void pullThatTimesOutLeavesNoFiles(Testbed testbed) throws Exception {
    Assumptions.assumeFalse(Daemon.isForeign()); // another runtime keeps its images elsewhere
    String before = files(testbed);
    int port = 5999;
    Process silent =
        new ProcessBuilder(
                testbed
                    .node()
                    .inside(
                        List.of(
                            "socat",
                            "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr",
                            "EXEC:sleep 1000")))
            .start();
    try {
      Await.until(
          "the silent server listens",
          () -> testbed.node().run("ss", "-Hltn", "sport = " + port).orThrow().contains("LISTEN"));
      assertThatExceptionOfType(StatusRuntimeException.class)
          .isThrownBy(
              () ->
                  testbed
                      .client()
                      .images(Duration.ofSeconds(1))
                      .pullImage(
                          PullImageRequest.newBuilder()
                              .setImage(Requests.image("127.0.0.1:" + port + "/silent:1"))
                              .build()))
          .satisfies(
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
      Await.until(
          "the connection has ended",
          () -> !testbed.node().run("ss", "-Htn", "dport = " + port).orThrow().contains("ESTAB"));
      assertThat(files(testbed)).isEqualTo(before);
    } finally {
      silent.descendants().forEach(ProcessHandle::destroyForcibly);
      silent.destroyForcibly().waitFor();
    }
  }

  @Test
  void pullThatTimesOutWithinALayerLeavesThePartThatTheNextPullContinues(Testbed testbed)
      throws Exception {
    Assumptions.assumeFalse(Daemon.isForeign()); // another runtime keeps its images elsewhere
    Path root = Files.createDirectories(testbed.node().directory().resolve("slow"));
    byte[] noise = new byte[32 << 20];
    new Random(2).nextBytes(noise);
    Files.write(root.resolve("noise"), noise);
    String reference = testbed.registry().push("slow:1", root);
    String before = files(testbed);
    Node node = testbed.node();
    node.run("sh", "-c", "tc qdisc add dev lo root tbf rate 32mbit burst 256kb latency 1s")
        .orThrow();
    try (ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor()) {
      PullImageRequest request =
          PullImageRequest.newBuilder().setImage(Requests.image(reference)).build();
      Future<?> pull =
          calls.submit(() -> testbed.client().images(Duration.ofSeconds(4)).pullImage(request));
      Await.until(
          "a part of the layer is written", () -> files(testbed).contains("/temporary/layer-"));
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(pull::get)
          .satisfies(
              e ->
                  assertThat(Status.fromThrowable(e).getCode())
                      .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
      Await.until("the other files of the pull are gone", () -> files(testbed).equals(before));
    } finally {
      node.run("tc", "qdisc", "del", "dev", "lo", "root").orThrow();
    }
    assertThat(keptParts(testbed)).contains("/partial/sha256-");
    testbed.pull(reference);
    assertThat(keptParts(testbed)).isEmpty();
    testbed.removeImage(reference);
  }

  private static String files(Testbed testbed) throws IOException, InterruptedException {
    String root = imageRoot(testbed).toString();
    return testbed.node().run("find", root, "-not", "-path", "*/partial/*").orThrow();
  }

  private static String keptParts(Testbed testbed) throws IOException, InterruptedException {
    String root = imageRoot(testbed).toString();
    return testbed.node().run("find", root, "-path", "*/partial/*").orThrow();
  }
}
