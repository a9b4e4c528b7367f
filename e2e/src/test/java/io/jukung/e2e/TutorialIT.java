package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Node;
import org.junit.jupiter.api.Test;

/** Runs the commands of docs/tutorial.md in their order, as they stand there. */
class TutorialIT {
  @Test
  void everyCommandOfTheTutorialDoesWhatThePageSays() throws Exception {
    WalkedPage page = WalkedPage.read("docs/tutorial.md");
    assertThat(page.size()).isGreaterThan(12);
    try (Node node = Node.start()) {
      QuickstartIT.makeBareMachine(node);
      assertThat(QuickstartIT.quickstart(node).exitCode()).isZero();
      try {
        page.walk(node);
        assertThat(WalkedPage.run(node, "jukung ps -a").orThrow()).doesNotContain("web");
      } finally {
        QuickstartIT.quickstart(node, "--stop");
      }
    }
  }
}
