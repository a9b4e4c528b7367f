package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The voting application of five services, which find each other by name, with docker's compose
 * beside a pod of kubelet's on one node.
 */
@ExtendWith(Testbed.Extension.class)
class VotingIT {
  private static final Path APPLICATION = Path.of("src/test/resources/voting").toAbsolutePath();
  private static final int VOTE_PORT = 18094;
  private static final int RESULT_PORT = 18095;

  private DockerEngine engine;

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    engine = DockerEngine.start(testbed);
  }

  @AfterEach
  void endEngineAndLookForLeft(Testbed testbed) throws Exception {
    var _ = compose(testbed, "down", "-v", "-t", "0");
    assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
    assertThat(engine.docker("network", "ls", "-q", "-f", "type=custom").orThrow()).isEmpty();
    testbed.removeAllPods();
    engine.close();
    Files.deleteIfExists(environment(testbed));
  }

  private static Path environment(Testbed testbed) {
    return testbed.node().directory().resolve("voting.env");
  }

  private CommandResult compose(Testbed testbed, String... words) throws Exception {
    Path environment = environment(testbed);
    Files.writeString(
        environment,
        "IMAGE=%s\nVOTE_PORT=%d\nRESULT_PORT=%d\n"
            .formatted(testbed.busybox(), VOTE_PORT, RESULT_PORT));
    List<String> line =
        new ArrayList<>(
            List.of(
                "--project-directory",
                APPLICATION.toString(),
                "--env-file",
                environment.toString()));
    line.addAll(List.of(words));
    return engine.compose(line.toArray(String[]::new));
  }

  private static String page(Testbed testbed, int port, String path) throws Exception {
    String url = "http://127.0.0.1:" + port + "/cgi-bin/" + path;
    return testbed.node().run("busybox", "wget", "-q", "-O", "-", url).stdout();
  }

  private static void awaitResult(Testbed testbed, String expected) throws Exception {
    Await.until(
        "the result is " + expected, () -> page(testbed, RESULT_PORT, "result").equals(expected));
  }

  @Test
  void votesReachTheResultAndOutliveTheDatabasesContainer(Testbed testbed) throws Exception {
    Testbed.Pod pod = testbed.runPod("kubelets", NamespaceMode.POD);
    String kubelets = testbed.runShell(pod, "app", "sleep 1000");

    compose(testbed, "up", "-d", "--wait").orThrow();
    assertThat(page(testbed, VOTE_PORT, "vote")).isEqualTo("cats or dogs?\n");
    assertThat(page(testbed, VOTE_PORT, "vote?ann=cats")).isEqualTo("queued\n");
    assertThat(page(testbed, VOTE_PORT, "vote?ben=dogs")).isEqualTo("queued\n");
    assertThat(page(testbed, VOTE_PORT, "vote?cem=cats")).isEqualTo("queued\n");
    awaitResult(testbed, "cats 2\ndogs 1\n");
    assertThat(page(testbed, VOTE_PORT, "vote?ann=dogs")).isEqualTo("queued\n");
    awaitResult(testbed, "cats 1\ndogs 2\n");
    assertThat(compose(testbed, "logs", "worker").orThrow())
        .contains("the worker begins", "counted ann=cats", "counted ann=dogs");

    compose(testbed, "rm", "-f", "-s", "database").orThrow();
    assertThat(page(testbed, VOTE_PORT, "vote?dia=cats")).isEqualTo("queued\n");
    compose(testbed, "up", "-d", "--wait").orThrow();
    awaitResult(testbed, "cats 2\ndogs 2\n");

    assertThat(testbed.status(kubelets).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(engine.docker("ps", "--format", "{{.Names}}").orThrow().lines())
        .hasSize(6)
        .anyMatch(name -> name.startsWith("k8s_app_"));
    compose(testbed, "down", "-v").orThrow();
    assertThat(testbed.status(kubelets).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }
}
