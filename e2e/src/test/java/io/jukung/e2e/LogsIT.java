package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.ReopenContainerLogRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Testbed.Extension.class)
class LogsIT {
  @Test
  void longLineIsSplitIntoPartialLinesThatJoinToTheOriginal(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("long", NamespaceMode.NODE);
    int length = 50_000;
    String container =
        testbed.runShell(
            pod, "long", "head -c %d /dev/zero | tr '\\0' x; echo; echo short".formatted(length));
    testbed.awaitExited(container);
    List<String> lines = Files.readAllLines(pod.log("long"));
    StringBuilder joined = new StringBuilder();
    for (String line : lines.subList(0, lines.size() - 1)) {
      String[] fields = line.split(" ", 4);
      assertThat(fields[3].length()).isLessThanOrEqualTo(16 << 10);
      joined.append(fields[3]);
    }
    assertThat(joined).hasToString("x".repeat(length));
    assertThat(lines.subList(0, lines.size() - 2)).allMatch(line -> line.contains(" stdout P "));
    assertThat(lines.get(lines.size() - 2)).contains(" stdout F ");
    assertThat(lines.getLast()).endsWith(" stdout F short");
  }

  /** Neither dots nor symbolic links in the log path may lead out of the directory. */
  @Test
  void logStaysInTheLogDirectoryOfItsPod(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("paths", NamespaceMode.NODE);
    Path elsewhere = Files.createDirectories(testbed.node().directory().resolve("elsewhere"));
    for (String path : List.of("../../x", "/tmp/x", "a/../../x", ".", "a/..")) {
      assertThat(failure(() -> testbed.createContainer(pod, logging(testbed, pod, path))).getCode())
          .as(path)
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    Path directory = Path.of(pod.config().getLogDirectory());
    Files.createSymbolicLink(directory.resolve("linked"), elsewhere);
    Files.createSymbolicLink(directory.resolve("file.log"), elsewhere.resolve("file"));
    for (String path : List.of("linked/x.log", "file.log")) {
      String container = testbed.createContainer(pod, logging(testbed, pod, path));
      assertThat(failure(() -> testbed.startContainer(container)).getDescription())
          .contains("is a symbolic link");
      testbed.removeContainer(container);
    }
    assertThat(elsewhere).isEmptyDirectory();
    String deep = testbed.createContainer(pod, logging(testbed, pod, "made/for/it.log"));
    testbed.startContainer(deep);
    testbed.awaitExited(deep);
    assertThat(directory.resolve("made/for/it.log")).content().contains(" stdout F hello");
  }

  /** On some nodes /var/log/pods is a symbolic link. */
  @Test
  void logDirectoryMayBeReachedThroughASymlink(Testbed testbed) throws Exception {
    Path real = Files.createDirectories(testbed.node().directory().resolve("real-logs"));
    Path link = testbed.node().directory().resolve("linked-logs");
    Files.createSymbolicLink(link, real);
    Pod pod =
        testbed.runPod(
            testbed
                .podConfig("linked", NamespaceMode.NODE)
                .setLogDirectory(link.resolve("pod").toString())
                .build());
    String container = testbed.createContainer(pod, logging(testbed, pod, "c.log"));
    testbed.startContainer(container);
    testbed.awaitExited(container);
    assertThat(real.resolve("pod/c.log")).content().contains(" stdout F hello");
    assertThat(testbed.status(container).getLogPath())
        .isEqualTo(link.resolve("pod/c.log").toString());
  }

  private static ContainerConfig logging(Testbed testbed, Pod pod, String path) {
    return Requests.container(pod.config(), "c", testbed.busybox(), List.of("echo", "hello"))
        .setLogPath(path)
        .build();
  }

  @Test
  void timestampsAscendAndOthersCannotReadTheLog(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("times", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "times", "for i in 1 2 3 4 5; do echo $i; done");
    testbed.awaitExited(container);
    List<OffsetDateTime> times =
        Files.readAllLines(pod.log("times")).stream()
            .map(line -> OffsetDateTime.parse(line.split(" ", 2)[0]))
            .toList();
    assertThat(times).hasSize(5).isSorted();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pod.log("times"))))
        .isEqualTo("rw-r-----");
  }

  @Test
  void rotationLosesNoLineAndWritesNoMoreToTheOldFile(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("rotated", NamespaceMode.NODE);
    int lines = 400;
    String container =
        testbed.runShell(
            pod,
            "counter",
            "i=0; while [ $i -lt %d ]; do echo $i; i=$((i+1)); usleep 5000; done".formatted(lines));
    Path log = pod.log("counter");
    Path rotated = Path.of(log + ".1");
    Await.until("some lines are logged", () -> Files.readAllLines(log).size() > 20);
    Files.move(log, rotated);
    testbed
        .client()
        .runtime()
        .reopenContainerLog(
            ReopenContainerLogRequest.newBuilder().setContainerId(container).build());
    assertThat(log).as("the new file, when the call returns").exists();
    long oldSize = Files.size(rotated);
    testbed.awaitExited(container);
    assertThat(Files.size(rotated)).as("size of the old file").isEqualTo(oldSize);
    List<String> all =
        Stream.concat(Files.readAllLines(rotated).stream(), Files.readAllLines(log).stream())
            .map(line -> line.split(" ", 4)[3])
            .toList();
    assertThat(all).isEqualTo(IntStream.range(0, lines).mapToObj(Integer::toString).toList());
  }

  @Test
  void reopeningTheLogOfAnExitedContainerFails(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("ended", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "ended", List.of("true"));
    testbed.awaitExited(container);
    failure(
        () ->
            testbed
                .client()
                .runtime()
                .reopenContainerLog(
                    ReopenContainerLogRequest.newBuilder().setContainerId(container).build()));
  }

  @Test
  void everyLineOfAFastWriterIsLogged(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("fast", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "fast", List.of("seq", "1", "200000"));
    testbed.awaitExited(container);
    List<String> content = logged(pod, "fast");
    assertThat(content).hasSize(200_000);
    assertThat(content.getLast()).isEqualTo("200000");
  }
}
