package io.jukung.e2e;

import static io.jukung.e2e.ContainerLifeIT.jukung;
import static io.jukung.e2e.ContainerLifeIT.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Options of {@code jukung run} and {@code start}, as a user uses them. */
@ExtendWith(Testbed.Extension.class)
class RunOptionsIT {
  /** The delays before so many restarts grow to 6.4 s, which can be seen; together 12.7 s. */
  private static final int RETRIES = 7;

  @Test
  void healthIsShownFollowsTheProbesAndIsLearntAgainAfterTheDaemonsDeath(Testbed testbed)
      throws Exception {
    shell(
        testbed,
        "run",
        List.of(
            "-d",
            "--network",
            "host",
            "--health-cmd",
            "echo looked; test -e /healthy",
            "--health-interval",
            "50ms",
            "--health-retries",
            "2"),
        "patient",
        "sleep 1000");
    awaitStatus(testbed, "(unhealthy)");
    assertThat(jukung(testbed, "inspect", "patient").orThrow())
        .containsPattern("\"Status\" ?: \"unhealthy\"")
        .containsPattern("\"Output\" ?: \"looked\\\\n\"");
    jukung(testbed, "exec", "patient", "touch", "/healthy").orThrow();
    awaitStatus(testbed, "(healthy)");
    testbed.killAndRestartDaemon();
    awaitStatus(testbed, "(healthy)");
    jukung(testbed, "stop", "-t", "0", "patient").orThrow();
    assertThat(jukung(testbed, "ps", "-a").orThrow()).doesNotContain("healthy");
    jukung(testbed, "rm", "patient").orThrow();
  }

  private static void awaitStatus(Testbed testbed, String status) throws Exception {
    Await.until(status, () -> jukung(testbed, "ps").stdout().contains(status));
  }

  /** A write that the kernel refuses is in WritableLayerIT. */
  @Test
  void containerThatHasWrittenMoreThanItsStorageOptionIsKilled(Testbed testbed) throws Exception {
    List<String> options = List.of("-d", "--network", "host", "--storage-opt", "size=4m");
    String script = "head -c 3000000 /dev/zero >/f; while ! test -e /more; do sleep 0.1; done;";
    shell(testbed, "run", options, "kept", script);
    shell(testbed, "run", options, "full", script + " cat /f /f >/g; exec sleep 1000");
    jukung(testbed, "exec", "full", "touch", "/more").orThrow();
    assertThat(jukung(testbed, "wait", "full").orThrow()).isEqualTo("137\n");
    assertThat(jukung(testbed, "inspect", "--raw", "full").orThrow())
        .contains("WritableLayerFull")
        .containsPattern(
            "the daemon killed it: it had written [4-9]\\.\\d MiB into its root file system,"
                + " and its limit is 4\\.0 MiB");
    assertThat(jukung(testbed, "ps").orThrow()).contains("kept");
    jukung(testbed, "rm", "-f", "kept", "full").orThrow();
  }

  @Test
  void startWithAttachPrintsThisRunAlone(Testbed testbed) throws Exception {
    shell(
        testbed,
        "create",
        List.of("--network", "host"),
        "again",
        "echo run >>/runs; echo this is run $(wc -l </runs); exit 7");
    CommandResult first = jukung(testbed, "start", "-a", "again");
    assertThat(first.stdout()).isEqualTo("this is run 1\n");
    assertThat(first.exitCode()).isEqualTo(7);
    CommandResult second = jukung(testbed, "start", "--attach", "again");
    assertThat(second.stdout()).isEqualTo("this is run 2\n");
    assertThat(second.exitCode()).isEqualTo(7);
    assertThat(jukung(testbed, "start", "-a", "again", "other").stderr())
        .contains("-a and -i take one container");
    jukung(testbed, "rm", "again").orThrow();
  }

