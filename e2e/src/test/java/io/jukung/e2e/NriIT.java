package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NriClient;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerAdjustment;
import io.jukung.nri.v1alpha1.ContainerEviction;
import io.jukung.nri.v1alpha1.CreateContainerRequest;
import io.jukung.nri.v1alpha1.CreateContainerResponse;
import io.jukung.nri.v1alpha1.Empty;
import io.jukung.nri.v1alpha1.Hook;
import io.jukung.nri.v1alpha1.Hooks;
import io.jukung.nri.v1alpha1.KeyValue;
import io.jukung.nri.v1alpha1.LinuxContainerAdjustment;
import io.jukung.nri.v1alpha1.LinuxDevice;
import io.jukung.nri.v1alpha1.Mount;
import io.jukung.nri.v1alpha1.OptionalInt;
import io.jukung.nri.v1alpha1.POSIXRlimit;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.UpdateContainersRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Plugins of the Node Resource Interface: what they are told, and what they may change. */
@ExtendWith(Testbed.Extension.class)
class NriIT {
  private static final long BOUND_SECONDS = 60;

  private static Path directory;
  private static Testbed testbed;
  private NriClient plugin;

  @BeforeAll
  static void start() throws Exception {
    directory = Files.createTempDirectory("jukung-nri");
    testbed =
        Testbed.start(
            Map.of(),
            """
            [nri]
            enable = true
            socket = "%s"
            plugin_dir = "%s"
            plugin_config_dir = "%s"
            """
                .formatted(socket(), directory.resolve("plugins"), directory.resolve("conf.d")));
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
    try (var files = Files.walk(directory)) {
      for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @BeforeEach
  void join() throws Exception {
    plugin = NriClient.join(socket(), "10", "test");
  }

  @AfterEach
  void leave() throws Exception {
    plugin.close();
    testbed.removeAllPods();
  }

  private static Path socket() {
    return directory.resolve("run/nri.sock");
  }

  private void adjust(ContainerAdjustment.Builder adjustment) {
    plugin.answer(
        "CreateContainer", _ -> CreateContainerResponse.newBuilder().setAdjust(adjustment).build());
  }

  private static KeyValue variable(String key, String value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  /** What a container that the plugin adjusts prints. */
  private static List<String> output(Pod pod, String script) throws Exception {
    testbed.awaitExited(testbed.runShell(pod, "adjusted", script));
    return logged(pod, "adjusted");
  }

  @Test
  void lifeOfAPodAndItsContainersIsToldInOrder() throws Exception {
    Pod pod = testbed.runPod("told", NamespaceMode.POD);
    String ends = testbed.runShell(pod, "ends", "exit 3");
    testbed.awaitExited(ends);
    String stopped = testbed.runContainer(pod, "stopped", List.of("sleep", "1000"));
    Await.until("the end is told", () -> plugin.methods(ends).contains("StopContainer"));
    testbed.stopContainer(stopped, 0);
    testbed.removePod(pod);

    assertThat(plugin.methods(pod.id()))
        .containsExactly("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox");
    for (String container : List.of(ends, stopped)) {
      assertThat(plugin.methods(container))
          .containsExactly(
              "CreateContainer",
              "ValidateContainerAdjustment",
              "PostCreateContainer",
              "StartContainer",
              "PostStartContainer",
              "StopContainer",
              "RemoveContainer");
    }
  }

  @Test
  void pluginSeesWhatTheContainerIs() throws Exception {
    CompletableFuture<CreateContainerRequest> seen = new CompletableFuture<>();
    plugin.answer(
        "CreateContainer",
        request -> {
          seen.complete(CreateContainerRequest.parseFrom(request));
          return CreateContainerResponse.getDefaultInstance();
        });
    Pod pod = testbed.runPod("seen", NamespaceMode.POD);
    String id =
        testbed.createContainer(
            pod,
            Requests.container(pod.config(), "seen", testbed.busybox(), List.of("sleep", "1000"))
                .putLabels("a", "b")
                .build());
    CreateContainerRequest request = seen.get(BOUND_SECONDS, TimeUnit.SECONDS);

    assertThat(request.getPod().getId()).isEqualTo(pod.id());
    assertThat(request.getPod().getName()).isEqualTo(pod.config().getMetadata().getName());
    assertThat(request.getPod().getIpsList())
        .containsExactly(testbed.podStatus(pod.id()).getNetwork().getIp());
    Container container = request.getContainer();
    assertThat(container.getId()).isEqualTo(id);
    assertThat(container.getName()).isEqualTo("seen");
    assertThat(container.getArgsList()).containsExactly("sleep", "1000");
    assertThat(container.getLabelsMap()).containsEntry("a", "b");
    assertThat(container.getMountsList()).extracting(Mount::getDestination).contains("/proc");
    assertThat(container.getLinux().getCgroupsPath()).endsWith(id);
  }

  @Test
  void adjustmentsReachTheContainersProcess() throws Exception {
    Path volume = Files.createDirectories(directory.resolve("volume"));
    Files.writeString(volume.resolve("file"), "from the plugin\n");
    adjust(
        ContainerAdjustment.newBuilder()
            .addEnv(variable("FROM_PLUGIN", "yes"))
            .addEnv(variable("-HOME", ""))
            .addMounts(
                Mount.newBuilder()
                    .setDestination("/mnt/plugin")
                    .setType("bind")
                    .setSource(volume.toString())
                    .addOptions("rbind")
                    .addOptions("ro"))
            .addRlimits(POSIXRlimit.newBuilder().setType("RLIMIT_NOFILE").setHard(99).setSoft(77))
            .setLinux(
                LinuxContainerAdjustment.newBuilder()
                    .setOomScoreAdj(OptionalInt.newBuilder().setValue(321))
                    .addDevices(
                        LinuxDevice.newBuilder()
                            .setPath("/dev/plugin")
                            .setType("c")
                            .setMajor(1)
                            .setMinor(3))));
    Pod pod = testbed.runPod("adjusted", NamespaceMode.POD);

    assertThat(
            output(
                pod,
                "echo $FROM_PLUGIN ${HOME-none}; cat /mnt/plugin/file; touch /mnt/plugin/x; ulimit"
                    + " -Sn; cat /proc/self/oom_score_adj; echo x >/dev/plugin && echo usable"))
        .containsSubsequence("yes none", "from the plugin", "77", "321", "usable");
    assertThat(volume.resolve("x")).doesNotExist();
  }

  @Test
  void pluginReplacesTheCommand() throws Exception {
    adjust(ContainerAdjustment.newBuilder().addArgs("echo").addArgs("instead"));
    Pod pod = testbed.runPod("command", NamespaceMode.POD);

    assertThat(output(pod, "echo original")).containsExactly("instead");
  }

  @Test
  void whatCannotBeAppliedFailsTheCreationByTheNameOfTheField() throws Exception {
    adjust(
        ContainerAdjustment.newBuilder()
            .setHooks(Hooks.newBuilder().addPoststart(Hook.newBuilder().setPath("/bin/true"))));
    Pod pod = testbed.runPod("hooks", NamespaceMode.POD);

    assertThat(failure(() -> testbed.runShell(pod, "c", "true")).getDescription())
        .contains("10-test", "hooks.poststart");
    assertThat(testbed.containers()).isEmpty();
    adjust(
        ContainerAdjustment.newBuilder()
            .addMounts(
                Mount.newBuilder().setDestination("/proc/sys").setType("tmpfs").setSource("x")));
    assertThat(failure(() -> testbed.runShell(pod, "c", "true")).getDescription())
        .contains("/proc/sys");
  }

  @Test
  void twoPluginsThatSetTheSameFailTheCreationAndBothLearnOfIt() throws Exception {
    adjust(ContainerAdjustment.newBuilder().addEnv(variable("X", "1")));
    try (NriClient other = NriClient.join(socket(), "20", "other")) {
      other.answer(
          "CreateContainer",
          _ ->
              CreateContainerResponse.newBuilder()
                  .setAdjust(ContainerAdjustment.newBuilder().addEnv(variable("X", "2")))
                  .build());
      Pod pod = testbed.runPod("conflict", NamespaceMode.POD);

      assertThat(failure(() -> testbed.runShell(pod, "c", "true")).getDescription())
          .contains("10-test", "20-other", "env X");
      String id = plugin.calls().getLast().id();
      assertThat(plugin.methods(id))
          .containsExactly("CreateContainer", "StopContainer", "RemoveContainer");
      assertThat(other.methods(id))
          .containsExactly("CreateContainer", "StopContainer", "RemoveContainer");
    }
  }

  @Test
  void podThatAPluginRefusesLeavesNothingAndCanBeTriedAgain() throws Exception {
    plugin.answer(
        "RunPodSandbox",
        _ -> {
          throw new IllegalStateException("not today");
        });
    assertThat(failure(() -> testbed.runPod("refused", NamespaceMode.POD)).getDescription())
        .contains("not today");
    assertThat(testbed.pods()).isEmpty();
    plugin.answer("RunPodSandbox", _ -> Empty.getDefaultInstance());

    assertThat(testbed.runPod("refused", NamespaceMode.POD).id()).isNotEmpty();
  }

  @Test
  void pluginThatHangsIsDisconnectedAndPodsGoOn() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    plugin.answer(
        "StartContainer",
        _ -> {
          release.await();
          return Empty.getDefaultInstance();
        });
    Pod pod = testbed.runPod("hung", NamespaceMode.POD);
    String id = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    release.countDown();

    assertThat(testbed.status(id).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    plugin.ended().get(BOUND_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void bytesThatAreNoProtocolEndOnlyTheirConnection() throws Exception {
    for (long seed = 0; seed < 20; seed++) {
      byte[] bytes = new byte[2000];
      new Random(seed).nextBytes(bytes);
      try (NriClient hostile = NriClient.connect(socket())) {
        hostile.sendRaw(bytes);
        hostile.ended().get(BOUND_SECONDS, TimeUnit.SECONDS);
      }
    }
    Pod pod = testbed.runPod("survives", NamespaceMode.POD);

    assertThat(plugin.methods(pod.id())).containsExactly("RunPodSandbox");
  }

  @Test
  void latePluginLearnsOfEveryContainerOnce() throws Exception {
    Pod pod = testbed.runPod("late", NamespaceMode.POD);
    String before = testbed.runContainer(pod, "before", List.of("sleep", "1000"));
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CompletableFuture<io.jukung.nri.v1alpha1.SynchronizeRequest> told = new CompletableFuture<>();
    try (NriClient late = NriClient.connect(socket())) {
      late.answer(
          "Synchronize",
          request -> {
            told.complete(io.jukung.nri.v1alpha1.SynchronizeRequest.parseFrom(request));
            reached.countDown();
            release.await();
            return io.jukung.nri.v1alpha1.SynchronizeResponse.getDefaultInstance();
          });
      late.register("20", "late");
      assertThat(reached.await(BOUND_SECONDS, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<String> during = new CompletableFuture<>();
      Thread.ofPlatform()
          .start(
              () -> during.complete(testbed.runContainer(pod, "during", List.of("sleep", "1000"))));
      release.countDown();
      String second = during.get(BOUND_SECONDS, TimeUnit.SECONDS);
      List<String> synchronized_ =
          told.join().getContainersList().stream().map(Container::getId).toList();

      assertThat(told.join().getPodsList()).extracting(PodSandbox::getId).contains(pod.id());
      assertThat(synchronized_).contains(before).doesNotContain(second);
      assertThat(late.methods(second)).contains("CreateContainer");
      assertThat(late.methods(before)).isEmpty();
    }
  }

  @Test
  void pluginEvictsAContainerOnItsOwn() throws Exception {
    Pod pod = testbed.runPod("evicted", NamespaceMode.POD);
    String id = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    UpdateContainersRequest eviction =
        UpdateContainersRequest.newBuilder()
            .addEvict(ContainerEviction.newBuilder().setContainerId(id).setReason("test"))
            .build();
    // The plugin joins a moment after it was synchronized.
    Await.until(
        "the container is evicted",
        () -> {
          try {
            plugin.call("UpdateContainers", eviction);
          } catch (java.io.IOException e) {
            assertThat(e).hasMessageContaining("not joined");
          }
          return testbed.status(id).getState() == ContainerState.CONTAINER_EXITED;
        });
  }

  @Test
  void podsOfADaemonThatWasKilledAreToldToPluginsOfTheNextOne() throws Exception {
    Pod pod = testbed.runPod("kept", NamespaceMode.POD);
    String id = testbed.runContainer(pod, "c", List.of("sleep", "1000"));
    testbed.killAndRestartDaemon();
    plugin.ended().get(BOUND_SECONDS, TimeUnit.SECONDS);
    plugin = NriClient.join(socket(), "10", "again");

    assertThat(plugin.synchronization().getPodsList())
        .extracting(PodSandbox::getId)
        .containsExactly(pod.id());
    assertThat(plugin.synchronization().getContainersList())
        .extracting(Container::getId)
        .containsExactly(id);
  }

  @Test
  void installedPluginIsStartedWithItsConnectionAndEndsWithTheDaemon() throws Exception {
    Path installed = Files.createDirectories(directory.resolve("plugins"));
    Path trace = directory.resolve("trace");
    Path script = installed.resolve("05-installed");
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo "$NRI_PLUGIN_IDX $NRI_PLUGIN_NAME $(/bin/readlink /proc/self/fd/$NRI_PLUGIN_SOCKET)" >%s
        """
            .formatted(trace));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    try {
      testbed.killAndRestartDaemon();
      Await.until("the plugin has run", () -> Files.exists(trace) && Files.size(trace) > 0);
      assertThat(Files.readString(trace)).startsWith("05 installed socket:[");
    } finally {
      Files.delete(script);
      testbed.killAndRestartDaemon();
    }
  }

  @Test
  void daemonWithoutNriLoadsNoneOfItsClasses(Testbed plain) throws Exception {
    String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
    String pid = Long.toString(plain.daemon().pid());
    try {
      assertThat(plain.node().run(jcmd, pid, "VM.class_hierarchy").orThrow())
          .contains("io.jukung.runtime.server.PodParts")
          .doesNotContain("io.jukung.runtime.nri.")
          .doesNotContain("io.jukung.nri.");
    } finally {
      plain.killAndRestartDaemon(); // a JVM keeps the socket on which it has answered jcmd
    }
    String own = Long.toString(testbed.daemon().pid());
    assertThat(testbed.node().run(jcmd, own, "VM.class_hierarchy").orThrow())
        .contains("io.jukung.runtime.nri.Nri");
    testbed.killAndRestartDaemon();
    plugin.close();
  }

  @Test
  void stopOfAContainerIsNotHeldUpByAPluginThatFails() throws Exception {
    plugin.answer(
        "StopContainer",
        _ -> {
          throw new IllegalStateException("broken");
        });
    Pod pod = testbed.runPod("stops", NamespaceMode.POD);
    ContainerConfig config =
        Requests.container(pod.config(), "c", testbed.busybox(), List.of("sleep", "1000")).build();
    String id = testbed.runContainer(pod, config);
    testbed.stopContainer(id, 0);
    testbed.removePod(pod);

    assertThat(plugin.methods(id)).contains("RemoveContainer");
  }
}
