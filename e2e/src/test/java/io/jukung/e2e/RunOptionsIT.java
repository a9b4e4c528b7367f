package io.jukung.e2e;

import static io.jukung.e2e.ContainerLifeIT.jukung;
import static io.jukung.e2e.ContainerLifeIT.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Options of {@code jukung run} and {@code start}, as a user uses them. */
@ExtendWith(Testbed.Extension.class)
class RunOptionsIT {
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
}
