package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.StreamContainersRequest;
import io.jukung.cri.v1.StreamContainersResponse;
import io.jukung.cri.v1.StreamPodSandboxesRequest;
import io.jukung.cri.v1.StreamPodSandboxesResponse;
import io.jukung.runtime.call.Chunks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamedListsTest {
  @TempDir private Path directory;
  private TestNode node;

  @BeforeEach
  void setUp() throws Exception {
    node = new TestNode(directory);
  }

  @AfterEach
  void tearDown() throws Exception {
    node.cleanUp();
  }

  @Test
  void emptyListsSendNoMessage() throws Exception {
    assertThat(sandboxes(StreamPodSandboxesRequest.getDefaultInstance())).isEmpty();
    assertThat(containers(StreamContainersRequest.getDefaultInstance())).isEmpty();
  }

  @Test
  void streamsSendWhatListsReturn() throws Exception {
    String sandbox = node.runPod("one");
    node.runPod("two");
    node.start(sandbox, "app");
    assertThat(items(sandboxes(StreamPodSandboxesRequest.getDefaultInstance())))
        .hasSize(2)
        .containsExactlyInAnyOrderElementsOf(
            node.listPodSandbox.call(ListPodSandboxRequest.getDefaultInstance()).getItemsList());
    assertThat(
            items(
                sandboxes(
                    StreamPodSandboxesRequest.newBuilder()
                        .setFilter(PodSandboxFilter.newBuilder().setId(sandbox))
                        .build())))
        .extracting(PodSandbox::getId)
        .containsExactly(sandbox);
    assertThat(containers(StreamContainersRequest.getDefaultInstance()))
        .singleElement()
        .satisfies(message -> assertThat(message.getContainersCount()).isEqualTo(1));
  }

  @Test
  void longListsAreSentInPartsWithEachItemOnce() throws Exception {
    List<PodSandbox> items = new ArrayList<>();
    String note = "x".repeat(300_000);
    for (int i = 0; i < 50; i++) {
      items.add(PodSandbox.newBuilder().setId("" + i).putAnnotations("note", note).build());
    }
    List<List<PodSandbox>> chunks = new ArrayList<>();
    Chunks.send(items, chunks::add);
    assertThat(chunks).hasSizeGreaterThan(10).noneMatch(List::isEmpty);
    assertThat(chunks).allMatch(chunk -> chunk.size() * (long) note.length() < 4 << 20);
    assertThat(chunks.stream().flatMap(List::stream)).containsExactlyElementsOf(items);
  }

  private List<StreamPodSandboxesResponse> sandboxes(StreamPodSandboxesRequest request)
      throws Exception {
    List<StreamPodSandboxesResponse> messages = new ArrayList<>();
    new StreamPodSandboxes(node.listPodSandbox::call).call(request, messages::add);
    return messages;
  }

  private List<StreamContainersResponse> containers(StreamContainersRequest request)
      throws Exception {
    List<StreamContainersResponse> messages = new ArrayList<>();
    new StreamContainers(node.listContainers::call).call(request, messages::add);
    return messages;
  }

  private static List<PodSandbox> items(List<StreamPodSandboxesResponse> messages) {
    return messages.stream().flatMap(message -> message.getPodSandboxesList().stream()).toList();
  }
}
