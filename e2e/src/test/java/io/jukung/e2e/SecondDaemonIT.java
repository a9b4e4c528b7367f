package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A daemon with directories of its own beside another one. */
@AlsoInTestNode
class SecondDaemonIT {
  /** A regression: the second daemon killed the containers of the first one at its start. */
  @Test
  void secondDaemonInTheSameCgroupIsRefusedAndThePodsOfTheFirstRunOn() throws Exception {
    try (Testbed first = Testbed.start(Map.of(), "")) {
      Pod pod = first.runPod("web", NamespaceMode.POD);
      String container = first.runContainer(pod, "app", List.of("sleep", "1000"));
      final String shim = first.shim(pod.id());
      Daemon second = Daemon.in(first.node(), "second");
      String cgroup = "root = \"/%s/%s\"";
      String config = Files.readString(second.config());
      assertThat(config).contains(cgroup.formatted(first.node().name(), "second"));
      Files.writeString(
          second.config(),
          config.replace(
              cgroup.formatted(first.node().name(), "second"),
              cgroup.formatted(first.node().name(), "daemon")));
      second.launch();
      assertThat(second.awaitExit()).isEqualTo(1);
      assertThat(second.log())
          .contains("belongs to the jukung of root " + first.daemon().root())
          .contains("set cgroup.root to something else");
      assertThat(first.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(first.exec(container, "echo", "alive").getStdout().toStringUtf8())
          .isEqualTo("alive\n");

      // Killed and started again, the first one is still the owner; the second one is not.
      first.killAndRestartDaemon();
      assertThat(first.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      assertThat(first.shim(pod.id())).isEqualTo(shim);
      first.daemon().kill();
      second.launch();
      assertThat(second.awaitExit()).as("while the pods of the first one run").isEqualTo(1);
      first.daemon().start();
      first.reconnect();
      assertThat(first.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
      first.removeAllPods();
    }
  }

  @Test
  void cgroupThatSomebodyElseMadeStaysWithItsProcess() throws Exception {
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      Path cgroup =
          Files.createDirectory(
              Node.cgroupMount()
                  .resolve(testbed.node().name())
                  .resolve("daemon")
                  .resolve("f".repeat(64)));
      Process process = new ProcessBuilder("sleep", "1000").start();
      try {
        Files.writeString(cgroup.resolve("cgroup.procs"), Long.toString(process.pid()));
        testbed.killAndRestartDaemon();
        CommandResult live = testbed.node().run("cat", cgroup.resolve("cgroup.events").toString());
        assertThat(live.stdout()).contains("populated 1");
        assertThat(process.isAlive()).isTrue();
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }
}
