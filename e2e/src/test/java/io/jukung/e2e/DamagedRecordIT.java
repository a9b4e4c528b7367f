package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Records of running pods that are damaged while no daemon runs. The testbed checks after each test
 * that nothing of the pod is left: processes, cgroups, mounts, network devices, addresses, files.
 */
@ExtendWith(Testbed.Extension.class)
class DamagedRecordIT {
  private static final String DAMAGE = "{\"version\":1,\"na";

  /** A person deletes the copies, and here the test does. */
  @AfterEach
  void deleteCopies(Testbed testbed) throws IOException {
    for (Path copy : copies(testbed)) {
      Files.delete(copy);
    }
  }

  private static List<Path> copies(Testbed testbed) throws IOException {
    try (Stream<Path> files = Files.list(testbed.daemon().root().resolve("damaged"))) {
      return files.toList();
    }
  }

  private static Path sandbox(Testbed testbed, Pod pod, String file) {
    return testbed.daemon().root().resolve("sandboxes").resolve(pod.id()).resolve(file);
  }

  private static Path container(Testbed testbed, String id, String file) {
    return testbed.daemon().root().resolve("containers").resolve(id).resolve(file);
  }

  private static void damageAndRestart(Testbed testbed, List<Path> files) throws Exception {
    testbed.daemon().kill();
    for (Path file : files) {
      Files.writeString(file, DAMAGE);
    }
    testbed.daemon().start();
    testbed.reconnect();
  }

  private static void assertShownNotReadyAndRemoved(Testbed testbed, Pod pod) throws Exception {
    List<PodSandbox> pods = testbed.pods();
    assertThat(pods).extracting(PodSandbox::getId).contains(pod.id());
    assertThat(pods)
        .filteredOn(each -> each.getId().equals(pod.id()))
        .allMatch(each -> each.getState() == PodSandboxState.SANDBOX_NOTREADY);
    assertThat(copies(testbed)).isNotEmpty();
    testbed.stopPod(pod.id());
    testbed.removePod(pod.id());
    assertThat(testbed.pods()).extracting(PodSandbox::getId).doesNotContain(pod.id());
    assertThat(addresses(testbed)).as("addresses that are still held").isEmpty();
  }

  /** The addresses that the network plugin has given out. */
  private static List<String> addresses(Testbed testbed) throws Exception {
    return testbed
        .node()
        .run("sh", "-c", "ls " + testbed.daemon().directory() + "/ipam/e2e | grep '^10[.]'; true")
        .orThrow()
        .lines()
        .toList();
  }

  @Test
  void podWhoseLatestRecordIsDamagedIsShownWithItsNameAndRemovedWhole(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("latest", NamespaceMode.POD);
    testbed.runContainer(pod, "app", List.of("sleep", "7671"));
    damageAndRestart(testbed, List.of(sandbox(testbed, pod, "status.json")));
    assertThat(testbed.podStatus(pod.id()).getMetadata()).isEqualTo(pod.config().getMetadata());
    assertShownNotReadyAndRemoved(testbed, pod);
  }

  @Test
  void podOfWhichEachRecordIsDamagedIsShownAndRemovedWhole(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("both", NamespaceMode.POD);
    testbed.runContainer(pod, "app", List.of("sleep", "7672"));
    damageAndRestart(
        testbed,
        List.of(sandbox(testbed, pod, "status.json"), sandbox(testbed, pod, "sandbox.json")));
    assertShownNotReadyAndRemoved(testbed, pod);
  }

  @Test
  void podIsNotHurtByDamageToItsFirstRecord(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("first", NamespaceMode.POD);
    String app = testbed.runContainer(pod, "app", List.of("sleep", "7673"));
    damageAndRestart(testbed, List.of(sandbox(testbed, pod, "sandbox.json")));
    assertThat(testbed.podStatus(pod.id()).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(testbed.exec(app, "true").getExitCode()).isZero();
    testbed.removePod(pod);
  }

  @Test
  void containerWhoseRecordIsDamagedIsEndedAndRemovedWithItsPod(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("container", NamespaceMode.POD);
    String damaged = testbed.runContainer(pod, "damaged", List.of("sleep", "7674"));
    String works = testbed.runContainer(pod, "works", List.of("sleep", "7675"));
    damageAndRestart(testbed, List.of(container(testbed, damaged, "container.json")));
    ContainerStatus ended = testbed.awaitExited(damaged);
    assertThat(ended.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(testbed.exec(works, "true").getExitCode()).isZero();
    testbed.removePod(pod);
  }

  @Test
  void containerWhoseSpecificationIsDamagedTooIsRemovedWithItsPod(Testbed testbed)
      throws Exception {
    Pod pod = testbed.runPod("specification", NamespaceMode.POD);
    String damaged = testbed.runContainer(pod, "damaged", List.of("sleep", "7676"));
    damageAndRestart(
        testbed,
        List.of(
            container(testbed, damaged, "container.json"),
            container(testbed, damaged, "config.json"),
            container(testbed, damaged, "status.json")));
    testbed.awaitExited(damaged);
    testbed.removePod(pod);
  }
}
