package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** SIGHUP: the daemon reads its configuration again, and goes on. */
@ExtendWith(Testbed.Extension.class)
class ReloadIT {
  /** Sends SIGHUP and returns what the daemon has logged until it has reloaded. */
  private static String reload(Testbed testbed) throws Exception {
    int before = testbed.daemon().log().length();
    testbed.node().run("kill", "-HUP", Long.toString(testbed.daemon().pid())).orThrow();
    Await.until(
        "the daemon says what became of the reload",
        () ->
            !testbed.daemon().isAlive()
                || testbed.daemon().log().substring(before).contains("configuration"));
    assertThat(testbed.daemon().isAlive()).as("the daemon goes on").isTrue();
    return testbed.daemon().log().substring(before);
  }

  private static String configuration(Testbed testbed) {
    return testbed
        .client()
        .runtime()
        .status(StatusRequest.newBuilder().setVerbose(true).build())
        .getInfoOrThrow("config");
  }

  private static Path dropIn(Testbed testbed) throws Exception {
    return Files.createDirectories(testbed.daemon().config().resolveSibling("conf.d"))
        .resolve("50-test.toml");
  }

  @Test
  void changedSettingsHoldWhilePodsRunOn(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("before", NamespaceMode.NODE);
    String container = testbed.runShell(pod, "app", "exec sleep 1000");
    Path dropIn = dropIn(testbed);
    try {
      Files.writeString(
          dropIn,
          "root = '/other'\n[log]\nlevel = 'debug'\n[cni]\nconf_dir = '/no/such/directory'\n");

      assertThat(reload(testbed))
          .contains("log.level info -> debug")
          .contains("cni.conf_dir " + testbed.daemon().cniConfiguration() + " -> /no/such/");
      Await.until(
          "the daemon warns of what needs a restart",
          () -> testbed.daemon().log().contains("starts again: root "));

      assertThat(configuration(testbed))
          .contains("\"log.level\":\"debug\"")
          .contains("\"root\":\"" + testbed.daemon().root() + "\"");
      assertThat(
              testbed
                  .client()
                  .runtime()
                  .status(StatusRequest.getDefaultInstance())
                  .getStatus()
                  .getConditionsList())
          .anySatisfy(
              condition -> assertThat(condition.getMessage()).contains("in /no/such/directory"));
      Await.until("calls are logged", () -> testbed.daemon().log().contains("DEBUG"));
    } finally {
      Files.delete(dropIn);
      assertThat(reload(testbed)).contains("log.level debug -> info");
    }
    assertThat(testbed.status(container).getState().name()).isEqualTo("CONTAINER_RUNNING");
  }

  @Test
  void fileWithAProblemChangesNothing(Testbed testbed) throws Exception {
    String before = configuration(testbed);
    Path dropIn = dropIn(testbed);
    try {
      Files.writeString(dropIn, "[log]\nlevel = 'debug'\n[shim]\nspares = 1\n");

      String logged = reload(testbed);

      assertThat(logged)
          .contains("configuration not reloaded, the one before stays: " + dropIn)
          .contains("unknown key shim.spares, the nearest known key is shim.spare");
      assertThat(logged.lines()).hasSize(1);
      assertThat(configuration(testbed)).isEqualTo(before);
    } finally {
      Files.delete(dropIn);
      assertThat(reload(testbed)).contains("configuration reloaded, nothing has changed");
    }
  }
}
