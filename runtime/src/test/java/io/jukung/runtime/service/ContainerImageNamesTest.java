package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.runtime.container.ContainerImages.Names;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How containers show their image: by tag, digest and id, in every answer and in both forms. */
@Timeout(60)
class ContainerImageNamesTest {
  @TempDir private Path directory;
  private TestNode node;
  private String pod;
  private String container;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
    pod = node.runPod("one");
    container = node.create(pod, "main");
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  @Test
  void imageIsShownByItsTagItsDigestAndItsId() throws Exception {
    assertShown(FakeImages.NAME, FakeImages.DIGEST);
  }

  @Test
  void imageThatGetsOtherNamesIsShownByThem() throws Exception {
    assertShown(FakeImages.NAME, FakeImages.DIGEST);
    node.images.names =
        new Names(List.of("example.org/other:2"), "example.org/other@" + FakeImages.ID);
    assertShown("example.org/other:2", "example.org/other@" + FakeImages.ID);
  }

  @Test
  void imageWithSeveralTagsIsShownByTheOneThatWasAskedFor() throws Exception {
    node.images.names = new Names(List.of("example.org/a:1", FakeImages.NAME), FakeImages.DIGEST);
    assertShown(FakeImages.NAME, FakeImages.DIGEST);
  }

  @Test
  void imageWithoutNamesIsShownAsItWasAskedForAndByItsId() throws Exception {
    node.images.names = Names.NONE;
    assertShown(FakeImages.NAME, FakeImages.ID);
  }

  private void assertShown(String image, String imageRef) throws Exception {
    for (ContainerStatus each : statuses()) {
      assertThat(each.getImage().getImage()).isEqualTo(image);
      assertThat(each.getImageRef()).isEqualTo(imageRef);
      assertThat(each.getImageId()).isEqualTo(FakeImages.ID);
    }
    ListContainersRequest request = ListContainersRequest.getDefaultInstance();
    ListContainersResponse encoded =
        ListContainersResponse.parseFrom(node.listContainers.encoded(request).toByteArray());
    assertThat(encoded).isEqualTo(node.listContainers.call(request));
    Container listed = encoded.getContainers(0);
    assertThat(listed.getImage().getImage()).isEqualTo(image);
    assertThat(listed.getImageRef()).isEqualTo(imageRef);
    assertThat(listed.getImageId()).isEqualTo(FakeImages.ID);
  }

  private List<ContainerStatus> statuses() throws Exception {
    ContainerStatusRequest ofContainer =
        ContainerStatusRequest.newBuilder().setContainerId(container).build();
    PodSandboxStatusRequest ofPod =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).build();
    return List.of(
        node.containerStatus.call(ofContainer).getStatus(),
        ContainerStatusResponse.parseFrom(node.containerStatus.encoded(ofContainer).toByteArray())
            .getStatus(),
        node.podSandboxStatus.call(ofPod).getContainersStatuses(0),
        PodSandboxStatusResponse.parseFrom(node.podSandboxStatus.encoded(ofPod).toByteArray())
            .getContainersStatuses(0));
  }
}
