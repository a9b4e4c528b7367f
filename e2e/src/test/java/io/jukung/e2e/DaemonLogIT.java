package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the daemon writes into its log. */
@ExtendWith(Testbed.Extension.class)
class DaemonLogIT {
  private static final String FAILING_PLUGIN =
      """
      #!/bin/sh
      cat >/dev/null
      case $CNI_COMMAND in
        VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["1.0.0"]}' ;;
        ADD) echo '{"cniVersion": "1.0.0", "code": 100, "msg": "no room for pods"}'; exit 1 ;;
      esac
      """;

  @Test
  void eventsOfAPodAreShortLinesWithItsName(Testbed testbed) throws Exception {
    int before = testbed.daemon().log().length();
    Pod pod = testbed.runPod("told", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", "exit 3");
    testbed.awaitExited(container);
    testbed.removePod(pod);

    List<String> lines = testbed.daemon().log().substring(before).lines().toList();
    String name = pod.config().getMetadata().getNamespace() + "/told";
    String shortId = pod.id().substring(0, 12);
    for (String event : List.of("runs", "stopped", "removed")) {
      assertThat(lines)
          .anySatisfy(
              line -> assertThat(line).endsWith("pod " + name + " (" + shortId + ") " + event));
    }
    for (String event : List.of("created", "started", "exited with code 3", "removed")) {
      assertThat(lines)
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("container app (" + container.substring(0, 12) + ") of pod ")
                      .endsWith(event));
    }
    assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThan(200));
    assertThat(lines.stream().map(line -> line.split(" ", 2)[0])).isSorted();
  }

  @Test
  void failedCallIsOneLineThatNamesThePodAndTheReason(Testbed testbed) throws Exception {
    Daemon daemon = testbed.daemon();
    Files.createDirectories(daemon.cniPlugins());
    Path plugin = Files.writeString(daemon.cniPlugins().resolve("full"), FAILING_PLUGIN);
    Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path network = daemon.cniConfiguration().resolve("00-full.conflist");
    Files.writeString(
        network,
        "{\"cniVersion\": \"1.0.0\", \"name\": \"full\", \"plugins\": [{\"type\": \"full\"}]}");
    try {
      int before = daemon.log().length();
      assertThatThrownBy(() -> testbed.runPod("unlucky", NamespaceMode.POD))
          .isInstanceOf(StatusRuntimeException.class);

      String logged = daemon.log().substring(before);
      assertThat(logged).doesNotContain("\n\tat ");
      assertThat(logged.lines().filter(line -> line.contains(" ERROR ")))
          .singleElement()
          .satisfies(
              line ->
                  assertThat(line)
                      .contains("RunPodSandbox ")
                      .contains("/unlucky failed: ")
                      .contains("no room for pods"));
    } finally {
      Files.delete(network);
      Files.delete(plugin);
    }
  }

  @Test
  void jsonLinesHaveTheCallAndItsPod() throws Exception {
    try (Testbed testbed = Testbed.start(Map.of(), "[log]\nformat = \"json\"")) {
      Pod pod = testbed.runPod("told", NamespaceMode.NODE);
      testbed.removePod(pod);

      List<String> lines =
          testbed.daemon().log().lines().filter(line -> line.contains("told")).toList();
      assertThat(lines).isNotEmpty().allSatisfy(line -> assertThat(line).startsWith("{"));
      assertThat(lines)
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("removed\"")
                      .contains("\"rpc\":\"RemovePodSandbox\"")
                      .contains("\"pod\":\"" + pod.id() + "\""));
    }
  }
}
