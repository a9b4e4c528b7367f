package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStateValue;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.ContainerStatusResponse;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListContainersResponse;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.ListPodSandboxResponse;
import io.jukung.cri.v1.PodSandboxFilter;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStateValue;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PodSandboxStatusResponse;
import io.jukung.cri.v1.UpdateContainerResourcesRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The answers that are put together from prepared bytes say what the messages say. */
@Timeout(60)
class EncodedAnswersTest {
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
  void everyFilterOfSandboxesGivesTheSameInBothForms() throws Exception {
    String one = node.runPod("one");
    node.runPod("two");
    String stopped = node.runPod("stopped");
    node.stopPod(stopped);
    List<PodSandboxFilter> filters = new ArrayList<>();
    filters.add(PodSandboxFilter.getDefaultInstance());
    filters.add(PodSandboxFilter.newBuilder().setId(one).build());
    filters.add(PodSandboxFilter.newBuilder().setId(one.substring(0, 13)).build());
    filters.add(PodSandboxFilter.newBuilder().setId("none").build());
    filters.add(PodSandboxFilter.newBuilder().putLabelSelector("app", "two").build());
    filters.add(PodSandboxFilter.newBuilder().putLabelSelector("app", "three").build());
    for (PodSandboxState state :
        List.of(PodSandboxState.SANDBOX_READY, PodSandboxState.SANDBOX_NOTREADY)) {
      filters.add(
          PodSandboxFilter.newBuilder()
              .setState(PodSandboxStateValue.newBuilder().setState(state))
              .build());
    }
    List<Integer> sizes = new ArrayList<>();
    for (PodSandboxFilter filter : filters) {
      ListPodSandboxRequest request = ListPodSandboxRequest.newBuilder().setFilter(filter).build();
      ListPodSandboxResponse expected = node.listPodSandbox.call(request);
      for (int time = 0; time < 2; time++) {
        assertThat(
                ListPodSandboxResponse.parseFrom(
                    node.listPodSandbox.encoded(request).toByteArray()))
            .isEqualTo(expected);
      }
      sizes.add(expected.getItemsCount());
    }
    assertThat(sizes).containsExactly(3, 1, 1, 0, 1, 0, 2, 1);
  }

  @Test
  void everyFilterOfContainersGivesTheSameInBothForms() throws Exception {
    String pod = node.runPod("one");
    String other = node.runPod("two");
    String running = node.start(pod, "running");
    node.create(pod, "created");
    node.start(other, "web");
    List<ContainerFilter> filters = new ArrayList<>();
    filters.add(ContainerFilter.getDefaultInstance());
    filters.add(ContainerFilter.newBuilder().setId(running).build());
    filters.add(ContainerFilter.newBuilder().setPodSandboxId(pod).build());
    filters.add(ContainerFilter.newBuilder().setPodSandboxId("none").build());
    filters.add(ContainerFilter.newBuilder().putLabelSelector("app", "web").build());
    for (ContainerState state :
        List.of(ContainerState.CONTAINER_CREATED, ContainerState.CONTAINER_RUNNING)) {
      filters.add(
          ContainerFilter.newBuilder()
              .setState(ContainerStateValue.newBuilder().setState(state))
              .build());
    }
    List<Integer> sizes = new ArrayList<>();
    for (ContainerFilter filter : filters) {
      ListContainersRequest request = ListContainersRequest.newBuilder().setFilter(filter).build();
      ListContainersResponse expected = node.listContainers.call(request);
      for (int time = 0; time < 2; time++) {
        assertThat(
                ListContainersResponse.parseFrom(
                    node.listContainers.encoded(request).toByteArray()))
            .isEqualTo(expected);
      }
      sizes.add(expected.getContainersCount());
    }
    assertThat(sizes).containsExactly(3, 1, 2, 0, 1, 1, 2);
  }