  @Test
  void portOfAProcessOfTheHostIsRefusedAndRangesAndFreePortsArePublished(Testbed testbed)
      throws Exception {
    String listener =
        shell(
            testbed, "run", List.of("-d", "--network", "host"), "listener", "exec nc -l -p 18077");
    Await.until(
        "it listens",
        () ->
            testbed
                .node()
                .run("cat", "/proc/net/tcp", "/proc/net/tcp6")
                .stdout()
                .matches("(?s).*:469D [0-9A-F:]+ 0A .*")); // 0A: LISTEN
    CommandResult refused =
        jukung(
            testbed,
            "run",
            "--rm",
            "-p",
            "18077:80",
            "--log-directory",
            testbed.node().directory().resolve("cli").toString(),
            testbed.busybox(),
            "true");
    assertThat(refused.exitCode()).isEqualTo(125);
    assertThat(refused.stderr())
        .contains("host port 18077/tcp is in use: a process of the host listens on it");
    assertThat(listener).isNotEmpty();
    jukung(testbed, "rm", "-f", "listener").orThrow();

    shell(
        testbed,
        "run",
        List.of("-d", "-p", "127.0.0.1:18078-18079:80-81", "-p", "90/udp"),
        "ranges",
        "sleep 1000");
    assertThat(jukung(testbed, "port", "ranges").orThrow())
        .contains("80/tcp -> 127.0.0.1:18078\n", "81/tcp -> 127.0.0.1:18079\n")
        .containsPattern("90/udp -> 0\\.0\\.0\\.0:[0-9]+\n");
    jukung(testbed, "rm", "-f", "ranges").orThrow();
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void initReapsOrphansPassesSignalsOnAndEndsAsTheProgramDoes(Testbed testbed) throws Exception {
    shell(
        testbed,
        "run",
        List.of("-d", "--init", "--network", "host"),
        "tended",
        "trap 'echo asked; exit 9' TERM; echo $$; (sh -c 'exit 3' &); while :; do sleep 0.1; done");
    Await.until("it prints", () -> jukung(testbed, "logs", "tended").stdout().equals("2\n"));
    Await.until(
        "no orphan is left",
        () ->
            jukung(testbed, "exec", "tended", "sh", "-c", "grep -l '^State:.Z' /proc/*/status")
                .stdout()
                .isEmpty());
    assertThat(jukung(testbed, "inspect", "-f", "{{.HostConfig.Init}}", "tended").orThrow())
        .isEqualTo("true\n");
    testbed.killAndRestartDaemon();
    jukung(testbed, "stop", "-t", "20", "tended").orThrow();
    assertThat(jukung(testbed, "logs", "tended").orThrow()).isEqualTo("2\nasked\n");
    assertThat(jukung(testbed, "wait", "tended").orThrow()).isEqualTo("9\n");
    jukung(testbed, "rm", "tended").orThrow();
  }

  /** What CRI's pods with a user namespace do is in UserNamespaceIT. */
  @Test
  void containersWithUsersOfTheirOwnHaveDifferentIdsAndOrdinaryFiles(Testbed testbed)
      throws Exception {
    Path bound = Files.createDirectory(testbed.node().directory().resolve("bound"));
    List<String> own =
        List.of("-d", "--network", "host", "--userns", "private", "-v", "shared:/etc");
    List<String> first = new ArrayList<>(own);
    first.addAll(List.of("-v", bound + ":/bound"));
    shell(testbed, "run", first, "first", "echo >/bound/f; echo a >/root-file; exec sleep 1000");
    shell(testbed, "run", own, "second", "exec sleep 1000");
    String ids = idsOf(testbed, "first");
    assertThat(ids).matches("0 \\d{6,} 65536").isNotEqualTo(idsOf(testbed, "second"));
    assertThat(jukung(testbed, "inspect", "-f", "{{.HostConfig.UsernsMode}}", "first").orThrow())
        .isEqualTo("private\n");
    Await.until("it has written", () -> Files.exists(bound.resolve("f")));
    assertThat(Files.getAttribute(bound.resolve("f"), "unix:uid")).isEqualTo(0);
    assertThat(jukung(testbed, "exec", "second", "stat", "-c", "%u", "/etc/passwd").orThrow())
        .as("the owner of what the image has put into the volume")
        .isEqualTo("0\n");

    String file = Files.writeString(bound.resolve("of-app"), "copied\n").toString();
    testbed.node().run("chown", "1000:1000", file).orThrow();
    testbed.killAndRestartDaemon();
    for (String to : List.of("/in-root", "/etc/in-volume")) {
      jukung(testbed, "cp", "-a", file, "first:" + to).orThrow();
      assertThat(jukung(testbed, "exec", "first", "stat", "-c", "%u %g", to).orThrow())
          .isEqualTo("1000 1000\n");
      jukung(testbed, "cp", "-a", "first:" + to, file + "-again").orThrow();
      assertThat(Files.getAttribute(Path.of(file + "-again"), "unix:uid")).isEqualTo(1000);
    }
    jukung(testbed, "stop", "-t", "0", "first").orThrow();
    jukung(testbed, "cp", "-a", file, "first:/in-stopped").orThrow();
    assertThat(jukung(testbed, "diff", "first").orThrow())
        .isEqualTo("A /in-root\nA /in-stopped\nA /root-file\n");
    jukung(testbed, "start", "first").orThrow();
    assertThat(idsOf(testbed, "first")).isEqualTo(ids);
    assertThat(jukung(testbed, "exec", "first", "stat", "-c", "%u", "/in-stopped").orThrow())
        .isEqualTo("1000\n");
    jukung(testbed, "rm", "-f", "first", "second").orThrow();
    jukung(testbed, "volume", "rm", "shared").orThrow();
  }

  private static String idsOf(Testbed testbed, String container) throws Exception {
    return jukung(testbed, "exec", container, "sh", "-c", "tr -s ' ' </proc/self/uid_map")
        .orThrow()
        .strip();
  }

  @Test
  void execRunsAsAnotherUserElsewhereWithOtherVariablesAndWithoutWaiting(Testbed testbed)
      throws Exception {
    List<String> options = List.of("-d", "--network", "host", "-e", "A=container");
    shell(testbed, "run", options, "busy", "exec sleep 1000");
    Path file = Files.writeString(testbed.node().directory().resolve("env-file"), "# x\nC=file\n");
    assertThat(
            jukung(
                    testbed,
                    "exec",
                    "-u",
                    "12:34",
                    "-w",
                    "/tmp",
                    "-e",
                    "B=given",
                    "--env-file",
                    file.toString(),
                    "busy",
                    "sh",
                    "-c",
                    "id -u; id -g; pwd; echo $A $B $C")
                .orThrow())
        .isEqualTo("12\n34\n/tmp\ncontainer given file\n");
    String capabilities = "grep CapEff /proc/self/status";
    String plain = jukung(testbed, "exec", "busy", "sh", "-c", capabilities).orThrow();
    assertThat(jukung(testbed, "exec", "--privileged", "busy", "sh", "-c", capabilities).orThrow())
        .isGreaterThan(plain);

    // More output than a pipe holds, which nobody reads, must not hold the command up.
    String script =
        "while ! test -e /go; do sleep 0.05; done; head -c 300000 /dev/zero; echo $A >/late";
    assertThat(jukung(testbed, "exec", "-d", "busy", "sh", "-c", script).orThrow()).isEmpty();
    jukung(testbed, "exec", "busy", "touch", "/go").orThrow();
    Await.until(
        "it has ended",
        () -> jukung(testbed, "exec", "busy", "cat", "/late").stdout().equals("container\n"));
    assertThat(jukung(testbed, "exec", "-d", "busy", "/missing").exitCode()).isEqualTo(127);
    jukung(testbed, "rm", "-f", "busy").orThrow();
  }

  @Test
  void imageMustBeForThePlatformThatIsAskedFor(Testbed testbed) throws Exception {
    CommandResult refused =
        jukung(testbed, "run", "--rm", "--platform", "linux/mips64le", testbed.busybox(), "true");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.stderr()).contains("and not for linux/mips64le");
    List<String> own = List.of("--rm", "--network", "host", "--platform", "linux");
    assertThat(shell(testbed, "run", own, "own", "echo runs")).isEqualTo("runs");
  }

