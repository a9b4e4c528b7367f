package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the command line does with containers beyond CRI, as a user does it. */
@ExtendWith(Testbed.Extension.class)
class ContainerLifeIT {
  private static final String COUNTER =
      "while :; do i=$((i + 1)); echo $i >/new; mv /new /count; sleep 0.05; done";

  static CommandResult jukung(Testbed testbed, String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  /**
   * Makes a container of the busybox image that runs a line of shell.
   *
   * @param command run or create
   * @param options of the command
   */
  static String shell(
      Testbed testbed, String command, List<String> options, String name, String script)
      throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                command,
                "--log-directory",
                testbed.node().directory().resolve("cli").toString(),
                "--name",
                name));
    all.addAll(options);
    all.addAll(List.of(testbed.busybox(), "sh", "-c", script));
    return jukung(testbed, all.toArray(String[]::new)).orThrow().strip();
  }

  private static String onHostNetwork(Testbed testbed, String name, String script)
      throws Exception {
    return shell(testbed, "run", List.of("-d", "--network", "host"), name, script);
  }

  private static String count(Testbed testbed, String name) throws Exception {
    return jukung(testbed, "exec", name, "cat", "/count").stdout();
  }

  @Test
  void pausedContainerStandsStillRefusesExecAndRunsOnAfterTheDaemonsRestart(Testbed testbed)
      throws Exception {
    onHostNetwork(testbed, "still", COUNTER);
    Await.until("the container counts", () -> !count(testbed, "still").isEmpty());
    assertThat(jukung(testbed, "pause", "still").orThrow()).isEqualTo("still\n");
    assertThat(jukung(testbed, "ps").orThrow()).contains("(Paused)");
    assertThat(jukung(testbed, "inspect", "still").orThrow()).containsPattern("\"Paused\" ?: true");
    CommandResult exec = jukung(testbed, "exec", "still", "true");
    assertThat(exec.exitCode()).isNotZero();
    assertThat(exec.stderr()).contains("is paused, unpause it first");
    assertThat(jukung(testbed, "pause", "still").stderr()).contains("is paused already");

    testbed.killAndRestartDaemon();
    assertThat(jukung(testbed, "ps").orThrow()).contains("(Paused)");
    jukung(testbed, "unpause", "still").orThrow();
    String before = count(testbed, "still");
    Await.until("the container counts on", () -> !count(testbed, "still").equals(before));
    assertThat(jukung(testbed, "unpause", "still").stderr()).contains("is not paused");
    jukung(testbed, "rm", "-f", "still").orThrow();
  }

  @Test
  void containerThatDiesComesBackAlsoAfterTheDaemonsDeathAndStaysStoppedWhenStopped(Testbed testbed)
      throws Exception {
    List<String> options = List.of("-d", "--network", "host", "--restart", "unless-stopped");
    String id = shell(testbed, "run", options, "phoenix", "echo run >>/runs; exec sleep 1000");
    Await.until("the first run", () -> runs(testbed) == 1);
    killProcesses(id);
    Await.until("the second run, with the files of the first", () -> runs(testbed) == 2);
    assertThat(jukung(testbed, "inspect", "phoenix").orThrow())
        .containsPattern("\"RestartCount\" ?: 1\\b");

    testbed.daemon().kill();
    killProcesses(id);
    testbed.daemon().start();
    testbed.reconnect();
    Await.until("the third run", () -> runs(testbed) == 3);

    jukung(testbed, "stop", "-t", "0", "phoenix").orThrow();
    testbed.killAndRestartDaemon();
    assertThat(jukung(testbed, "ps").orThrow()).doesNotContain("phoenix");
    assertThat(jukung(testbed, "run", "--rm", "--restart", "always", "x").stderr())
        .contains("--rm does not go with --restart");
    jukung(testbed, "rm", "phoenix").orThrow();
  }

  private static long runs(Testbed testbed) throws Exception {
    return jukung(testbed, "exec", "phoenix", "cat", "/runs").stdout().lines().count();
  }

  private static void killProcesses(String container) throws Exception {
    Files.writeString(Limits.cgroup(container).resolve("cgroup.kill"), "1");
  }

  @Test
  void pausedContainersCanBeStoppedAndKilled(Testbed testbed) throws Exception {
    onHostNetwork(testbed, "polite", "trap 'exit 3' TERM; while :; do sleep 0.1; done");
    onHostNetwork(testbed, "stubborn", "trap '' TERM; while :; do sleep 0.1; done");
    jukung(testbed, "pause", "polite", "stubborn").orThrow();
    jukung(testbed, "stop", "-t", "20", "polite").orThrow();
    assertThat(jukung(testbed, "wait", "polite").orThrow()).isEqualTo("3\n");
    jukung(testbed, "kill", "stubborn").orThrow();
    assertThat(jukung(testbed, "wait", "stubborn").orThrow()).isEqualTo("137\n");
    jukung(testbed, "rm", "polite", "stubborn").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void containersOfOtherClientsAreChangedOnlyByForce(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("kubelets", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", "sleep 1000");
    for (String command : List.of("pause", "kill")) {
      CommandResult refused = jukung(testbed, command, container);
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.stderr()).contains("was made by kubelet or another client of CRI");
    }
    assertThat(jukung(testbed, "rename", container, "mine").stderr()).contains("only its maker");
    assertThat(jukung(testbed, "restart", container).stderr()).contains("which alone starts it");
    assertThat(jukung(testbed, "ps").orThrow()).contains("Up ").doesNotContain("Paused");
    jukung(testbed, "pause", "--force", container).orThrow();
    jukung(testbed, "kill", "--force", container).orThrow();
    assertThat(jukung(testbed, "start", container).stderr()).contains("only its maker");
  }

  @Test
  void killSendsASignalAndWaitPrintsTheExitCode(Testbed testbed) throws Exception {
    onHostNetwork(
        testbed, "signalled", "trap 'exit 42' USR1; echo ready; while :; do sleep 0.1; done");
    Await.until(
        "the trap is set", () -> jukung(testbed, "logs", "signalled").stdout().contains("ready"));
    CompletableFuture<CommandResult> waiting = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                waiting.complete(jukung(testbed, "wait", "signalled"));
              } catch (Exception e) {
                waiting.completeExceptionally(e);
              }
            });
    jukung(testbed, "kill", "-s", "USR1", "signalled").orThrow();
    assertThat(waiting.get().orThrow()).isEqualTo("42\n");
    assertThat(jukung(testbed, "kill", "signalled").stderr()).contains("is not running");
    assertThat(jukung(testbed, "kill", "-s", "NONSENSE", "signalled").stderr())
        .contains("not a signal: \"NONSENSE\"");
    jukung(testbed, "rm", "signalled").orThrow();
  }

  @Test
  void topListsTheProcessesByTheirPidsOnTheNode(Testbed testbed) throws Exception {
    onHostNetwork(testbed, "busy", "sleep 1234 & exec sleep 5678");
    Await.until("both run", () -> jukung(testbed, "top", "busy").stdout().contains("sleep 1234"));
    List<String> lines = jukung(testbed, "top", "busy").orThrow().lines().toList();
    assertThat(lines.getFirst()).matches("UID +PID +PPID +C +STIME +TTY +TIME +CMD");
    String first = lines.stream().filter(line -> line.endsWith("sleep 5678")).findFirst().get();
    String pid = first.split(" +", -1)[1];
    // The node has a pid namespace of its own.
    assertThat(testbed.node().run("cat", "/proc/" + pid + "/cmdline").orThrow())
        .isEqualTo("sleep\0" + "5678\0");
    jukung(testbed, "rm", "-f", "busy").orThrow();
  }

  @Test
  void renamedContainerKeepsItsNewNameOverTheDaemonsRestart(Testbed testbed) throws Exception {
    String id = onHostNetwork(testbed, "before", "sleep 1000");
    onHostNetwork(testbed, "other", "sleep 1000");
    assertThat(jukung(testbed, "rename", "before", "other").stderr()).contains("is in use");
    jukung(testbed, "rename", "before", "after").orThrow();
    testbed.killAndRestartDaemon();
    assertThat(jukung(testbed, "ps").orThrow()).contains("after").doesNotContain("before");
    assertThat(jukung(testbed, "pods").orThrow()).contains("after").doesNotContain("before");
    assertThat(jukung(testbed, "inspect", "after").orThrow()).contains(id);
    onHostNetwork(testbed, "before", "sleep 1000");
    jukung(testbed, "rm", "-f", "before", "after", "other").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  private static String address(Testbed testbed, String name) throws Exception {
    return jukung(testbed, "exec", name, "sh", "-c", "ip -4 addr show eth0 | grep inet")
        .orThrow()
        .strip();
  }

  @Test
  void startedAgainContainerHasItsFilesIdAndPortsAndItsAddressWasFreed(Testbed testbed)
      throws Exception {
    String id =
        shell(
            testbed,
            "run",
            List.of("-d", "-p", "127.0.0.1:18099:80"),
            "back",
            "echo run >>/runs; wc -l </runs; trap 'exit 0' TERM; while :; do sleep 0.1; done");
    assertThat(jukung(testbed, "port", "back").orThrow()).isEqualTo("80/tcp -> 127.0.0.1:18099\n");
    assertThat(jukung(testbed, "port", "back", "80").orThrow()).isEqualTo("127.0.0.1:18099\n");
    Await.until("it ran", () -> jukung(testbed, "logs", "back").stdout().equals("1\n"));
    jukung(testbed, "kill", "-s", "TERM", "back").orThrow();
    assertThat(jukung(testbed, "wait", "back").orThrow()).isEqualTo("0\n");
    Await.until("the pod is at rest", () -> jukung(testbed, "pods").stdout().contains("NotReady"));
    assertThat(jukung(testbed, "ps", "-a").orThrow()).contains("Exited (0)");

    assertThat(jukung(testbed, "start", "back").orThrow()).isEqualTo("back\n");
    Await.until("it ran again", () -> jukung(testbed, "logs", "back").stdout().equals("1\n2\n"));
    assertThat(jukung(testbed, "inspect", "back").orThrow()).contains(id);
    assertThat(address(testbed, "back")).isNotEmpty();
    jukung(testbed, "start", "back").orThrow(); // starting what runs is a no-op
    jukung(testbed, "restart", "-t", "20", "back").orThrow();
    Await.until(
        "it ran three times", () -> jukung(testbed, "logs", "back").stdout().equals("1\n2\n3\n"));
    jukung(testbed, "rm", "-f", "back").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void createdContainerRunsWhenItIsStarted(Testbed testbed) throws Exception {
    shell(testbed, "create", List.of("--network", "host"), "later", "echo begun; exec sleep 1000");
    assertThat(jukung(testbed, "ps", "-a").orThrow()).contains("Created").contains("later");
    assertThat(jukung(testbed, "pods").orThrow()).contains("NotReady");
    testbed.killAndRestartDaemon();
    jukung(testbed, "start", "later").orThrow();
    Await.until("it runs", () -> jukung(testbed, "logs", "later").stdout().equals("begun\n"));
    jukung(testbed, "rm", "-f", "later").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void containerThatEndedWhileNoDaemonRanComesToRestAndStartsAgain(Testbed testbed)
      throws Exception {
    shell(
        testbed,
        "run",
        List.of("-d"),
        "alone",
        "echo run >>/runs; wc -l </runs; trap 'exit 5' TERM; while :; do sleep 0.1; done");
    Await.until("it runs", () -> jukung(testbed, "logs", "alone").stdout().equals("1\n"));
    String pid =
        jukung(testbed, "top", "alone").orThrow().lines().toList().get(1).split(" +", -1)[1];
    testbed.daemon().kill();
    testbed.node().run("kill", "-TERM", pid).orThrow();
    Await.until(
        "it has ended", () -> testbed.node().run("test", "-e", "/proc/" + pid).exitCode() != 0);
    testbed.daemon().start();
    testbed.reconnect();
    Await.until("the pod is at rest", () -> jukung(testbed, "pods").stdout().contains("NotReady"));
    assertThat(jukung(testbed, "ps", "-a").orThrow()).contains("Exited (5)");
    jukung(testbed, "start", "alone").orThrow();
    Await.until("it runs again", () -> jukung(testbed, "logs", "alone").stdout().equals("1\n2\n"));
    jukung(testbed, "rm", "-f", "alone").orThrow();
  }

  @Test
  void lessUsualOptionsOfRunReachTheContainer(Testbed testbed) throws Exception {
    Path variables = testbed.node().directory().resolve("variables");
    Files.writeString(variables, "# a comment\n\nFROM_FILE=yes\nBOTH=file\n");
    Path idFile = testbed.node().directory().resolve("id");
    String id =
        shell(
            testbed,
            "create",
            List.of(
                "--env-file=" + variables,
                "-e",
                "BOTH=option",
                "--cidfile=" + idFile,
                "--dns=192.0.2.53",
                "--dns-search=example.org",
                "--sysctl=net.ipv4.ip_default_ttl=77",
                "--group-add=4242",
                "--device=/dev/null:/dev/another",
                "--stop-signal=USR1"),
            "options",
            "echo $FROM_FILE $BOTH; cat /etc/resolv.conf /proc/sys/net/ipv4/ip_default_ttl; id -G;"
                + " test -c /dev/another && echo device; trap 'exit 9' USR1;"
                + " while :; do sleep 0.1; done");
    assertThat(idFile).hasContent(id);
    assertThat(jukung(testbed, "create", "--cidfile=" + idFile, testbed.busybox(), "true").stderr())
        .contains("exists, remove it");
    jukung(testbed, "start", "options").orThrow();
    Await.until(
        "it has started", () -> jukung(testbed, "logs", "options").stdout().contains("device"));
    assertThat(jukung(testbed, "logs", "options").orThrow())
        .contains("yes option", "nameserver 192.0.2.53", "search example.org", "77", "4242");
    assertThat(jukung(testbed, "logs", "--until", "1h", "options").orThrow()).isEmpty();
    assertThat(jukung(testbed, "logs", "--since", "1h", "options").orThrow()).contains("device");
    jukung(testbed, "stop", "options").orThrow();
    assertThat(jukung(testbed, "wait", "options").orThrow()).isEqualTo("9\n");
    jukung(testbed, "rm", "options").orThrow();
  }
}
