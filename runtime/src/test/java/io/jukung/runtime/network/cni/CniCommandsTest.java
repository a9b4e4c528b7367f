package io.jukung.runtime.network.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.PodNetwork;
import io.jukung.runtime.network.PodNetworkRequest;
import io.jukung.runtime.network.Readiness;
import io.jukung.runtime.network.TestPlugins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CHECK, STATUS, GC and VERSION, with plugins of the test's own; nothing touches a network. */
class CniCommandsTest {
  private static final Duration BOUND = Duration.ofSeconds(30);

  @TempDir Path directory;
  private Path configurations;
  private Path cache;
  private Path namespaces;
  private TestPlugins plugins;
  private PodNetwork network;
  private Set<ProcessHandle> processes;

  @BeforeEach
  void open() throws IOException {
    processes = descendants();
    configurations = Files.createDirectory(directory.resolve("net.d"));
    cache = directory.resolve("cache");
    namespaces = directory.resolve("sandboxes");
    plugins = new TestPlugins(directory);
    network = network(Duration.ofSeconds(20));
  }

  @AfterEach
  void noProcessIsLeft() {
    await(() -> processes.containsAll(descendants()));
  }

  private static Set<ProcessHandle> descendants() {
    return ProcessHandle.current().descendants().collect(Collectors.toSet());
  }

  @Test
  void checkAsksInTheOrderOfAddWithItsResult() throws IOException {
    configure("\"cniVersion\": \"1.0.0\"", "one", "two");
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("two", "10.0.0.2/24");
    network.setUp(request("a"));
    plugins.forgetCalls();
    network.check(request("a"));
    assertThat(plugins.calls()).containsExactly("CHECK one", "CHECK two");
    assertThat(json("one", CniCommand.CHECK).path("prevResult").path("from").asText())
        .isEqualTo("two");
    assertThat(plugins.environment("one", CniCommand.CHECK))
        .contains("CNI_NETNS=" + request("a").networkNamespace(), "CNI_CONTAINERID=a");

    plugins.script("one", "echo '{\"code\": 100, \"msg\": \"eth0 is gone\"}'; exit 1");
    assertThatThrownBy(() -> network.check(request("a")))
        .hasMessage("CNI CHECK by plugin one for network test: eth0 is gone (code 100)");
    network.check(request("unknown"));
  }

  @Test
  void checkIsNotCalledForNetworksWithoutCheck() throws IOException {
    plugins.answering("one", "10.0.0.1/24");
    for (String fields :
        List.of("\"cniVersion\": \"0.3.1\"", "\"cniVersion\": \"1.0.0\", \"disableCheck\": true")) {
      configure(fields, "one");
      network.setUp(request("a"));
      plugins.forgetCalls();
      network.check(request("a"));
      assertThat(plugins.calls()).isEmpty();
    }
  }

  @Test
  void nodeIsNotReadyForTheReasonThatThePluginReports() throws IOException {
    configure("\"cniVersion\": \"1.1.0\"", "one", "two");
    plugins.answering("one", "10.0.0.1/24");
    plugins.script(
        "two",
        "[ ! -e "
            + directory
            + "/down ] || { echo '{\"code\": 50, \"msg\": \"no route to the controller\"}'; exit 1;"
            + " }");
    assertThat(network.readiness()).isEqualTo(new Readiness(true, "", ""));
    assertThat(plugins.calls()).containsExactly("STATUS one", "STATUS two");
    assertThat(network.readiness().ready()).isTrue();
    assertThat(plugins.calls()).as("asked a moment ago").hasSize(2);
    assertThat(plugins.environment("two", CniCommand.STATUS))
        .noneMatch(line -> line.matches("CNI_(CONTAINERID|NETNS|IFNAME|ARGS)=.*"));
    assertThat(json("two", CniCommand.STATUS).path("name").asText()).isEqualTo("test");

    Files.createFile(directory.resolve("down"));
    await(() -> !network.readiness().ready());
    assertThat(network.readiness())
        .isEqualTo(
            new Readiness(
                false,
                "NetworkPluginNotReady",
                "CNI STATUS by plugin two for network test: no route to the controller (code 50)"));
    Files.delete(directory.resolve("down"));
    await(() -> network.readiness().ready());
  }

  @Test
  void statusIsOnlyCalledForVersionsWithStatus() throws IOException {
    configure("\"cniVersion\": \"1.0.0\"", "one");
    plugins.script("one", "exit 1");
    assertThat(network.readiness().ready()).isTrue();
    assertThat(plugins.calls()).isEmpty();
  }

  @Test
  void readinessIsAnsweredInBoundedTimeWhileStatusHangs() throws IOException {
    configure("\"cniVersion\": \"1.1.0\"", "one");
    plugins.script("one", "trap '' TERM; sleep 1000; sleep 1000");
    PodNetwork patient = network(Duration.ofSeconds(6));
    long start = System.nanoTime();
    assertThat(patient.readiness().message())
        .isEqualTo("the plugins of network test have not answered STATUS in 3 s");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    await(() -> patient.readiness().message().contains("not done after 6000 ms, killed"));
  }

