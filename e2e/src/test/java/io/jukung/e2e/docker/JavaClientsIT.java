package io.jukung.e2e.docker;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Testcontainers for Java, and docker-java with its own transport. They run on the node, where the
 * published ports are.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class JavaClientsIT {
  private Testbed testbed;
  private DockerEngine engine;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
    engine = DockerEngine.start(testbed);
  }

  @AfterAll
  void end() throws Exception {
    try (Testbed _ = testbed) {
      if (engine != null) {
        engine.close();
      }
    }
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertThat(engine.docker("ps", "-aq").orThrow()).isEmpty();
    assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
    assertThat(engine.docker("network", "ls", "-q", "-f", "type=custom").orThrow()).isEmpty();
  }

  /** The class path of this JVM, for another working directory. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(":"))
        .map(each -> Path.of(each).toAbsolutePath().toString())
        .collect(Collectors.joining(":"));
  }

  private CommandResult run(Class<?> program, String... arguments) throws Exception {
    Path home = Files.createDirectories(testbed.node().directory().resolve("java-home"));
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "DOCKER_HOST=unix://" + engine.socket(),
                "DOCKER_CONFIG=" + engine.configuration(),
                "PATH=" + DockerEngine.client().getParent() + ":" + System.getenv("PATH"),
                // The reaper, and the image for checks without this setting, are on Docker Hub.
                "TESTCONTAINERS_RYUK_DISABLED=true",
                "TESTCONTAINERS_TINYIMAGE_CONTAINER_IMAGE=" + testbed.busybox(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Duser.home=" + home,
                "-Djava.io.tmpdir=" + home,
                "-cp",
                classPath(),
                program.getName()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line, "");
  }

  @Test
  void dockerJavaRunsAContainer() throws Exception {
    String image = testbed.registry().push("docker-java:1");
    CommandResult result = run(DockerJavaProgram.class, "unix://" + engine.socket(), image);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout().lines())
        .containsExactly(
            "version: 1.51",
            "info: linux",
            "image: linux",
            "running: true",
            "memory: " + (64 << 20),
            "network: [java]",
            "list: running",
            "exec: [in b, err] 4",
            "copied: copied in",
            "stats: true",
            "top: 1",
            "wait: 137",
            "log: [out, err]",
            "gone: 404");
  }

  @Test
  void testcontainersRunsServersNetworksAndApplications() throws Exception {
    String image = testbed.registry().push("testcontainers:1");
    Path application = Files.createDirectories(testbed.node().directory().resolve("application"));
    Files.writeString(
        application.resolve("compose.yaml"),
        """
        services:
          web:
            image: %s
            command: ["sh", "-c", "echo web ready; exec sleep 1000"]
            stop_grace_period: 0s
        """
            .formatted(image));
    engine.configurePlugins();
    CommandResult result = run(TestcontainersProgram.class, image, application.toString());
    assertThat(result.stdout().lines())
        .as(result.stderr())
        .containsExactly(
            "client: linux",
            "page: hello",
            "copied: from the test",
            "exec: from the test err 3",
            "later: later",
            "running: true",
            "network: page",
            "log: ready",
            "ended: launch failed",
            "compose: web ready",
            "left: true");
    engine.docker("image", "rm", image).orThrow();
  }
}
