package io.jukung.runtime.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import io.jukung.runtime.OpenDescriptors;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.cni.CniCommand;
import io.jukung.runtime.network.cni.CniException;
import io.jukung.runtime.network.cni.CniJson;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The protocol, with plugins of the test's own; nothing touches a network. */
class PodNetworkTest {
  private static final String ID = "0123abcd";
  private static final Duration BOUND = Duration.ofSeconds(20);

  @TempDir Path directory;
  private Path configurations;
  private Path cache;
  private TestPlugins plugins;
  private PodNetwork network;
  private Set<ProcessHandle> processes;

  @BeforeEach
  void open() throws IOException {
    processes = descendants();
    configurations = Files.createDirectory(directory.resolve("net.d"));
    cache = directory.resolve("cache");
    plugins = new TestPlugins(directory);
    network = network(Duration.ofSeconds(20));
  }

  @AfterEach
  void noProcessIsLeft() {
    assertThat(descendants()).isSubsetOf(processes);
  }

  private static Set<ProcessHandle> descendants() {
    return ProcessHandle.current().descendants().collect(Collectors.toSet());
  }

  @Test
  void addRunsInOrderAndDeleteInReverse() throws IOException {
    configure("one", "two", "three");
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("two", "10.0.0.2/24");
    plugins.answering("three", "10.0.0.3/24");
    List<String> result = network.setUp(request());
    assertThat(result).containsExactly("10.0.0.3");
    network.tearDown(request());
    assertThat(plugins.calls())
        .containsExactly("ADD one", "ADD two", "ADD three", "DEL three", "DEL two", "DEL one");
    assertThat(cache.resolve("results")).isEmptyDirectory();
  }

  @Test
  void eachPluginSeesTheResultBeforeItAndDeleteTheLast() throws IOException {
    configure("one", "two");
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("two", "10.0.0.2/24");
    network.setUp(request());
    network.tearDown(request());
    assertThat(json("one", CniCommand.ADD).has("prevResult")).isFalse();
    assertThat(json("two", CniCommand.ADD).path("prevResult").path("from").asText())
        .isEqualTo("one");
    assertThat(json("two", CniCommand.DEL).path("prevResult").path("from").asText())
        .isEqualTo("two");
    assertThat(json("one", CniCommand.DEL).path("prevResult").path("from").asText())
        .isEqualTo("two");
  }

  @ParameterizedTest
  @CsvSource({
    "0.2.0, false, false",
    "0.3.1, true, false",
    "0.4.0, true, true",
    "1.1.0, true, true"
  })
  void previousResultsDependOnTheVersion(String version, boolean onAdd, boolean onDelete)
      throws IOException {
    configure("one", "two");
    Path file = configurations.resolve("10-test.conflist");
    Files.writeString(file, Files.readString(file).replace("1.0.0", version));
    String answer =
        version.equals("0.2.0")
            ? "{\"cniVersion\": \"0.2.0\", \"ip4\": {\"ip\": \"10.0.0.1/24\"}}"
            : "{\"cniVersion\": \"" + version + "\", \"ips\": [{\"address\": \"10.0.0.1/24\"}]}";
    for (String name : List.of("one", "two")) {
      plugins.script(name, "[ $CNI_COMMAND != ADD ] || echo '" + answer + "'");
    }
    assertThat(network.setUp(request())).containsExactly("10.0.0.1");
    network.tearDown(request());
    assertThat(json("two", CniCommand.ADD).has("prevResult")).isEqualTo(onAdd);
    assertThat(json("two", CniCommand.DEL).has("prevResult")).isEqualTo(onDelete);
    assertThat(json("two", CniCommand.DEL).path("cniVersion").asText()).isEqualTo(version);
  }

