package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the commands of docs/tour.md in their order, and looks for what they leave. */
class TourIT {
  @Test
  void everyCommandOfTheTourDoesWhatThePageSaysAndNothingIsLeft() throws Exception {
    WalkedPage page = WalkedPage.read("docs/tour.md");
    assertThat(page.size()).isGreaterThan(25);
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      Node node = testbed.node();
      // The login is kept in the home directory, which is that of this machine.
      node.run("sh", "-ec", "mkdir -p /root/.docker; mount -t tmpfs tmpfs /root/.docker").orThrow();
      String socket = "export HOME=/root JUKUNG_SOCKET=" + testbed.daemon().socket();
      assertThat(WalkedPage.run(node, socket + "; jukung images -q").orThrow().lines()).hasSize(1);
      Snapshot before = testbed.snapshot();
      page.walk(node, socket);
      testbed.assertNothingLeft(before);
      assertThat(Path.of("/tmp/tour")).doesNotExist();
    }
  }
}
