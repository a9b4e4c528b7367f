package io.jukung.runtime.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import io.jukung.nri.v1alpha1.ConfigureRequest;
import io.jukung.nri.v1alpha1.ConfigureResponse;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerEviction;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.RunPodSandboxRequest;
import io.jukung.nri.v1alpha1.StateChangeEvent;
import io.jukung.nri.v1alpha1.UpdateContainersRequest;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.nri.ttrpc.TtrpcException;
import io.jukung.runtime.store.StatePaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginConnectionsTest {
  private static final PodSandbox POD = PodSandbox.newBuilder().setId("p1").build();
  private static final Message RUN = RunPodSandboxRequest.newBuilder().setPod(POD).build();

  @TempDir Path directory;
  private final List<PodSandbox> pods = new CopyOnWriteArrayList<>();
  private final List<Container> containers = new CopyOnWriteArrayList<>();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private NriPlugins plugins;
  private PluginConnections connections;

  private final class FakeNode implements NriPlugins.Node {
    @Override
    public List<PodSandbox> pods() {
      return List.copyOf(pods);
    }

    @Override
    public List<Container> containers() {
      return List.copyOf(containers);
    }

    @Override
    public void update(ContainerUpdate update, String plugin) {
      if (update.getContainerId().equals("refused")) {
        throw CriException.failedPrecondition("it has exited");
      }
      done.add("update " + update.getContainerId() + " by " + plugin);
    }

    @Override
    public void evict(ContainerEviction eviction, String plugin) {
      done.add("evict " + eviction.getContainerId() + " by " + plugin);
    }
  }

  @BeforeEach
  void start() throws Exception {
    start(Duration.ofMillis(500), Duration.ofSeconds(60));
  }

  private void start(Duration requestTimeout, Duration registrationTimeout) throws Exception {
    close();
    Config.Nri settings =
        new Config.Nri(
            true,
            socket(),
            true,
            directory.resolve("plugins"),
            directory.resolve("conf.d"),
            registrationTimeout,
            requestTimeout);
    plugins = new NriPlugins(new SyncGate(TestPlugin.LONG), registrationTimeout, new FakeNode());
    StatePaths paths = new StatePaths(directory.resolve("lib"), directory.resolve("run"));
    StatePaths.createPrivate(Files.createDirectories(directory.resolve("run")).resolve("x"));
    connections = new PluginConnections(settings, paths, plugins);
    connections.start();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    open.clear();
    if (connections != null) {
      connections.close();
      plugins.close();
    }
  }

  private Path socket() {
    return directory.resolve("nri/nri.sock");
  }

  private TestPlugin plugin() throws Exception {
    TestPlugin plugin = new TestPlugin(socket());
    open.add(plugin);
    return plugin;
  }

  private TestPlugin joined(String index, String name) throws Exception {
    int before = number();
    TestPlugin plugin = plugin();
    plugin.register(index, name);
    await(() -> number() == before + 1);
    return plugin;
  }

  private int number() {
    List<NriPlugin> seen = new ArrayList<>();
    plugins.each("count", seen::add);
    return seen.size();
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TestPlugin.LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the deadline").isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private void run() {
    plugins.each(
        "RunPodSandbox of p1",
        each -> each.notify(PluginEvent.RUN_POD_SANDBOX, RUN, POD, Container.getDefaultInstance()));
  }

  @Test
  void onlyRootMayConnect() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("nri"))))
        .isEqualTo("rwx------");
  }

  @Test
  void pluginIsConfiguredAndToldWhatThereIsAndThenAskedInOrder() throws Exception {
    pods.add(POD);
    containers.add(Container.newBuilder().setId("c1").build());
    TestPlugin second = joined("20", "second");
    TestPlugin first = joined("10", "first");
    List<String> order = new CopyOnWriteArrayList<>();
    first.answers.put(
        "RunPodSandbox",
        _ -> {
          order.add("first");
          return POD;
        });
    second.answers.put(
        "RunPodSandbox",
        _ -> {
          order.add("second");
          return POD;
        });
    run();

    assertThat(order).containsExactly("first", "second");
    assertThat(first.calls).containsExactly("Configure", "Synchronize", "RunPodSandbox");
    assertThat(first.synchronizations).hasSize(1);
    assertThat(first.synchronizations.getFirst().getPodsList()).containsExactly(POD);
    assertThat(first.synchronizations.getFirst().getContainers(0).getId()).isEqualTo("c1");
  }

  @Test
  void listThatIsTooLongForAMessageComesInSeveral() throws Exception {
    for (int i = 0; i < 9; i++) {
      containers.add(Container.newBuilder().setId("c" + i).addArgs("x".repeat(1 << 20)).build());
    }
    TestPlugin plugin = joined("10", "many");

    assertThat(plugin.synchronizations.size()).isGreaterThan(1);
    assertThat(plugin.synchronizations.stream().mapToInt(each -> each.getContainersCount()).sum())
        .isEqualTo(9);
    assertThat(plugin.synchronizations.getLast().getMore()).isFalse();
  }

  @Test
  void pluginGetsOnlyWhatItHasSubscribedTo() throws Exception {
    TestPlugin plugin = plugin();
    plugin.answers.put("Configure", _ -> ConfigureResponse.newBuilder().setEvents(1 << 1).build());
    plugin.register("10", "stops");
    await(() -> number() == 1);
    run();

    assertThat(plugin.calls).doesNotContain("RunPodSandbox");
  }

  @Test
  void configurationTellsTheTimeoutsAndTheRuntime() throws Exception {
    TestPlugin plugin = plugin();
    List<ConfigureRequest> seen = new CopyOnWriteArrayList<>();
    plugin.answers.put(
        "Configure",
        request -> {
          seen.add(ConfigureRequest.parseFrom(request));
          return ConfigureResponse.getDefaultInstance();
        });
    plugin.register("10", "x");
    await(() -> number() == 1);

    assertThat(seen.getFirst().getRuntimeName()).isEqualTo("jukung");
    assertThat(seen.getFirst().getRequestTimeout()).isEqualTo(500);
    assertThat(seen.getFirst().getRegistrationTimeout()).isEqualTo(60_000);
  }

  @Test
  void wrongNamesAndUnknownEventsAreRefused() throws Exception {
    for (String index : List.of("", "1", "1x", "100")) {
      TestPlugin plugin = plugin();
      assertThatThrownBy(() -> plugin.register(index, "name"))
          .isInstanceOf(TtrpcException.class)
          .hasMessageContaining("not two digits");
    }
    TestPlugin named = plugin();
    assertThatThrownBy(() -> named.register("10", "a/b")).hasMessageContaining("not made of");
    TestPlugin greedy = plugin();
    greedy.answers.put("Configure", _ -> ConfigureResponse.newBuilder().setEvents(1 << 20).build());
    greedy.register("10", "greedy");
    await(greedy::isDisconnected);
    assertThat(number()).isZero();
  }

  @Test
  void errorOfAPluginEndsTheStepAndNotThePlugin() throws Exception {
    TestPlugin plugin = joined("10", "refuses");
    plugin.answers.put(
        "RunPodSandbox",
        _ -> {
          throw new TtrpcException(TtrpcException.UNKNOWN, "no such class");
        });

    assertThatThrownBy(this::run)
        .isInstanceOf(CriException.class)
        .hasMessage("NRI plugin 10-refuses refuses RunPodSandbox of p1: no such class");
    plugin.answers.remove("RunPodSandbox");
    run();
    assertThat(number()).isEqualTo(1);
  }

  @Test
  void pluginThatHangsIsDisconnectedAndTheStepGoesOn() throws Exception {
    TestPlugin hangs = joined("10", "hangs");
    TestPlugin works = joined("20", "works");
    CountDownLatch release = new CountDownLatch(1);
    hangs.answers.put(
        "RunPodSandbox",
        _ -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return POD;
        });
    run();
    release.countDown();

    assertThat(works.calls).contains("RunPodSandbox");
    await(hangs::isDisconnected);
    assertThat(number()).isEqualTo(1);
  }

  @Test
  void pluginThatDiesIsForgottenAndTheStepGoesOn() throws Exception {
    TestPlugin dies = joined("10", "dies");
    TestPlugin works = joined("20", "works");
    dies.answers.put(
        "RunPodSandbox",
        _ -> {
          dies.close();
          return POD;
        });
    run();

    assertThat(works.calls).contains("RunPodSandbox");
    await(() -> number() == 1);
  }

  @Test
  void answerThatIsNoMessageEndsTheConnection() throws Exception {
    TestPlugin lies = joined("10", "lies");
    lies.answers.put(
        "CreateContainer",
        _ ->
            // Field 1 of the answer is a message; this one has a text that no message is.
            io.jukung.nri.v1alpha1.KeyValue.newBuilder().setKey("\u0007nonsense").build());
    plugins.each(
        "CreateContainer",
        each ->
            assertThat(
                    each.tell(
                        PluginEvent.CREATE_CONTAINER,
                        RUN,
                        io.jukung.nri.v1alpha1.CreateContainerResponse.parser()))
                .isEmpty());

    await(lies::isDisconnected);
  }

  @Test
  void pluginThatDoesNotTakeInWhatThereIsDoesNotJoinAndDelaysTheNextOne() throws Exception {
    start(Duration.ofMillis(500), Duration.ofMillis(300));
    TestPlugin hangs = plugin();
    CountDownLatch release = new CountDownLatch(1);
    hangs.answers.put(
        "Synchronize",
        _ -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return POD;
        });
    hangs.register("10", "hangs");
    await(hangs::isDisconnected);
    release.countDown();
    TestPlugin next = plugin();
    next.register("10", "next");
    await(next::isDisconnected);

    assertThat(number()).isZero();
  }

  @Test
  void connectionThatDoesNotRegisterIsClosed() throws Exception {
    start(Duration.ofMillis(500), Duration.ofMillis(300));
    TestPlugin silent = plugin();

    await(silent::isDisconnected);
  }

  @Test
  void pluginOfAnOlderReleaseIsToldByStateChange() throws Exception {
    TestPlugin old = joined("10", "old");
    List<StateChangeEvent> changes = new CopyOnWriteArrayList<>();
    old.answers.put(
        "RunPodSandbox",
        _ -> {
          throw new TtrpcException(TtrpcException.UNIMPLEMENTED, "no method");
        });
    old.answers.put(
        "StateChange",
        request -> {
          changes.add(StateChangeEvent.parseFrom(request));
          return POD;
        });
    run();

    assertThat(changes)
        .singleElement()
        .satisfies(each -> assertThat(each.getPod().getId()).isEqualTo("p1"));
  }

  @Test
  void pluginUpdatesAndEvictsContainersOnItsOwn() throws Exception {
    TestPlugin plugin = joined("10", "acts");
    UpdateContainersRequest request =
        UpdateContainersRequest.newBuilder()
            .addUpdate(ContainerUpdate.newBuilder().setContainerId("c1"))
            .addUpdate(ContainerUpdate.newBuilder().setContainerId("refused"))
            .addEvict(ContainerEviction.newBuilder().setContainerId("c2"))
            .build();
    await(
        () -> {
          try {
            // The answer is read as Empty; the failed update is among its unknown fields.
            return plugin.call("UpdateContainers", request).getSerializedSize() > 0;
          } catch (TtrpcException e) {
            return false; // it has not joined yet
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });

    assertThat(done).contains("update c1 by 10-acts", "evict c2 by 10-acts");
  }

  @Test
  void secondDaemonIsRefusedTheSocketAndALeftFileIsReplaced() throws Exception {
    assertThatThrownBy(() -> PluginSocket.listen(socket(), _ -> {}))
        .hasMessageContaining("in use by another process");
    Path left = directory.resolve("left.sock");
    PluginSocket.bind(left).close();
    assertThat(left).exists();
    PluginSocket.listen(left, _ -> {}).close();
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThatThrownBy(() -> PluginSocket.listen(file, _ -> {}))
        .hasMessageContaining("is not a socket");
  }

  @Test
  void installedPluginsAreFoundByNameWithTheirConfiguration() throws Exception {
    Path installed = Files.createDirectories(directory.resolve("plugins"));
    Path configurations = Files.createDirectories(directory.resolve("conf.d"));
    for (String name : List.of("20-late", "10-early", "noname")) {
      Files.setPosixFilePermissions(
          Files.writeString(installed.resolve(name), "#!/bin/false\n"),
          PosixFilePermissions.fromString("rwx------"));
    }
    Files.writeString(installed.resolve("30-not-executable"), "");
    Files.writeString(configurations.resolve("10-early.conf"), "own");
    Files.writeString(configurations.resolve("early.conf"), "general");
    Files.writeString(configurations.resolve("late.conf"), "general");
    Config.Nri settings =
        new Config.Nri(
            true,
            socket(),
            false,
            installed,
            configurations,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));

    assertThat(new InstalledPlugins(settings, directory.resolve("run/nri")).find())
        .extracting(each -> each.name() + " " + each.configuration())
        .containsExactly("10-early own", "20-late general");
  }
}