  @Test
  void theEnvironmentHoldsNothingOfTheDaemon() throws IOException {
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    network.setUp(request());
    network.tearDown(request());
    String search = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    String arguments =
        "CNI_ARGS=IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod"
            + ";K8S_POD_INFRA_CONTAINER_ID=0123abcd;K8S_POD_UID=uid-1";
    String path = "CNI_PATH=" + directory.resolve("nowhere") + ":" + plugins.directory();
    assertThat(plugins.environment("one", CniCommand.ADD))
        .containsExactlyInAnyOrder(
            arguments,
            "CNI_COMMAND=ADD",
            "CNI_CONTAINERID=" + ID,
            "CNI_IFNAME=eth0",
            "CNI_NETNS=" + request().networkNamespace(),
            path,
            search);
    // The namespace does not exist here, as after a reboot.
    assertThat(plugins.environment("one", CniCommand.DEL))
        .containsExactlyInAnyOrder(
            arguments,
            "CNI_COMMAND=DEL",
            "CNI_CONTAINERID=" + ID,
            "CNI_IFNAME=eth0",
            "CNI_NETNS=",
            path,
            search);
  }

  @Test
  void onlyStandardDescriptorsReachThePlugin() throws IOException {
    configure("one");
    plugins.script("one", "ls -l /proc/self/fd > " + directory + "/fds; exit 1");
    assertThatThrownBy(() -> network.setUp(request())).isInstanceOf(CniException.class);
    assertThat(Files.readAllLines(directory.resolve("fds")))
        .filteredOn(line -> line.contains(" -> "))
        .allMatch(line -> line.matches(".* [0123] -> .*"))
        .hasSize(4); // ls itself opens the directory
  }

  @Test
  void capabilitiesReachThePluginsThatDeclareThem() throws IOException {
    configure("one", "two");
    Path file = configurations.resolve("10-test.conflist");
    Files.writeString(
        file,
        Files.readString(file)
            .replace(
                "{\"type\": \"two\"}",
                "{\"type\": \"two\", \"capabilities\": {\"portMappings\": true, \"dns\": true,"
                    + " \"bandwidth\": true, \"cgroupPath\": true, \"mac\": true,"
                    + " \"aliases\": true, \"ipRanges\": true}}"));
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("two", "10.0.0.2/24");
    PodNetworkRequest request =
        new PodNetworkRequest(
            ID,
            "pod",
            "default",
            "uid-1",
            directory.resolve("net"),
            List.of(
                new PortMapping("tcp", 80, 8080, ""),
                new PortMapping("UDP", 53, 5353, "127.0.0.1"),
                new PortMapping("sctp", 9, 9, "::1"),
                new PortMapping("tcp", 443, 0, "")),
            new Dns(List.of("10.96.0.10"), List.of("a.svc"), List.of("ndots:5")),
            Map.of("kubernetes.io/ingress-bandwidth", "1M", "io.jukung.mac", "02:00:00:00:00:0A"),
            "/kubepods/pod1");
    network.setUp(request);
    network.tearDown(request);
    assertThat(json("one", CniCommand.ADD).has("runtimeConfig")).isFalse();
    String expected =
        "{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\"},"
            + "{\"hostPort\":5353,\"containerPort\":53,\"protocol\":\"udp\",\"hostIP\":\"127.0.0.1\"},"
            + "{\"hostPort\":9,\"containerPort\":9,\"protocol\":\"sctp\",\"hostIP\":\"::1\"}],"
            + "\"bandwidth\":{\"ingressRate\":1000000,\"ingressBurst\":4294967295},"
            + "\"mac\":\"02:00:00:00:00:0A\","
            + "\"dns\":{\"servers\":[\"10.96.0.10\"],\"searches\":[\"a.svc\"],"
            + "\"options\":[\"ndots:5\"]},\"aliases\":[\"pod\"],\"cgroupPath\":\"/kubepods/pod1\"}";
    assertThat(json("two", CniCommand.ADD).path("runtimeConfig").toString()).isEqualTo(expected);
    assertThat(json("two", CniCommand.DEL).path("runtimeConfig").toString()).isEqualTo(expected);
    assertThat(json("two", CniCommand.ADD).has("capabilities")).isFalse();
  }

