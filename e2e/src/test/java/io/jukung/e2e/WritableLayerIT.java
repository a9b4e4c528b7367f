package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.NeedsControllers;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A daemon whose root is on ext4 with project quotas. They need a kernel with quotas, which the
 * test node has.
 */
@NeedsControllers
@Timeout(300)
class WritableLayerIT {
  private static final int KIBIBYTES = 8 << 10;

  /** Prints the first project number of jukung's that has a limit or is in use; -1 for none. */
  private static final String NEXT_QUOTA =
      """
      open(my $root, "<", $ARGV[0]) or die $!;
      my $quota = "\\0" x 72;
      my $Q_GETNEXTQUOTA = (0x800009 << 8) | 2;
      my $result = syscall(443, fileno($root), $Q_GETNEXTQUOTA, 1 << 30, $quota);
      print $result < 0 ? -1 : unpack("x68 V", $quota);
      """;

  private static Testbed testbed;

  @BeforeAll
  static void start() throws Exception {
    testbed = Testbed.start(WritableLayerIT::format, "[writable_layer]\nmax_size = \"8MiB\"\n");
    testbed.pull(testbed.busybox());
  }

  private static void format(Node node, Daemon daemon) throws Exception {
    Path disk = node.directory().resolve("disk");
    Path root = Files.createDirectory(daemon.root());
    node.run("truncate", "-s", "1G", disk.toString()).orThrow();
    node.run("mkfs.ext4", "-q", "-O", "project,quota", "-E", "quotatype=prjquota", disk.toString())
        .orThrow();
    node.run("mount", "-o", "loop,prjquota", disk.toString(), root.toString()).orThrow();
  }

  @AfterAll
  static void stop() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
  }

  private static String nextQuota() throws Exception {
    return testbed
        .node()
        .run("perl", "-e", NEXT_QUOTA, testbed.daemon().root().toString())
        .orThrow();
  }

  /** Writes as much as fits, and returns how many KiB that is. */
  private static int fill(String container) {
    ExecSyncResponse written =
        testbed.exec(
            container, "sh", "-c", "dd if=/dev/zero of=/full bs=64k count=400; du -k /full");
    assertThat(written.getStderr().toStringUtf8()).contains("Disk quota exceeded");
    return Integer.parseInt(written.getStdout().toStringUtf8().split("\t", 2)[0]);
  }

  @Test
  void containerWritesNoMoreThanItsLimitAlsoAfterARestartAndLeavesNoQuota() throws Exception {
    Pod pod = testbed.runPod("limited", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "full", List.of("sleep", "1000"));
    String other = testbed.runContainer(pod, "other", List.of("sleep", "1000"));
    assertThat(fill(container)).isBetween(KIBIBYTES / 2, KIBIBYTES);
    assertThat(testbed.exec(container, "df", "-k", "/").getStdout().toStringUtf8())
        .containsPattern(" " + KIBIBYTES + " ");
    // A file of the image is copied up, moved and linked within the limit's directories.
    assertThat(
            testbed
                .exec(
                    other,
                    "sh",
                    "-c",
                    "echo x >>/etc/passwd; mkdir /d; mv /etc/passwd /d/p; ln /d/p /q; cat /q")
                .getExitCode())
        .isZero();

    testbed.killAndRestartDaemon();
    testbed.exec(container, "rm", "/full");
    assertThat(fill(container)).isBetween(KIBIBYTES / 2, KIBIBYTES);
    assertThat(Integer.parseUnsignedInt(nextQuota())).isGreaterThanOrEqualTo(1 << 30);

    testbed.removeAllPods();
    Await.until("no project has a limit or is in use", () -> nextQuota().equals("-1"));
  }

  @Test
  void optionOfOneContainerStandsAboveTheConfiguration() throws Exception {
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("own", NamespaceMode.NODE)
                .putLabels("io.jukung.run", "small")
                .build());
    String container =
        testbed.runContainer(
            pod,
            Requests.container(pod.config(), "small", testbed.busybox(), List.of("sleep", "1000"))
                .putLabels("io.jukung.run", "small")
                .putAnnotations("io.jukung.options", "{\"writableLayerBytes\":2097152}")
                .build());
    assertThat(fill(container)).isBetween(1 << 10, 2 << 10);
    testbed.removeAllPods();
    Await.until("no project has a limit or is in use", () -> nextQuota().equals("-1"));
  }
}