  @Test
  void statusIsTheSameInBothForms() throws Exception {
    String pod = node.runPod("one");
    String container = node.start(pod, "app");
    node.create(pod, "created");
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(container.substring(0, 12)).build();
    assertThat(
            ContainerStatusResponse.parseFrom(node.containerStatus.encoded(request).toByteArray()))
        .isEqualTo(node.containerStatus.call(request));
    PodSandboxStatusRequest podRequest =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).build();
    PodSandboxStatusResponse first = podStatus(podRequest);
    PodSandboxStatusResponse message = node.podSandboxStatus.call(podRequest);
    PodSandboxStatusResponse last = podStatus(podRequest);
    assertThat(first.toBuilder().clearTimestamp().build())
        .isEqualTo(message.toBuilder().clearTimestamp().build());
    assertThat(message.getTimestamp()).isBetween(first.getTimestamp() + 1, last.getTimestamp() - 1);
  }

  @Test
  void unknownObjectIsNotFound() {
    assertThatThrownBy(
            () ->
                node.containerStatus.encoded(
                    ContainerStatusRequest.newBuilder().setContainerId("fade").build()))
        .isInstanceOf(CriException.class)
        .hasMessage("there is no container fade");
    assertThatThrownBy(
            () -> podStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId("fade").build()))
        .isInstanceOf(CriException.class)
        .hasMessage("there is no sandbox fade");
  }

  @Test
  void answersShowEachChangeThatHasReturned() throws Exception {
    String pod = node.runPod("one");
    String container = node.create(pod, "app");
    assertThat(status(container).getStatus().getState())
        .isEqualTo(ContainerState.CONTAINER_CREATED);
    node.start(container);
    assertThat(status(container).getStatus().getState())
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(listed().getContainers(0).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    node.updateContainerResources.call(
        UpdateContainerResourcesRequest.newBuilder()
            .setContainerId(container)
            .setLinux(LinuxContainerResources.newBuilder().setOomScoreAdj(77))
            .build());
    assertThat(status(container).getStatus().getResources().getLinux().getOomScoreAdj())
        .isEqualTo(
            node.containerStatus
                .call(request(container))
                .getStatus()
                .getResources()
                .getLinux()
                .getOomScoreAdj());
    node.stop(container, 0);
    assertThat(status(container).getStatus().getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    node.remove(container);
    assertThat(listed().getContainersCount()).isZero();
    node.stopPod(pod);
    assertThat(
            podStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).build())
                .getStatus()
                .getState())
        .isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
  }

  @Test
  void listsThatAreAskedForDuringChangesNeverShowAnOlderState() throws Exception {
    String pod = node.runPod("one");
    AtomicBoolean isDone = new AtomicBoolean();
    CompletableFuture<Integer> reader =
        CompletableFuture.supplyAsync(
            () -> {
              int lists = 0;
              while (!isDone.get()) {
                listed();
                lists++;
              }
              return lists;
            });
    for (int i = 0; i < 20; i++) {
      String container = node.create(pod, "app" + i);
      assertThat(stateInList(container)).isEqualTo(ContainerState.CONTAINER_CREATED);
      node.start(container);
      assertThat(stateInList(container)).isEqualTo(ContainerState.CONTAINER_RUNNING);
      node.stop(container, 0);
      assertThat(stateInList(container)).isEqualTo(ContainerState.CONTAINER_EXITED);
    }
    isDone.set(true);
    assertThat(reader.get(30, TimeUnit.SECONDS)).isPositive();
  }

  private ContainerState stateInList(String container) {
    return listed().getContainersList().stream()
        .filter(each -> each.getId().equals(container))
        .findFirst()
        .orElseThrow()
        .getState();
  }

  private ListContainersResponse listed() {
    try {
      return ListContainersResponse.parseFrom(
          node.listContainers.encoded(ListContainersRequest.getDefaultInstance()).toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ContainerStatusRequest request(String container) {
    return ContainerStatusRequest.newBuilder().setContainerId(container).build();
  }

  private ContainerStatusResponse status(String container) throws Exception {
    return ContainerStatusResponse.parseFrom(
        node.containerStatus.encoded(request(container)).toByteArray());
  }

  private PodSandboxStatusResponse podStatus(PodSandboxStatusRequest request) throws Exception {
    return PodSandboxStatusResponse.parseFrom(node.podSandboxStatus.encoded(request).toByteArray());
  }
}