  @Test
  void failedAddStopsTheChainAndDeleteCallsEveryPlugin() throws IOException {
    configure("one", "two", "three");
    plugins.answering("one", "10.0.0.1/24");
    plugins.script(
        "two",
        "[ $CNI_COMMAND != ADD ] || { printf '%s' '{\"code\": 11, \"msg\": \"try again\","
            + " \"details\": \"no\\n"
            + "room\"}'; exit 1; }");
    plugins.answering("three", "10.0.0.3/24");
    assertThatThrownBy(() -> network.setUp(request()))
        .isInstanceOfSatisfying(CniException.class, e -> assertThat(e.code()).isEqualTo(11))
        .hasMessage("CNI ADD by plugin two for network test: try again; no room (code 11)");
    network.tearDown(request());
    assertThat(plugins.calls())
        .containsExactly("ADD one", "ADD two", "DEL three", "DEL two", "DEL one");
    assertThat(json("one", CniCommand.DEL).has("prevResult")).isFalse();
  }

  @Test
  void failedDeleteKeepsTheRecordForTheNextAttempt() throws IOException {
    configure("one", "two", "three");
    for (String name : List.of("one", "two", "three")) {
      plugins.answering(name, "10.0.0.1/24");
    }
    network.setUp(request());
    plugins.forgetCalls();
    plugins.script("three", "echo broken >&2; exit 3");
    plugins.script("two", "echo '{\"msg\": \"busy\"}'; exit 1");
    assertThatThrownBy(() -> network.tearDown(request()))
        .hasMessage("CNI DEL by plugin three for network test: exit status 3: broken")
        .satisfies(
            e ->
                assertThat(e.getSuppressed()[0])
                    .hasMessage("CNI DEL by plugin two for network test: busy"));
    assertThat(plugins.calls()).containsExactly("DEL three", "DEL two", "DEL one");
    plugins.answering("two", "10.0.0.1/24");
    plugins.answering("three", "10.0.0.1/24");
    network.tearDown(request());
    assertThat(json("one", CniCommand.DEL).path("prevResult").path("from").asText())
        .isEqualTo("three");
    assertThat(cache.resolve("results")).isEmptyDirectory();
  }

  @Test
  void deleteUsesTheConfigurationOfTheAdd() throws IOException {
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    plugins.answering("other", "10.0.0.9/24");
    network.setUp(request());
    Files.delete(configurations.resolve("10-test.conflist"));
    configure("other");
    network(Duration.ofSeconds(20)).tearDown(request());
    assertThat(plugins.calls()).containsExactly("ADD one", "DEL one");

    network.setUp(request());
    Files.delete(configurations.resolve("10-test.conflist"));
    network.tearDown(request());
    assertThat(plugins.calls()).endsWith("ADD other", "DEL other");
  }

  @Test
  void deleteWithoutARecordUsesThePresentConfiguration() throws IOException {
    network.tearDown(request());
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    network.tearDown(request());
    assertThat(plugins.calls()).containsExactly("DEL one");
  }

  @Test
  void unreadableRecordDoesNotKeepAPodFromBeingRemoved() throws IOException {
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    network.setUp(request());
    Files.writeString(cache.resolve("results/test-" + ID + "-eth0"), "{\"kind\": \"cniCac");
    network.tearDown(request());
    assertThat(plugins.calls()).containsExactly("ADD one", "DEL one");
    assertThat(cache.resolve("results")).isEmptyDirectory();
  }

  @Test
  void theRecordIsInTheFormatOfLibcni() throws IOException {
    configure("one");
    plugins.script(
        "one",
        "cp "
            + cache
            + "/results/test-"
            + ID
            + "-eth0 "
            + directory
            + "/during\n"
            + "echo '{\"ips\": [{\"address\": \"10.0.0.1/24\"}]}'");
    network.setUp(request());
    Path file = cache.resolve("results/test-" + ID + "-eth0");
    ObjectNode record = CniJson.parseObject(Files.readAllBytes(file));
    assertThat(record.path("kind").asText()).isEqualTo("cniCacheV1");
    assertThat(record.path("containerId").asText()).isEqualTo(ID);
    assertThat(record.path("networkName").asText()).isEqualTo("test");
    assertThat(record.path("ifName").asText()).isEqualTo("eth0");
    assertThat(record.path("cniArgs").get(1).toString())
        .isEqualTo("[\"K8S_POD_NAMESPACE\",\"default\"]");
    assertThat(record.path("result").path("ips").get(0).path("address").asText())
        .isEqualTo("10.0.0.1/24");
    assertThat(new String(record.path("config").binaryValue(), StandardCharsets.UTF_8))
        .contains("\"plugins\":[{\"type\":\"one\"}]");
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    assertThat(CniJson.parseObject(Files.readAllBytes(directory.resolve("during"))).has("result"))
        .isFalse();
  }

