package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs {@code jukung doctor} with a daemon and without one. */
@ExtendWith(Testbed.Extension.class)
class DoctorIT {
  private static CommandResult doctor(Testbed testbed, String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString(),
                "doctor"));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  private static boolean hasControllers() throws Exception {
    return Files.readString(Node.cgroupMount().resolve("cgroup.controllers")).contains("memory");
  }

  @Test
  void runningDaemonTellsWhatItsNodeLacks(Testbed testbed) throws Exception {
    CommandResult result = doctor(testbed);
    assertThat(result.stdout())
        .contains("ok       daemon: jukung ")
        .contains("ok       kernel: all ")
        .contains("ok       network: ")
        .contains("ok       seccomp: ")
        .contains("ok       orphans: ");
    if (hasControllers()) {
      assertThat(result.stdout()).doesNotContain("does not have the controllers cpu");
    } else {
      assertThat(result.stdout())
          .contains("does not have the controllers cpu, memory, pids")
          .contains("Boot with cgroup_no_v1=all");
    }
    assertThat(result.exitCode()).as(result.stdout()).isZero();
  }

  @Test
  void missingPluginIsAProblem(Testbed testbed) throws Exception {
    Path file = testbed.daemon().cniConfiguration().resolve("00-broken.conflist");
    Files.writeString(
        file,
        "{\"cniVersion\":\"1.0.0\",\"name\":\"broken\",\"plugins\":[{\"type\":\"no-such-plugin\"}]}");
    try {
      CommandResult result = doctor(testbed);
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.stdout())
          .contains("problem  network: ")
          .contains("no-such-plugin")
          .contains("Install a CNI plugin");
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void nodeIsCheckedWithoutADaemonToo(Testbed testbed) throws Exception {
    testbed.daemon().terminate();
    try {
      CommandResult result = doctor(testbed, "--config", testbed.daemon().config().toString());
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.stdout())
          .contains("problem  daemon: cannot reach a daemon on " + testbed.daemon().socket())
          .contains("ok       kernel: all ")
          .contains("ok       network: ")
          .contains(testbed.daemon().root().toString());
      assertThat(result.stdout().lines().filter(line -> line.startsWith("problem"))).hasSize(1);
    } finally {
      testbed.daemon().start();
      testbed.reconnect();
    }
  }
}
