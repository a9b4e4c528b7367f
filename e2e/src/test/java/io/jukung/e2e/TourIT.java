package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Snapshot;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Runs the commands of docs/tour.md in their order, once with docker's client in jukung's place and
 * once with a daemon that is killed before each command, and looks for what they leave.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init") // set by start
class TourIT {
  /** What the classic builder of docker's client does not have. */
  private static final List<String> BUILDKIT_ALONE = List.of("build -q -o -", "builder du");

  private Testbed testbed;
  private String environment;
  private Snapshot before;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
    // The login is kept in the home directory, which is that of this machine.
    testbed
        .node()
        .run("sh", "-ec", "mkdir -p /root/.docker; mount -t tmpfs tmpfs /root/.docker")
        .orThrow();
    environment = "export HOME=/root JUKUNG_SOCKET=" + testbed.daemon().socket();
  }

  @AfterAll
  void end() throws Exception {
    try (Testbed _ = testbed) {
      assertThat(Path.of("/tmp/tour")).doesNotExist();
    }
  }

  @BeforeEach
  void takeSnapshot() throws Exception {
    assertThat(run("jukung images -q").lines()).hasSize(1);
    before = testbed.snapshot();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    testbed.assertNothingLeft(before);
  }

  private String run(String command) throws Exception {
    return run(environment, command);
  }

  private String run(String variables, String command) throws Exception {
    return WalkedPage.run(testbed.node(), variables + "\n" + command).orThrow();
  }

  @Test
  @Order(2)
  void everyCommandOfTheTourDoesWhatThePageSaysAlsoAfterTheDaemonWasKilled() throws Exception {
    WalkedPage page = WalkedPage.read("docs/tour.md");
    assertThat(page.size()).isGreaterThan(25);
    page.walk(testbed.node(), environment, testbed::killAndRestartDaemon);
  }

  @Test
  @Order(1) // It alone takes the name of the image away that the tour leaves.
  void dockerTakesTheTourInAContextOfItsOwn() throws Exception {
    WalkedPage page =
        WalkedPage.read("docs/tour.md")
            .without(BUILDKIT_ALONE)
            .withWord("jukung", "docker")
            .withWord("docker push", "docker push -q"); // its progress is not compared
    assertThat(page.size()).isGreaterThan(25);
    try (DockerEngine engine = DockerEngine.start(testbed)) {
      String address = "unix://" + engine.socket();
      String words =
          environment
              + " DOCKER_BUILDKIT=0 DOCKER_CLI_HINTS=false PATH=\"%s:$PATH\""
                  .formatted(DockerEngine.client().getParent());
      assertThat(run(words, "docker -H " + address + " version -f '{{.Server.Platform.Name}}'"))
          .isEqualTo("jukung\n");
      run(
          words,
          "docker context create node --docker host=" + address + " && docker context use node");
      assertThat(
              run(words, "docker context ls --format '{{.Name}} {{.Current}} {{.DockerEndpoint}}'"))
          .contains("node true " + address);
      page.walk(testbed.node(), words);
      run(words, "docker context use default && docker context rm node");
      run(words, "docker -H " + address + " rmi busybox");
    }
  }
}
