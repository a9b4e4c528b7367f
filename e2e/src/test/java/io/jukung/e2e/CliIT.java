package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs jukung's command line as a user does. */
@ExtendWith(Testbed.Extension.class)
class CliIT {
  private static CommandResult jukung(Testbed testbed, String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  /** Runs {@code jukung run} with its log in the testbed's directory. */
  private static CommandResult run(Testbed testbed, String... arguments) throws Exception {
    List<String> all =
        new ArrayList<>(
            List.of(
                "run", "--log-directory", testbed.node().directory().resolve("cli").toString()));
    all.addAll(List.of(arguments));
    return jukung(testbed, all.toArray(String[]::new));
  }

  @Test
  void runWithRmPrintsBothStreamsReturnsTheExitCodeAndRemovesThePod(Testbed testbed)
      throws Exception {
    CommandResult result =
        run(
            testbed,
            "--rm",
            "--name",
            "brief",
            "--network",
            "host",
            testbed.busybox(),
            "sh",
            "-c",
            "echo out; echo err >&2; exit 42");
    assertThat(result.stdout()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
    assertThat(result.exitCode()).isEqualTo(42);
    assertThat(testbed.pods()).isEmpty();
    assertThat(testbed.containers()).isEmpty();
    Path logs = testbed.node().directory().resolve("cli");
    try (var left = Files.list(logs)) {
      assertThat(left)
          .as("--rm also removes the log")
          .noneMatch(path -> path.getFileName().toString().startsWith("brief"));
    }
  }

  @Test
  void runOptionsReachTheContainer(Testbed testbed) throws Exception {
    Path volume = Files.createDirectories(testbed.node().directory().resolve("volume"));
    Files.writeString(volume.resolve("file"), "from the host\n");
    CommandResult result =
        run(
            testbed,
            "--rm",
            "--network=pod",
            "--hostname=named",
            "-e",
            "GIVEN=value",
            "-v",
            volume + ":/data:ro",
            "-u",
            "nobody",
            "-w",
            "/tmp",
            testbed.busybox(),
            "sh",
            "-c",
            "echo $GIVEN; cat /data/file; touch /data/x 2>/dev/null || echo read-only;"
                + " id -u; pwd; hostname");
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout().lines())
        .containsExactly("value", "from the host", "read-only", "65534", "/tmp", "named");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void detachedContainerCanBeListedLoggedInspectedStoppedAndRemoved(Testbed testbed)
      throws Exception {
    String id =
        run(
                testbed,
                "-d",
                "--name",
                "web",
                "--network",
                "host",
                testbed.busybox(),
                "sh",
                "-c",
                "echo started; exec sleep 1000")
            .orThrow()
            .strip();
    assertThat(id).matches("[0-9a-f]{64}");
    assertThat(jukung(testbed, "ps").orThrow())
        .contains(id.substring(0, 12))
        .contains("web")
        .contains("Up ");
    assertThat(jukung(testbed, "pods").orThrow()).contains("web");
    Await.until(
        "the log has its line", () -> jukung(testbed, "logs", "web").orThrow().equals("started\n"));
    CommandResult exec = jukung(testbed, "exec", "web", "sh", "-c", "echo in; echo e >&2; exit 7");
    assertThat(exec.stdout()).isEqualTo("in\n");
    assertThat(exec.stderr()).isEqualTo("e\n");
    assertThat(exec.exitCode()).isEqualTo(7);
    assertThat(jukung(testbed, "inspect", "web").orThrow()).contains(id).contains("sleep 1000");
    assertThat(jukung(testbed, "inspect", "--launch-program", "web").orThrow())
        .contains("pivot_root")
        .contains("execve");

    jukung(testbed, "stop", "--time", "0", id.substring(0, 12)).orThrow();
    assertThat(jukung(testbed, "ps").orThrow()).doesNotContain("web");
    jukung(testbed, "rm", "web").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void followedLogEndsWhenTheContainerExits(Testbed testbed) throws Exception {
    run(
            testbed,
            "-d",
            "--name",
            "talker",
            "--network",
            "host",
            testbed.busybox(),
            "sh",
            "-c",
            "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done")
        .orThrow();
    CompletableFuture<CommandResult> followed = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                followed.complete(jukung(testbed, "logs", "-f", "talker"));
              } catch (Exception e) {
                followed.completeExceptionally(e);
              }
            });
    assertThat(followed.get().orThrow()).isEqualTo("1\n2\n3\n4\n5\n");
  }

