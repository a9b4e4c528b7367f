package io.jukung.runtime.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Volumes on a file system that never answers: a FUSE mount that no process serves. */
@Timeout(60)
class HungPathTest {
  /** More than any number of carriers that the tests' JVM has. */
  private static final int PODS = 40;

  private static final Duration BOUND = Duration.ofSeconds(15);

  @TempDir private Path directory;
  private TestNode node;
  private Path volume;
  private Fd server;
  private final List<CompletableFuture<String>> calls = new ArrayList<>();

  @BeforeEach
  void setUp() throws IOException {
    node = new TestNode(directory);
    volume = Files.createDirectory(directory.resolve("volume"));
    server = HostFile.open("/dev/fuse", OpenFlags.O_RDWR, 0);
  }

  @AfterEach
  void tearDown() throws Exception {
    unblock();
    Mounts.detach(volume);
    node.cleanUp();
  }

  private void hang() throws IOException {
    try (FilesystemContext fuse = FilesystemContext.open("fuse");
        Fd mount =
            fuse.set("fd", Integer.toString(server.number()))
                .set("rootmode", "40000")
                .set("user_id", "0")
                .set("group_id", "0")
                .mount()) {
      Mounts.attach(mount, volume);
    }
  }

  /** The kernel ends what waits for a FUSE server whose connection is closed. */
  private void unblock() {
    server.close();
    for (CompletableFuture<String> call : calls) {
      call.exceptionally(_ -> "failed").join();
    }
  }

  @Test
  void callsAreAnsweredWhileVolumesOfManyPodsDoNotAnswer() throws Exception {
    List<String> sandboxes = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      sandboxes.add(node.runPod("pod-" + i));
    }
    hang();
    for (String sandbox : sandboxes) {
      inBackground(() -> node.createContainer.call(withVolume(sandbox)).getContainerId());
    }

    assertAnswered();
    unblock();
    for (CompletableFuture<String> call : calls) {
      assertThatThrownBy(call::get).isInstanceOf(ExecutionException.class);
    }
  }

  @Test
  void callsAreAnsweredWhileContainersWhoseVolumesDoNotAnswerAreStartedAndInspected()
      throws Exception {
    List<String> containers = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      String sandbox = node.runPod("pod-" + i);
      containers.add(node.createContainer.call(withVolume(sandbox)).getContainerId());
    }
    hang();
    for (String id : containers) {
      inBackground(
          () -> {
            node.containerStatus.call(
                ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(true).build());
            return id;
          });
      inBackground(
          () -> {
            node.startContainer.call(StartContainerRequest.newBuilder().setContainerId(id).build());
            return id;
          });
    }

    assertAnswered();
  }

  @Test
  void podWhoseCreationHangsIsRemovedAndTheCreationIsUndoneWhenItEnds() throws Exception {
    Set<String> before = node.traces();
    String sandbox = node.runPod("pod");
    hang();
    inBackground(() -> node.createContainer.call(withVolume(sandbox)).getContainerId());
    Await.until("the creation has begun", () -> !node.images.leases.isEmpty());

    removeInTime(sandbox);
    unblock();
    assertThatThrownBy(calls.getFirst()::get).isInstanceOf(ExecutionException.class);
    assertThat(node.traces()).isEqualTo(before);
  }

  @Test
  void podWhoseStartHangsIsRemovedAndTheStartFailsWhenItEnds() throws Exception {
    Set<String> before = node.traces();
    String sandbox = node.runPod("pod");
    String container = node.createContainer.call(withVolume(sandbox)).getContainerId();
    hang();
    inBackground(
        () -> {
          node.start(container);
          return container;
        });
    Cgroup cgroup = node.cgroup().child(sandbox).child(container);
    Await.until("the start has begun", cgroup::exists);

    removeInTime(sandbox);
    unblock();
    assertThatThrownBy(calls.getFirst()::get).isInstanceOf(ExecutionException.class);
    assertThat(node.traces()).isEqualTo(before);
  }

  private void removeInTime(String sandbox) throws Exception {
    CompletableFuture<String> removal = new CompletableFuture<>();
    onVirtualThread(
        removal,
        () -> {
          node.stopPod(sandbox);
          node.removePod(sandbox);
          return sandbox;
        });
    assertThat(removal.get(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isEqualTo(sandbox);
  }

  private CreateContainerRequest withVolume(String sandbox) {
    CreateContainerRequest.Builder request = TestNode.container(sandbox, "app").toBuilder();
    request
        .getConfigBuilder()
        .addMounts(
            Mount.newBuilder()
                .setHostPath(volume.resolve("data").toString())
                .setContainerPath("/volume")
                .build());
    return request.build();
  }

  private void assertAnswered() throws Exception {
    CompletableFuture<String> list = new CompletableFuture<>();
    onVirtualThread(
        list,
        () ->
            node.listContainers.call(ListContainersRequest.getDefaultInstance()).toString()
                + node.runPod("healthy"));
    assertThat(list.get(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isNotEmpty();
  }

  private void inBackground(Callable<String> call) {
    CompletableFuture<String> result = new CompletableFuture<>();
    calls.add(result);
    onVirtualThread(result, call);
  }

  private static void onVirtualThread(CompletableFuture<String> result, Callable<String> call) {
    Thread.startVirtualThread(
        () -> {
          try {
            result.complete(call.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
  }
}