  @Test
  void pluginThatHangsIsKilledWithItsChildren() throws IOException {
    configure("one");
    plugins.script("one", "sleep 1000 & echo waiting >&2; sleep 1000");
    PodNetwork impatient = network(Duration.ofMillis(300));
    long start = System.nanoTime();
    assertThatThrownBy(() -> impatient.setUp(request()))
        .hasMessage(
            "CNI ADD by plugin one for network test: not done after 300 ms, killed: waiting");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThatThrownBy(() -> impatient.tearDown(request())).hasMessageContaining("CNI DEL");
  }

  @Test
  void runEndsWithThePluginAlthoughAChildKeepsItsOutputOpen() throws IOException {
    configure("one");
    plugins.script(
        "one",
        "sleep 600 & echo $! > "
            + directory
            + "/child\n"
            + "echo '{\"ips\": [{\"address\": \"10.0.0.1/24\"}]}'");
    try {
      assertThat(network.setUp(request())).containsExactly("10.0.0.1");
    } finally {
      long child = Long.parseLong(Files.readString(directory.resolve("child")).strip());
      ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void pluginThatWritesTooMuchIsKilled() throws IOException {
    configure("one");
    plugins.script("one", "yes '{\"ips\": []}'");
    assertThatThrownBy(() -> network.setUp(request()))
        .hasMessage(
            "CNI ADD by plugin one for network test: wrote more than 1048576 bytes, killed");
  }

  @Test
  void errorOutputBeyondTheLimitIsDropped() throws IOException {
    configure("one");
    plugins.script(
        "one",
        "yes word | head -c 3000000 >&2; echo '{\"ips\": [{\"address\": \"10.0.0.1/24\"}]}'");
    assertThat(network.setUp(request())).containsExactly("10.0.0.1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "echo hello                          | the answer is no CNI result: not JSON",
        "true                                | the answer is no CNI result: empty",
        "echo []                             | the answer is no CNI result: not a JSON object",
        "echo '{}' '{}'                      | the answer is no CNI result: not JSON",
        "echo '{\"cniVersion\": \"3.0.0\"}'  | the answer is no CNI result: cniVersion 3.0.0",
        "echo '{\"ips\": [{}]}'              | result of network test: an entry of \"ips\" has no"
            + " address",
        "echo '{}'                           | network test gave the pod no address",
        "exit 5                              | CNI ADD by plugin one for network test: exit status"
            + " 5",
        "kill -9 $$                          | killed by SIGKILL",
        "echo out; echo err >&2; exit 2      | exit status 2: err",
        "echo out; exit 2                    | exit status 2: out",
        "echo '{\"code\": 7}'; exit 1        | exit status 1: {\"code\": 7}",
        "echo '{\"code\":7,\"details\":\"d\"}';exit 1 | for network test: d (code 7)",
        "echo '{\"msg\":\"m\"}';echo words >&2;exit 1 | for network test: m; it also said: words",
      })
  void everyWrongAnswerIsReported(String lines, String problem) throws IOException {
    configure("one");
    plugins.script("one", lines);
    assertThatThrownBy(() -> network.setUp(request()))
        .isInstanceOf(CniException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void fileThatCannotBeExecutedIsNamedInTheError() throws IOException {
    configure("one");
    assertThatThrownBy(() -> network.setUp(request()))
        .isInstanceOf(CniException.class)
        .hasMessage(
            "pod network: network test: plugin one is not in "
                + directory.resolve("nowhere")
                + " or "
                + plugins.directory());
    plugins.script("one", "");
    Files.writeString(plugins.directory().resolve("one"), "#!/no/such/interpreter\n");
    assertThatThrownBy(() -> network.setUp(request()))
        .hasMessage(
            "CNI ADD by plugin one for network test: execve("
                + plugins.directory().resolve("one")
                + "): ENOENT No such file or directory");
    Files.writeString(plugins.directory().resolve("one"), "no executable format");
    assertThatThrownBy(() -> network.setUp(request())).hasMessageContaining("ENOEXEC");
  }

  @Test
  void interruptKillsThePlugin() throws Exception {
    configure("one");
    plugins.script("one", "touch " + directory + "/running; sleep 1000");
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicReference<Boolean> stillInterrupted = new AtomicReference<>(false);
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    network.setUp(request());
                  } catch (IOException e) {
                    failure.set(e);
                    stillInterrupted.set(Thread.currentThread().isInterrupted());
                  }
                });
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!Files.exists(directory.resolve("running")) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    caller.interrupt();
    caller.join();
    assertThat(failure.get())
        .isInstanceOf(InterruptedIOException.class)
        .hasCauseInstanceOf(CniException.class);
    assertThat(stillInterrupted.get()).isTrue();
  }

  @Test
  void withoutAConfigurationPodsFailAndTheNodeIsNotReady() throws IOException {
    assertThatThrownBy(() -> network.setUp(request()))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessage("pod network: no valid CNI network configuration in " + configurations);
    assertThat(network.readiness().ready()).isFalse();
    assertThat(network.readiness().reason()).isEqualTo("NetworkPluginNotReady");
    assertThat(network.readiness().message())
        .isEqualTo("no valid CNI network configuration in " + configurations);
    Files.writeString(configurations.resolve("5-x.conf"), "{");
    assertThat(network.readiness().message()).contains("5-x.conf: not JSON");
  }

  @Test
  void theNodeIsReadyWithAConfigurationAndItsPlugins() throws IOException {
    configure("one");
    assertThat(network.readiness())
        .isEqualTo(
            new Readiness(
                false,
                "NetworkPluginNotReady",
                "network test: plugin one is not in "
                    + directory.resolve("nowhere")
                    + " or "
                    + plugins.directory()));
    plugins.answering("one", "10.0.0.1/24");
    assertThat(network.readiness()).isEqualTo(new Readiness(true, "", ""));
    Files.delete(configurations.resolve("10-test.conflist"));
    assertThat(network.readiness().ready()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"a;K8S_POD_NAME=b, 80, 1M", "a=b, 80, 1M", "pod, 65536, 1M", "pod, 80, fast"})
  void valuesThatPluginsWouldMisreadAreRefusedAndLeaveNothing(
      String name, int port, String bandwidth) throws IOException {
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    PodNetworkRequest request =
        new PodNetworkRequest(
            ID,
            name,
            "default",
            "uid-1",
            directory.resolve("net"),
            List.of(new PortMapping("tcp", 80, port, "")),
            null,
            Map.of("kubernetes.io/egress-bandwidth", bandwidth),
            "");
    assertThatThrownBy(() -> network.setUp(request))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
    network.tearDown(request);
    assertThat(plugins.calls()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "02:00:00:00:00, is not a hardware address: 02:00:00:00:00",
    "02-00-00-00-00-0a, is not a hardware address: 02-00-00-00-00-0a",
    "02:00:00:00:00:0a, no plugin of network test declares the capability mac"
  })
  void hardwareAddressThatNoPluginWouldSetIsRefused(String mac, String problem) throws IOException {
    configure("one");
    plugins.answering("one", "10.0.0.1/24");
    PodNetworkRequest request =
        new PodNetworkRequest(
            ID,
            "pod",
            "default",
            "uid-1",
            directory.resolve("net"),
            List.of(),
            null,
            Map.of("io.jukung.mac", mac),
            "");
    assertThatThrownBy(() -> network.setUp(request))
        .isInstanceOf(CriException.class)
        .hasMessageStartingWith("annotation io.jukung.mac")
        .hasMessageEndingWith(problem);
    assertThat(plugins.calls()).isEmpty();
  }

  @Test
  void missingPluginFailsAddBeforeAnyRunsAndDoesNotFailDelete() throws IOException {
    configure("one", "two");
    plugins.answering("one", "10.0.0.1/24");
    assertThatThrownBy(() -> network.setUp(request()))
        .hasMessageStartingWith("pod network: network test: plugin two is not in ");
    assertThat(plugins.calls()).isEmpty();
    network.tearDown(request());
    assertThat(plugins.calls()).containsExactly("DEL one");

    plugins.answering("two", "10.0.0.1/24");
    network.setUp(request());
    Files.delete(plugins.directory().resolve("two"));
    plugins.forgetCalls();
    assertThatThrownBy(() -> network.tearDown(request()))
        .hasMessageStartingWith("CNI DEL by plugin two for network test: plugin two is not in ");
    plugins.answering("two", "10.0.0.1/24");
    network.tearDown(request());
    assertThat(plugins.calls()).containsExactly("DEL one", "DEL two", "DEL one");
  }

  @Test
  void everyFailingSystemCallIsReportedAndTearDownLeavesNothing() throws IOException {
    configure("one");
    Path held = Files.createDirectory(directory.resolve("held"));
    plugins.script(
        "one",
        "case $CNI_COMMAND in\n"
            + "ADD) touch "
            + held
            + "/$CNI_CONTAINERID\n"
            + "     echo '{\"ips\": [{\"address\": \"10.0.0.1/24\"}]}';;\n"
            + "DEL) rm -f "
            + held
            + "/$CNI_CONTAINERID;;\n"
            + "esac");
    network.setUp(request());
    network.tearDown(request());
    List<String> descriptors = OpenDescriptors.targets();
    int failed = 0;
    for (int n = 1; ; n++) {
      FailNth failing = new FailNth(n);
      failing.real = Kernel.install(failing);
      try {
        network.setUp(request());
        // Some failures are those of a roll-back or a clean-up, which the call survives.
        if (failing.count.get() < n) {
          break;
        }
      } catch (IOException e) {
        assertThat(e).hasMessageMatching("(?s).*(ENOSPC|written|end).*");
        failed++;
      } finally {
        Kernel.install(failing.real);
      }
      network.tearDown(request());
      assertThat(held).as("after call %d failed", n).isEmptyDirectory();
      assertThat(cache.resolve("results")).isEmptyDirectory();
      assertThat(OpenDescriptors.openedSince(descriptors)).as("after call %d failed", n).isEmpty();
      assertThat(descendants()).as("call %d failed", n).isSubsetOf(processes);
    }
    assertThat(failed).isGreaterThan(20);
  }

  /**
   * Fails the n-th system call, but not close(2), which frees the descriptor all the same, and not
   * waitid(2), which has no failure for a child that is there.
   */
  private static final class FailNth implements Syscalls {
    private final int failing;
    private final AtomicInteger count = new AtomicInteger();
    private volatile Syscalls real = (call, a, b, c, d, e) -> -Errno.ENOSYS;

    private FailNth(int failing) {
      this.failing = failing;
    }

    @Override
    public long call(Syscall call, long a, long b, long c, long d, long e) {
      if (call != Syscall.CLOSE && call != Syscall.WAITID && count.incrementAndGet() == failing) {
        return -Errno.ENOSPC;
      }
      return real.call(call, a, b, c, d, e);
    }
  }

  @Test
  void podsGetTheirNetworkWhileGarbageCollectionDetachesAnother() throws Exception {
    configure("one");
    Path gate = directory.resolve("gate");
    plugins.script(
        "one",
        """
        [ $CNI_COMMAND != ADD ] || echo '{"ips": [{"address": "10.0.0.1/24"}]}'
        [ $CNI_COMMAND != DEL ] || while [ ! -e %s ]; do sleep 0.05; done\
        """
            .formatted(gate));
    network.setUp(request("gone"));
    CompletableFuture<Void> collection =
        inBackground(() -> network.collectGarbage(Set::of, directory));
    await(() -> plugins.calls().contains("DEL one"));
    try {
      CompletableFuture<Void> addition = inBackground(() -> network.setUp(request("new")));
      addition.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
      assertThat(collection).isNotDone();
    } finally {
      Files.createFile(gate);
    }
    collection.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(cache.resolve("results/test-gone-eth0")).doesNotExist();
  }

  @Test
  void podsGetTheirNetworkWhileGarbageCollectionWaitsForAnotherPod() throws Exception {
    configure("one");
    allowGarbageCollection();
    Path gate = directory.resolve("gate");
    plugins.script(
        "one",
        """
        [ $CNI_COMMAND != ADD ] || [ $CNI_CONTAINERID != slow ] || while [ ! -e %s ]; do sleep 0.05; done
        [ $CNI_COMMAND != ADD ] || echo '{"ips": [{"address": "10.0.0.1/24"}]}'\
        """
            .formatted(gate));
    CompletableFuture<Void> slow = inBackground(() -> network.setUp(request("slow")));
    await(() -> plugins.calls().contains("ADD one"));
    AtomicReference<Thread> collector = new AtomicReference<>();
    CompletableFuture<Void> collection =
        inBackground(
            () -> {
              collector.set(Thread.currentThread());
              network.collectGarbage(Set::of, directory.resolve("none"));
            });
    await(() -> collector.get() != null && isWaiting(collector.get()));
    try {
      CompletableFuture<Void> addition = inBackground(() -> network.setUp(request("new")));
      addition.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      Files.createFile(gate);
    }
    slow.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    collection.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(plugins.calls()).endsWith("GC one");
  }

  private static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  @Test
  void garbageCollectionThatHangsIsKilledAndPodsGetTheirNetwork() throws Exception {
    configure("one");
    allowGarbageCollection();
    plugins.script(
        "one",
        """
        [ $CNI_COMMAND != GC ] || sleep 1000
        [ $CNI_COMMAND != ADD ] || echo '{"ips": [{"address": "10.0.0.1/24"}]}'\
        """);
    PodNetwork bounded =
        new PodNetwork(
            config(Duration.ofSeconds(20)),
            directory.resolve("pod-cidrs.json"),
            new PodNetwork.GcLimits(BOUND, Duration.ofMillis(200)));

    assertThatThrownBy(() -> bounded.collectGarbage(Set::of, directory.resolve("none")))
        .hasMessage("cni-gc was not done after 200 ms");
    assertThat(bounded.setUp(request("new"))).containsExactly("10.0.0.1");
  }

  private void allowGarbageCollection() throws IOException {
    Path file = configurations.resolve("10-test.conflist");
    Files.writeString(file, Files.readString(file).replace("1.0.0", "1.1.0"));
  }

  private interface Work {
    void run() throws IOException;
  }

  private static CompletableFuture<Void> inBackground(Work work) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                work.run();
                result.complete(null);
              } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long deadline = System.nanoTime() + BOUND.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }

  private PodNetwork network(Duration timeout) {
    return new PodNetwork(config(timeout), directory.resolve("pod-cidrs.json"));
  }

  private Config.Cni config(Duration timeout) {
    return new Config.Cni(
        configurations,
        "",
        List.of(directory.resolve("nowhere"), plugins.directory()),
        cache,
        timeout);
  }

  private PodNetworkRequest request(String id) {
    return new PodNetworkRequest(
        id, "pod", "default", "uid-1", directory.resolve(id), List.of(), null, Map.of(), "");
  }

  private PodNetworkRequest request() {
    return new PodNetworkRequest(
        ID, "pod", "default", "uid-1", directory.resolve("net"), List.of(), null, Map.of(), "");
  }

  private void configure(String... types) throws IOException {
    String list =
        Stream.of(types)
            .map(type -> "{\"type\": \"" + type + "\"}")
            .collect(Collectors.joining(", "));
    Files.writeString(
        configurations.resolve("10-test.conflist"),
        "{\"cniVersion\": \"1.0.0\", \"name\": \"test\", \"plugins\": [" + list + "]}");
  }

  private ObjectNode json(String plugin, CniCommand command) throws IOException {
    return CniJson.parseObject(plugins.request(plugin, command).getBytes(StandardCharsets.UTF_8));
  }
}