  @Test
  void directoryOfAVolumeIsMountedAndLinksInItLeadNowhereElse(Testbed testbed) throws Exception {
    List<String> whole = List.of("--rm", "--network", "host", "-v", "parts:/all");
    shell(
        testbed,
        "run",
        whole,
        "filler",
        "mkdir -p /all/a/b; echo deep >/all/a/b/f; ln -s /etc /all/out; ln -s a/b /all/in");
    for (String part : List.of("a/b", "in")) {
      String mount = "source=parts,target=/part,volume-subpath=" + part;
      List<String> options = List.of("--rm", "--network", "host", "--mount", mount);
      assertThat(shell(testbed, "run", options, "reader", "cat /part/f")).isEqualTo("deep");
    }
    CommandResult refused =
        jukung(
            testbed,
            "run",
            "--rm",
            "--network",
            "host",
            "--mount",
            "source=parts,target=/part,volume-subpath=out",
            "--log-directory",
            testbed.node().directory().resolve("cli").toString(),
            testbed.busybox(),
            "true");
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.stderr()).contains("find out of ", "ENOENT");
    jukung(testbed, "volume", "rm", "parts").orThrow();
  }

  @Test
  void containersShareProcessesSharedMemoryAndNetwork(Testbed testbed) throws Exception {
    shell(testbed, "run", List.of("-d"), "first", "echo here >/dev/shm/f; exec sleep 1000");
    Await.until(
        "it runs", () -> jukung(testbed, "exec", "first", "cat", "/dev/shm/f").exitCode() == 0);
    List<String> options = List.of("--rm", "--pid", "container:first", "--ipc", "container:first");
    assertThat(
            shell(
                testbed,
                "run",
                options,
                "second",
                "cat /dev/shm/f; tr '\\0' ' ' </proc/1/cmdline; echo; readlink /proc/self/ns/ipc"))
        .isEqualTo(
            "here\nsleep 1000 \n"
                + jukung(testbed, "exec", "first", "readlink", "/proc/self/ns/ipc")
                    .orThrow()
                    .strip());
    assertThat(
            shell(
                testbed,
                "run",
                List.of("--rm", "--network", "container:first"),
                "third",
                "readlink /proc/self/ns/net"))
        .isEqualTo(
            jukung(testbed, "exec", "first", "readlink", "/proc/self/ns/net").orThrow().strip());
    jukung(testbed, "rm", "-f", "first").orThrow();
  }

  @Test
  void updateChangesTheRestartPolicyAndPruneLeavesWhatIsAboutToStart(Testbed testbed)
      throws Exception {
    shell(
        testbed,
        "create",
        List.of("--network", "host"),
        "retried",
        "echo >>/runs; [ $(wc -l </runs) -gt "
            + RETRIES
            + " ] || exit 3; while [ ! -e /end ]; do sleep 0.05; done; exit 4");
    jukung(testbed, "update", "--restart", "on-failure", "retried").orThrow();
    assertThat(
            jukung(testbed, "inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", "retried")
                .orThrow())
        .isEqualTo("on-failure\n");
    jukung(testbed, "start", "retried").orThrow();
    Await.until(
        "it waits",
        () ->
            jukung(testbed, "ps", "--format", "{{.State}} {{.Status}}")
                .stdout()
                .startsWith("restarting Restarting (3) "));
    assertThat(jukung(testbed, "container", "prune", "-f").orThrow()).doesNotContain("deleted");
    String state = "{{.State.Status}} {{.RestartCount}}";
    String expected = "running " + RETRIES + "\n";
    Await.until(
        expected,
        () -> jukung(testbed, "inspect", "-f", state, "retried").stdout().equals(expected));
    jukung(testbed, "update", "--restart", "no", "retried").orThrow();
    end(testbed, "retried");
    Await.until(
        "it has ended",
        () -> jukung(testbed, "container", "prune", "-f").stdout().contains("deleted: "));
  }

  /** Tells the container to end, which may kill the command that tells it. */
  private static void end(Testbed testbed, String container) throws Exception {
    CommandResult told = jukung(testbed, "exec", container, "touch", "/end");
    assertThat(told.exitCode()).isIn(0, 128 + 9);
  }
}