  /**
   * Runs the command at a terminal of 31 rows and 101 columns.
   *
   * @param dialogue pairs of a text to wait for on the screen and a text to type then
   */
  private static CommandResult atTerminal(Testbed testbed, String command, String... dialogue)
      throws Exception {
    Path screen = testbed.node().directory().resolve("screen");
    Files.writeString(screen, "");
    StringBuilder typing = new StringBuilder();
    for (int i = 0; i < dialogue.length; i += 2) {
      typing.append(
          "until grep -q '%s' %s; do sleep 0.1; done; printf '%s'; "
              .formatted(dialogue[i], screen, dialogue[i + 1]));
    }
    String line =
        "export JUKUNG_SOCKET=%s; (%s sleep 60 & echo $! >%s.pid; wait) | { script -qefc '%s %s' %s; "
            .formatted(
                testbed.daemon().socket(),
                typing,
                screen,
                "stty rows 31 cols 101; " + Daemon.dist().resolve("bin/jukung"),
                command,
                screen);
    CommandResult result =
        testbed
            .node()
            .run("sh", "-c", line + "code=$?; kill $(cat " + screen + ".pid); exit $code; }");
    Files.delete(Path.of(screen + ".pid"));
    Files.delete(screen);
    return result;
  }

  private static CommandResult withInput(Testbed testbed, String input, String... arguments)
      throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line, input);
  }

  private static void runInBackground(Testbed testbed, String name, String script, String... more)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("-d", "--name", name, "--network", "host"));
    arguments.addAll(List.of(more));
    arguments.addAll(List.of(testbed.busybox(), "sh", "-c", script));
    run(testbed, arguments.toArray(String[]::new)).orThrow();
  }

  @Test
  void execPassesInputAndReturnsTheExitCode(Testbed testbed) throws Exception {
    runInBackground(testbed, "target", "sleep 1000");
    CommandResult result =
        withInput(
            testbed, "typed\n", "exec", "-i", "target", "sh", "-c", "cat; echo e >&2; exit 5");
    assertThat(result.stdout()).isEqualTo("typed\n");
    assertThat(result.stderr()).isEqualTo("e\n");
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(withInput(testbed, "", "exec", "target", "cat").exitCode()).isZero();
    CommandResult missing = withInput(testbed, "", "exec", "-i", "target", "/no/such/program");
    assertThat(missing.exitCode()).isEqualTo(127);
    assertThat(missing.stderr()).contains("no such file or directory");
    assertThat(withInput(testbed, "", "exec", "-it", "target", "sh").exitCode()).isEqualTo(125);
  }

  @Test
  void execAtATerminalGetsItsSizeAndInput(Testbed testbed) throws Exception {
    runInBackground(testbed, "target", "sleep 1000");
    CommandResult result =
        atTerminal(
            testbed,
            "exec -it target sh -c \"sleep 0.5; stty size; "
                + "read word; echo got \\$word; read word; echo got \\$word; exit 3\"",
            "31 101",
            "boat\\r",
            "got boat",
            "oar\\r");
    assertThat(result.stdout())
        .contains("31 101\r\n")
        .contains("got boat\r\n")
        .contains("got oar\r\n");
    assertThat(result.exitCode()).isEqualTo(3);
  }

  @Test
  void interactiveRunGetsAllInputAndOutput(Testbed testbed) throws Exception {
    String logs = testbed.node().directory().resolve("cli").toString();
    CommandResult result =
        withInput(
            testbed,
            "typed\n",
            "run",
            "-i",
            "--rm",
            "--network=host",
            "--log-directory",
            logs,
            testbed.busybox(),
            "sh",
            "-c",
            "echo first; cat; echo e >&2; exit 6");
    assertThat(result.stdout()).isEqualTo("first\ntyped\n");
    assertThat(result.stderr()).isEqualTo("e\n");
    assertThat(result.exitCode()).isEqualTo(6);
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void detachKeysLeaveAnAttachedTerminal(Testbed testbed) throws Exception {
    String script =
        "while sleep 0.3; do echo tick; done & while read line; do echo got $line; done";
    runInBackground(testbed, "shell", script, "-i", "-t");
    CommandResult result =
        atTerminal(testbed, "attach shell", "tick", "one\\r", "got one", "\\020\\021");
    assertThat(result.stdout()).contains("got one\r\n");
    assertThat(result.exitCode()).isZero();
    assertThat(jukung(testbed, "exec", "shell", "true").exitCode()).isZero();
    assertThat(withInput(testbed, "", "attach", "--no-stdin", "no-such").exitCode()).isEqualTo(1);
  }

  @Test
  void forwardedPortAnswersOnTheClientsSide(Testbed testbed) throws Exception {
    runInBackground(testbed, "server", "nc -ll -p 7012 -e echo from the pod");
    String script =
        "export JUKUNG_SOCKET=%s; cd %s; %s port-forward server :7012 >forward.out & forward=$!;"
            .formatted(
                testbed.daemon().socket(),
                testbed.node().directory(),
                Daemon.dist().resolve("bin/jukung"));
    String talk =
        " until grep -q forwarding forward.out; do sleep 0.1; done;"
            + " port=$(sed 's/.*:\\([0-9]*\\) to.*/\\1/' forward.out);"
            + " busybox nc 127.0.0.1 $port </dev/null; kill $forward";
    CommandResult result = testbed.node().run("sh", "-c", script + talk);
    assertThat(result.stdout()).isEqualTo("from the pod\n");
    assertThat(jukung(testbed, "port-forward", "server", "http").exitCode()).isEqualTo(125);
  }

  @Test
  void publishedPortsAnswerOnTheNode(Testbed testbed) throws Exception {
    List<String> web =
        List.of(
            "-d",
            "-p",
            "8080:80",
            "-p",
            "127.0.0.1:8081:81",
            testbed.busybox(),
            "sh",
            "-c",
            "nc -ll -p 80 -e echo from port 80 & nc -ll -p 81 -e echo from port 81");
    run(testbed, web.toArray(String[]::new)).orThrow();
    for (String port : List.of("80", "81")) {
      Await.until(
          "an answer from port " + port,
          () ->
              testbed
                  .node()
                  .run("sh", "-c", "busybox nc -w 2 127.0.0.1 80" + port + " </dev/null")
                  .stdout()
                  .equals("from port " + port + "\n"));
    }
    CommandResult second = run(testbed, web.toArray(String[]::new));
    assertThat(second.exitCode()).isEqualTo(125);
    assertThat(second.stderr())
        .matches("jukung: .*host port 8080/tcp is taken by pod default/.*\n");
  }

  @Test
  void imagesArePulledImportedListedAndRemoved(Testbed testbed) throws Exception {
    String pulled = testbed.registry().push("cli-pulled:1", "--env", "[\"CLI=pulled\"]");
    Path layout = testbed.registry().layout("cli-imported:1", "--env", "[\"CLI=imported\"]");
    assertThat(jukung(testbed, "pull", pulled).exitCode()).isZero();
    assertThat(jukung(testbed, "import", layout.toString()).orThrow()).contains("cli-imported:1");
    assertThat(jukung(testbed, "images").orThrow())
        .contains("127.0.0.1:5000/cli-pulled")
        .contains("cli-imported");
    assertThat(
            run(testbed, "--rm", "--network=host", "cli-imported:1", "sh", "-c", "echo $CLI")
                .orThrow())
        .isEqualTo("imported\n");
    jukung(testbed, "rmi", pulled, "cli-imported:1").orThrow();
    assertThat(jukung(testbed, "images").orThrow()).doesNotContain("cli-");
  }

  @Test
  void oneOfSeveralTagsIsTakenAndAnImageInUseStays(Testbed testbed) throws Exception {
    String name = testbed.registry().push("cli-kept:1", "--env", "[\"CLI=kept\"]");
    String id = jukung(testbed, "pull", "-q", name).orThrow().strip();
    jukung(testbed, "tag", name, "cli-second:1").orThrow();
    assertThat(jukung(testbed, "rmi", id).stderr())
        .contains("has the tags " + name + ", docker.io/library/cli-second:1")
        .contains("or all with -f");
    run(testbed, "-d", "--network=host", "--name=user", name, "sleep", "1000").orThrow();
    assertThat(jukung(testbed, "rmi", "cli-second:1").orThrow()).isEqualTo("cli-second:1\n");
    assertThat(jukung(testbed, "images").orThrow()).contains("cli-kept").doesNotContain("second");
    assertThat(jukung(testbed, "rmi", name).stderr())
        .contains("is used by container user (")
        .contains("or use -f");
    jukung(testbed, "rmi", "-f", name).orThrow();
    assertThat(jukung(testbed, "images").orThrow()).doesNotContain("cli-kept");
    assertThat(jukung(testbed, "exec", "user", "echo", "runs on").orThrow()).isEqualTo("runs on\n");
    jukung(testbed, "rm", "-f", "user").orThrow();
  }

  @Test
  void exportedImageIsImportedByTheCommandThatKindRuns(Testbed testbed) throws Exception {
    String name = testbed.registry().push("cli-exported:1", "--env", "[\"CLI=exported\"]");
    jukung(testbed, "pull", name).orThrow();
    Path archive = testbed.node().directory().resolve("exported.tar");
    jukung(testbed, "export", "-f", archive.toString(), name).orThrow();
    jukung(testbed, "tag", name, "cli-tagged:1").orThrow();
    jukung(testbed, "rmi", name, "cli-tagged:1").orThrow();
    assertThat(jukung(testbed, "images").orThrow()).doesNotContain("cli-");
    testbed
        .node()
        .run(
            "sh",
            "-c",
            "JUKUNG_SOCKET=%s %s --namespace=k8s.io images import --all-platforms --digests"
                    .formatted(testbed.daemon().socket(), Daemon.dist().resolve("share/ctr"))
                + " --snapshotter=overlayfs - < "
                + archive)
        .orThrow();
    assertThat(jukung(testbed, "images").orThrow()).contains("cli-exported");
    assertThat(jukung(testbed, "images", "--verify").orThrow()).contains("whole");
    assertThat(jukung(testbed, "fsck").orThrow()).isEmpty();
    assertThat(jukung(testbed, "df").orThrow()).contains("images").contains("containers");
    jukung(testbed, "rmi", name).orThrow();
  }

  @Test
  void errorsAreOneSentenceOnStandardError(Testbed testbed) throws Exception {
    List<CommandResult> results =
        List.of(
            jukung(testbed, "logs", "no-such-container"),
            jukung(testbed, "exec", "no-such-container", "true"),
            jukung(testbed, "inspect", "no-such-thing"),
            jukung(testbed, "pull", "127.0.0.1:5000/no/such:1"),
            jukung(testbed, "--socket", "/no/such/socket", "ps"),
            jukung(testbed, "no-such-command"),
            jukung(testbed, "ps", "--no-such-option"),
            run(testbed, "-p", "eighty", testbed.busybox(), "true"),
            run(testbed, "-p", "80:70000", testbed.busybox(), "true"),
            run(testbed, "--network=host", "-p", "80:80", testbed.busybox(), "true"),
            run(testbed, "--network=host", testbed.busybox(), "/no/such/program"));
    for (CommandResult result : results) {
      assertThat(result.exitCode()).as(result.toString()).isNotZero();
      assertThat(result.stderr().strip().lines()).as(result.toString()).hasSize(1);
      assertThat(result.stderr()).startsWith("jukung: ").doesNotContain("Exception");
      assertThat(result.stdout()).isEmpty();
    }
  }

  @Test
  void helpAndVersionNeedNoDaemon(Testbed testbed) throws Exception {
    CommandResult help = jukung(testbed, "--help");
    assertThat(help.orThrow()).contains("run").contains("logs").contains("serve");
    assertThat(help.stderr()).isEmpty();
    CommandResult version = jukung(testbed, "--version");
    assertThat(version.orThrow()).matches("jukung \\d+\\.\\d+.*\\n");
    assertThat(version.stderr()).isEmpty();
  }
}
