package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.FilesystemUsage;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageFsInfoRequest;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
  void twoTagsAreOneImageAndGoTogether(Testbed testbed) throws Exception {
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
  void pullOfTheSameImageManyTimesAtOnceIsOnePull(Testbed testbed) throws Exception {
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
  void imageThatIsRemovedWhileInUseStaysForItsContainer(Testbed testbed) throws Exception {
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
  void fileSystemOfTheImagesIsMeasured(Testbed testbed) {
    var answer = testbed.client().images().imageFsInfo(ImageFsInfoRequest.getDefaultInstance());
    FilesystemUsage usage = answer.getImageFilesystems(0);
    assertThat(usage.getUsedBytes().getValue()).isPositive();
    assertThat(usage.getInodesUsed().getValue()).isPositive();
    assertThat(usage.getFsId().getMountpoint()).startsWith("/");
    assertThat(usage.getTimestamp()).isPositive();
    assertThat(answer.getContainerFilesystemsCount()).isPositive();
  }
}