  @Test
  void readyNodeReportsTheFilesThatItSkips() throws IOException {
    configure("\"cniVersion\": \"1.0.0\"", "one");
    plugins.answering("one", "10.0.0.1/24");
    Files.writeString(configurations.resolve("05-broken.conflist"), "{\"name\":");
    assertThat(network.readiness().ready()).isTrue();
    assertThat(network.readiness().message())
        .startsWith("ignored: ")
        .contains("05-broken.conflist: not JSON");
    assertThat(network.setUp(request("a"))).containsExactly("10.0.0.1");
  }

  @Test
  void attachmentsWithoutASandboxAreGarbage() throws IOException {
    configure("\"cniVersion\": \"1.1.0\"", "one", "two");
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("two", "10.0.0.2/24");
    network.setUp(request("kept"));
    network.setUp(request("gone"));
    Path foreign = cache.resolve("results/test-foreign-eth0");
    Files.writeString(
        foreign,
        Files.readString(cache.resolve("results/test-kept-eth0"))
            .replace("\"kept\"", "\"foreign\"")
            .replace(namespaces.toString(), "/run/netns"));
    Files.writeString(cache.resolve("results/other-unreadable-eth0"), "{");
    plugins.forgetCalls();

    network.collectGarbage(() -> Set.of("kept", "without-a-record"), namespaces);

    assertThat(plugins.calls()).containsExactly("DEL two", "DEL one", "GC one", "GC two");
    assertThat(plugins.environment("one", CniCommand.DEL))
        .contains("CNI_CONTAINERID=gone", "CNI_NETNS=");
    for (String key : List.of("cni.dev/valid-attachments", "cni.dev/attachments")) {
      assertThat(json("one", CniCommand.GC).path(key))
          .extracting(Object::toString)
          .containsExactlyInAnyOrder(
              "{\"containerID\":\"kept\",\"ifname\":\"eth0\"}",
              "{\"containerID\":\"without-a-record\",\"ifname\":\"eth0\"}",
              "{\"containerID\":\"foreign\",\"ifname\":\"eth0\"}");
    }
    assertThat(foreign).exists();
    assertThat(cache.resolve("results/other-unreadable-eth0")).exists();
    assertThat(cache.resolve("results/test-gone-eth0")).doesNotExist();
  }

  @Test
  void everyPluginIsCalledWithGcAlsoWhenOneFails() throws IOException {
    configure("\"cniVersion\": \"1.1.0\"", "one", "two");
    plugins.script("one", "echo '{\"code\": 7, \"msg\": \"busy\"}'; exit 1");
    plugins.script("two", "");
    assertThatThrownBy(() -> network.collectGarbage(Set::of, namespaces))
        .hasMessage("CNI GC by plugin one for network test: busy (code 7)");
    assertThat(plugins.calls()).containsExactly("GC one", "GC two");
  }

  @Test
  void gcIsNotCalledWhereTheVersionOrTheConfigurationExcludesIt() throws IOException {
    plugins.script("one", "");
    for (String fields :
        List.of("\"cniVersion\": \"1.0.0\"", "\"cniVersion\": \"1.1.0\", \"disableGC\": true")) {
      configure(fields, "one");
      network.collectGarbage(Set::of, namespaces);
    }
    assertThat(plugins.calls()).isEmpty();
    Files.delete(configurations.resolve("10-test.conflist"));
    network.collectGarbage(Set::of, namespaces);
  }

  @Test
  void noAddRunsWhileGarbageIsCollected() throws Exception {
    configure("\"cniVersion\": \"1.1.0\"", "one");
    Path gate = directory.resolve("gate");
    plugins.script(
        "one",
        "if [ $CNI_COMMAND = GC ]; then while [ ! -e "
            + gate
            + " ]; do sleep 0.05; done; echo done >> "
            + directory
            + "/order; fi\n"
            + "[ $CNI_COMMAND != ADD ] || { echo add >> "
            + directory
            + "/order; echo '{\"ips\": [{\"address\": \"10.0.0.1/24\"}]}'; }");
    Thread collection = inBackground(() -> network.collectGarbage(Set::of, namespaces));
    await(() -> Files.exists(directory.resolve("notes/calls")));
    Thread addition = inBackground(() -> network.setUp(request("a")));
    await(() -> addition.getState() == Thread.State.WAITING);
    Files.createFile(gate);
    collection.join();
    addition.join();
    assertThat(Files.readAllLines(directory.resolve("order"))).containsExactly("done", "add");
  }

