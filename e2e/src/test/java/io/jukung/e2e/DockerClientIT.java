package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker's client, and clients that speak HTTP, with {@code jukung engine}. */
@ExtendWith(Testbed.Extension.class)
class DockerClientIT {
  private Path socket;
  private Path logs;
  private Process engine;

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    socket = testbed.node().directory().resolve("docker.sock");
    logs = testbed.node().directory().resolve("docker-logs");
    engine =
        new ProcessBuilder(
                testbed
                    .node()
                    .inside(
                        List.of(
                            "sh",
                            "-c",
                            "echo $$ >\"$0\"; exec \"$@\"",
                            testbed.node().directory().resolve("engine.pid").toString(),
                            Daemon.dist().resolve("bin/jukung").toString(),
                            "-s",
                            testbed.daemon().socket().toString(),
                            "engine",
                            "--listen",
                            socket.toString(),
                            "--log-directory",
                            logs.toString())))
            .redirectErrorStream(true)
            .redirectOutput(testbed.node().directory().resolve("engine.log").toFile())
            .start();
    Await.until("the engine serves", this::isServed);
    assertThat(request("GET", "/_ping", "")).startsWith("HTTP/1.1 200 OK").endsWith("OK");
  }

  private boolean isServed() {
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return true;
    } catch (IOException e) {
      return false; // the socket is not there yet, or nobody listens yet
    }
  }

  @AfterEach
  void endEngineAndLookForLogs(Testbed testbed) throws Exception {
    endEngine(testbed);
    try (Stream<Path> left = Files.exists(logs) ? Files.walk(logs) : Stream.empty()) {
      assertThat(left.filter(Files::isRegularFile)).as("logs of removed containers").isEmpty();
    }
    Files.deleteIfExists(logs);
  }

  private void endEngine(Testbed testbed) throws Exception {
    Path pid = testbed.node().directory().resolve("engine.pid");
    testbed.node().run("kill", Files.readString(pid).strip()).orThrow();
    assertThat(engine.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(socket).doesNotExist();
  }

  private String request(String method, String path, String body) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      String text =
          method
              + " "
              + path
              + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + body.getBytes(UTF_8).length
              + "\r\n\r\n"
              + body;
      channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    }
  }

  @Test
  void everyCaseOfVersionsAndErrorsIsAnsweredAsTheApiSays(Testbed testbed) throws Exception {
    assertThat(request("HEAD", "/_ping", "")).contains("Api-Version: 1.51", "Swarm: inactive");
    assertThat(request("GET", "/v1.43/info", "")).contains("400", "is too old");
    assertThat(request("GET", "/v1.99/info", "")).contains("400", "is too new");
    assertThat(request("GET", "/v1.44/version", ""))
        .contains("\"ApiVersion\":\"1.51\"", "\"MinAPIVersion\":\"1.44\"");
    assertThat(request("GET", "/nothing", "")).contains("404", "{\"message\":\"page not found\"}");
    assertThat(request("GET", "/containers/none/json", ""))
        .contains("404", "No such container: none");
    assertThat(request("GET", "/images/none/json", ""))
        .contains("404", "No such image: none:latest");
    assertThat(request("POST", "/containers/create", "{")).contains("400", "not JSON");
    assertThat(request("POST", "/containers/create", "{\"Image\":\"none\"}"))
        .contains("404", "No such image: none:latest");
    String names =
        "{\"Image\":\"%s\",\"HostConfig\":{\"UTSMode\":\"host\"}}".formatted(testbed.busybox());
    assertThat(request("POST", "/containers/create", names))
        .contains("501", "HostConfig.UTSMode host is not implemented");
    assertThat(request("GET", "/swarm", "")).contains("503", "not a swarm manager");
    assertThat(request("GET", "/containers/json?filters=%7B%22x%22%3A%5B%5D%7D", ""))
        .contains("400", "invalid filter 'x'");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void containerLivesByPlainHttp(Testbed testbed) throws Exception {
    String body =
        "{\"Image\":\"%s\",\"Cmd\":[\"sh\",\"-c\",\"echo out; echo err >&2; exit 3\"],"
            + "\"HostConfig\":{\"NetworkMode\":\"host\"}}";
    String made =
        request("POST", "/v1.47/containers/create?name=plain", body.formatted(testbed.busybox()));
    assertThat(made).contains("201 Created").contains("\"Warnings\":[]");
    assertThat(request("POST", "/containers/create?name=plain", body.formatted(testbed.busybox())))
        .contains("409", "is already in use by container");
    assertThat(request("GET", "/containers/plain/json", "")).contains("\"Status\":\"created\"");
    assertThat(request("POST", "/containers/plain/start", "")).contains("204 No Content");
    assertThat(request("POST", "/containers/plain/wait", "")).contains("{\"StatusCode\":3}");
    assertThat(request("GET", "/containers/plain/logs?stdout=1&stderr=1", ""))
        .contains("Content-Type: application/vnd.docker.multiplexed-stream")
        .contains("\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0004out\n")
        .contains("\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0004err\n");
    assertThat(request("POST", "/containers/plain/stop", "")).contains("304 Not Modified");
    assertThat(request("POST", "/containers/plain/kill", "")).contains("409", "is not running");
    assertThat(request("GET", "/containers/json?all=1", ""))
        .contains("\"Names\":[\"/plain\"]", "\"State\":\"exited\"", "Exited (3) ");
    assertThat(request("DELETE", "/containers/plain", "")).contains("204 No Content");
    assertThat(testbed.pods()).isEmpty();
  }

  private CommandResult docker(Testbed testbed, String stdin, String... words) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "DOCKER_HOST=unix://" + socket,
                "DOCKER_CONFIG=" + testbed.node().directory().resolve("docker-config"),
                "DOCKER_CLI_HINTS=false",
                DockerEngine.client().toString()));
    line.addAll(List.of(words));
    return testbed.node().run(line, stdin);
  }

  @Test
  void dockerRunsContainersAsWithItsOwnEngine(Testbed testbed) throws Exception {
    String image = testbed.busybox();
    assertThat(docker(testbed, "", "version").orThrow()).contains("Server: jukung");
    assertThat(docker(testbed, "", "info").orThrow()).contains("Server Version: ");
    assertThat(docker(testbed, "", "pull", image).orThrow())
        .contains("Status: Image is up to date");
    CommandResult both =
        docker(
            testbed,
            "",
            "run",
            "--rm",
            "--network=host",
            image,
            "sh",
            "-c",
            "echo out; echo err >&2; exit 7");
    assertThat(both.stdout()).isEqualTo("out\n");
    assertThat(both.stderr()).isEqualTo("err\n");
    assertThat(both.exitCode()).isEqualTo(7);
    assertThat(
            docker(testbed, "typed", "run", "-i", "--rm", "--network=host", image, "cat").orThrow())
        .isEqualTo("typed");
    assertThat(docker(testbed, "", "run", "--rm", "--network=host", image, "nosuch").exitCode())
        .isEqualTo(127);
    Await.until("all are removed", () -> testbed.pods().isEmpty());
  }

  @Test
  void dockerSeesAndChangesARunningContainer(Testbed testbed) throws Exception {
    String image = testbed.busybox();
    docker(
            testbed,
            "",
            "run",
            "-d",
            "--name",
            "w",
            "-e",
            "A=b",
            "-l",
            "k=v",
            "-v",
            "docker-it:/data",
            image,
            "sh",
            "-c",
            "echo begun; trap 'echo term; exit 4' TERM; while true; do sleep 0.1; done")
        .orThrow();
    assertThat(docker(testbed, "", "ps", "--filter", "label=k=v").orThrow())
        .contains("Up ", " w\n");
    assertThat(docker(testbed, "", "exec", "w", "sh", "-c", "echo $A; exit 5").exitCode())
        .isEqualTo(5);
    assertThat(docker(testbed, "in", "exec", "-i", "w", "cat").orThrow()).isEqualTo("in");
    assertThat(docker(testbed, "", "exec", "w", "nosuch").exitCode()).isEqualTo(127);
    assertThat(
            docker(testbed, "", "inspect", "-f", "{{.State.Status}} {{.Config.Env}}", "w")
                .orThrow())
        .startsWith("running ")
        .contains("A=b");
    assertThat(docker(testbed, "", "top", "w").orThrow()).contains("sleep 0.1");
    assertThat(docker(testbed, "", "rm", "w").stderr()).contains("container is running");
    docker(testbed, "", "stop", "w").orThrow();
    assertThat(docker(testbed, "", "logs", "-f", "w").orThrow()).isEqualTo("begun\nterm\n");
    assertThat(docker(testbed, "", "wait", "w").orThrow()).isEqualTo("4\n");
    docker(testbed, "", "start", "w").orThrow();
    docker(testbed, "", "rm", "-f", "w").orThrow();
    assertThat(testbed.pods()).isEmpty();
    ContainerLifeIT.jukung(testbed, "volume", "rm", "docker-it").orThrow();
  }

  @Test
  void containerWithRmIsRemovedAlsoIfTheEngineWasAwayAtItsEnd(Testbed testbed) throws Exception {
    String body =
        ("{\"Image\":\"%s\",\"Cmd\":[\"sleep\",\"1\"],"
                + "\"HostConfig\":{\"NetworkMode\":\"host\",\"AutoRemove\":true}}")
            .formatted(testbed.busybox());
    assertThat(request("POST", "/containers/create?name=gone", body)).contains("201");
    assertThat(request("POST", "/containers/gone/start", "")).contains("204");
    endEngine(testbed);
    Await.until(
        "it has ended",
        () -> testbed.containers().stream().allMatch(each -> each.getStateValue() == 2));
    assertThat(testbed.containers()).hasSize(1);
    startEngine(testbed);
    Await.until("it is removed", () -> testbed.pods().isEmpty());
  }
}