  @Test
  void highestVersionThatAllPluginsSupportIsTaken() throws IOException {
    configure("\"cniVersion\": \"0.4.0\", \"cniVersions\": [\"1.0.0\", \"1.1.0\"]", "one", "two");
    speaking("one", "1.0.0", "0.4.0", "1.0.0", "1.1.0");
    speaking("two", "1.0.0", "0.3.1", "0.4.0", "1.0.0");
    network.setUp(request("a"));
    assertThat(json("one", CniCommand.ADD).path("cniVersion").asText()).isEqualTo("1.0.0");
    assertThat(plugins.calls()).containsExactly("VERSION one", "VERSION two", "ADD one", "ADD two");
    plugins.forgetCalls();
    network.setUp(request("b"));
    assertThat(plugins.calls()).as("each is asked once").containsExactly("ADD one", "ADD two");

    speaking("two", "0.4.0", "0.3.1", "0.4.0");
    network.setUp(request("c"));
    assertThat(json("one", CniCommand.ADD).path("cniVersion").asText())
        .as("a plugin that is replaced is asked again")
        .isEqualTo("0.4.0");
    network.tearDown(request("a"));
    assertThat(json("one", CniCommand.DEL).path("cniVersion").asText())
        .as("DEL is in the version of its ADD")
        .isEqualTo("1.0.0");

    speaking("two", "0.3.1", "0.3.1");
    String problem =
        "network test: plugin two speaks CNI [0.3.1], and none of the versions left of"
            + " [0.4.0, 1.0.0, 1.1.0]";
    assertThatThrownBy(() -> network.setUp(request("d"))).hasMessage(problem);
    assertThat(network.readiness().message()).isEqualTo(problem);
  }

  @Test
  void pluginThatDoesNotReportVersionsIsAssumedToSupportAll() throws IOException {
    configure("\"cniVersions\": [\"0.4.0\", \"1.0.0\"]", "one");
    plugins.answering("one", "10.0.0.1/24");
    network.setUp(request("a"));
    assertThat(json("one", CniCommand.ADD).path("cniVersion").asText()).isEqualTo("1.0.0");
  }

  @Test
  void processesOfAnInterruptedAddAreKilledBeforeDelete() throws Exception {
    configure("\"cniVersion\": \"1.0.0\"", "one");
    plugins.script("one", "[ $CNI_COMMAND = DEL ] || exit 1");
    assertThatThrownBy(() -> network.setUp(request("cut"))).hasMessageContaining("exit status 1");
    ProcessBuilder builder =
        new ProcessBuilder("setsid", "sh", "-c", "sleep 1000 & exec sleep 1000");
    builder.environment().put("CNI_CONTAINERID", "cut");
    Process survivor = builder.start();
    await(() -> survivor.descendants().count() == 1);
    ProcessHandle child = survivor.descendants().findFirst().orElseThrow();
    builder.environment().put("CNI_CONTAINERID", "cut-other");
    Process other = builder.start();
    try {
      network.tearDown(request("cut"));
      await(() -> !survivor.isAlive() && !child.isAlive()); // killed, but for a moment not reaped
      assertThat(other.isAlive()).isTrue();
    } finally {
      other.descendants().forEach(ProcessHandle::destroyForcibly);
      other.destroyForcibly().waitFor();
    }
  }

  private void speaking(String name, String answer, String... versions) throws IOException {
    plugins.script(
        name,
        "case $CNI_COMMAND in\n"
            + "VERSION) echo '{\"cniVersion\": \"1.0.0\", \"supportedVersions\": [\""
            + String.join("\", \"", versions)
            + "\"]}';;\n"
            + "ADD) echo '{\"cniVersion\": \""
            + answer
            + "\", \"ips\": [{\"address\": \"10.0.0.1/24\"}]}';;\n"
            + "esac");
  }

  private interface Work {
    void run() throws IOException;
  }

  private static Thread inBackground(Work work) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) {
    long deadline = System.nanoTime() + BOUND.toNanos();
    try {
      while (!condition.holds()) {
        assertThat(System.nanoTime()).as("the condition holds in time").isLessThan(deadline);
        LockSupport.parkNanos(10_000_000);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private PodNetwork network(Duration timeout) {
    return new PodNetwork(
        new Config.Cni(configurations, "", List.of(plugins.directory()), cache, timeout),
        directory.resolve("pod-cidrs.json"));
  }

  private PodNetworkRequest request(String id) {
    return new PodNetworkRequest(
        id,
        "pod",
        "default",
        "uid-1",
        namespaces.resolve(id).resolve("net"),
        List.of(),
        null,
        Map.of(),
        "");
  }

  private void configure(String fields, String... types) throws IOException {
    String list =
        Stream.of(types)
            .map(type -> "{\"type\": \"" + type + "\"}")
            .collect(Collectors.joining(", "));
    Files.writeString(
        configurations.resolve("10-test.conflist"),
        "{" + fields + ", \"name\": \"test\", \"plugins\": [" + list + "]}");
  }

  private ObjectNode json(String plugin, CniCommand command) throws IOException {
    return CniJson.parseObject(plugins.request(plugin, command).getBytes(StandardCharsets.UTF_8));
  }
}
