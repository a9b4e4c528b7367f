package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker's client, and clients that speak HTTP, with {@code jukung engine}. */
@ExtendWith(Testbed.Extension.class)
class DockerClientIT {
  private DockerEngine engine;

  @BeforeEach
  void startEngine(Testbed testbed) throws Exception {
    engine = DockerEngine.start(testbed);
    assertThat(engine.request("GET", "/_ping", "")).startsWith("HTTP/1.1 200 OK").endsWith("OK");
  }

  @AfterEach
  void endEngineAndLookForLogs() throws Exception {
    engine.close();
  }

  @Test
  void everyCaseOfVersionsAndErrorsIsAnsweredAsTheApiSays(Testbed testbed) throws Exception {
    assertThat(engine.request("HEAD", "/_ping", ""))
        .contains("Api-Version: 1.51", "Swarm: inactive");
    assertThat(engine.request("GET", "/v1.43/info", "")).contains("400", "is too old");
    assertThat(engine.request("GET", "/v1.99/info", "")).contains("400", "is too new");
    assertThat(engine.request("GET", "/v1.44/version", ""))
        .contains("\"ApiVersion\":\"1.51\"", "\"MinAPIVersion\":\"1.44\"")
        .containsPattern("\"Version\":\"28\\.[0-9.]+\\+jukung\\.[^\"]+\",\"ApiVersion\"");
    assertThat(engine.request("GET", "/nothing", ""))
        .contains("404", "{\"message\":\"page not found\"}");
    assertThat(engine.request("GET", "/containers/none/json", ""))
        .contains("404", "No such container: none");
    assertThat(engine.request("GET", "/images/none/json", ""))
        .contains("404", "No such image: none:latest");
    assertThat(engine.request("POST", "/containers/create", "{")).contains("400", "not JSON");
    assertThat(engine.request("POST", "/containers/create", "{\"Image\":\"none\"}"))
        .contains("404", "No such image: none:latest");
    String names =
        "{\"Image\":\"%s\",\"HostConfig\":{\"UTSMode\":\"host\"}}".formatted(testbed.busybox());
    assertThat(engine.request("POST", "/containers/create", names))
        .contains("501", "HostConfig.UTSMode host is not implemented");
    assertThat(engine.request("GET", "/swarm", "")).contains("503", "not a swarm manager");
    assertThat(engine.request("GET", "/containers/json?filters=%7B%22x%22%3A%5B%5D%7D", ""))
        .contains("400", "invalid filter 'x'");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void containerLivesByPlainHttp(Testbed testbed) throws Exception {
    String body =
        "{\"Image\":\"%s\",\"Cmd\":[\"sh\",\"-c\",\"echo out; echo err >&2; exit 3\"],"
            + "\"HostConfig\":{\"NetworkMode\":\"host\"}}";
    String made =
        engine.request(
            "POST", "/v1.47/containers/create?name=plain", body.formatted(testbed.busybox()));
    assertThat(made).contains("201 Created").contains("\"Warnings\":[]");
    assertThat(
            engine.request(
                "POST", "/containers/create?name=plain", body.formatted(testbed.busybox())))
        .contains("409", "is already in use by container");
    assertThat(engine.request("GET", "/containers/plain/json", ""))
        .contains("\"Status\":\"created\"");
    assertThat(engine.request("POST", "/containers/plain/start", "")).contains("204 No Content");
    assertThat(engine.request("POST", "/containers/plain/wait", "")).contains("{\"StatusCode\":3}");
    assertThat(engine.request("GET", "/containers/plain/logs?stdout=1&stderr=1", ""))
        .contains("Content-Type: application/vnd.docker.multiplexed-stream")
        .contains("\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0004out\n")
        .contains("\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0004err\n");
    assertThat(engine.request("POST", "/containers/plain/stop", "")).contains("304 Not Modified");
    assertThat(engine.request("POST", "/containers/plain/kill", ""))
        .contains("409", "is not running");
    assertThat(engine.request("GET", "/containers/json?all=1", ""))
        .contains("\"Names\":[\"/plain\"]", "\"State\":\"exited\"", "Exited (3) ");
    assertThat(engine.request("DELETE", "/containers/plain", "")).contains("204 No Content");
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void dockerRunsContainersAsWithItsOwnEngine(Testbed testbed) throws Exception {
    String image = testbed.busybox();
    assertThat(engine.docker("version").orThrow()).contains("Server: jukung");
    assertThat(engine.docker("info").orThrow()).contains("Server Version: ");
    assertThat(engine.docker("pull", image).orThrow()).contains("Status: Image is up to date");
    CommandResult both =
        engine.docker(
            "run", "--rm", "--network=host", image, "sh", "-c", "echo out; echo err >&2; exit 7");
    assertThat(both.stdout()).isEqualTo("out\n");
    assertThat(both.stderr()).isEqualTo("err\n");
    assertThat(both.exitCode()).isEqualTo(7);
    assertThat(
            engine
                .dockerReading("typed", "run", "-i", "--rm", "--network=host", image, "cat")
                .orThrow())
        .isEqualTo("typed");
    assertThat(engine.docker("run", "--rm", "--network=host", image, "nosuch").exitCode())
        .isEqualTo(127);
    Await.until("all are removed", () -> testbed.pods().isEmpty());
  }

  @Test
  void dockerSeesAndChangesARunningContainer(Testbed testbed) throws Exception {
    String image = testbed.busybox();
    engine
        .docker(
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
    assertThat(engine.docker("ps", "--filter", "label=k=v").orThrow()).contains("Up ", " w\n");
    assertThat(engine.docker("exec", "w", "sh", "-c", "echo $A; exit 5").exitCode()).isEqualTo(5);
    assertThat(engine.dockerReading("in", "exec", "-i", "w", "cat").orThrow()).isEqualTo("in");
    assertThat(engine.docker("exec", "w", "nosuch").exitCode()).isEqualTo(127);
    assertThat(engine.docker("inspect", "-f", "{{.State.Status}} {{.Config.Env}}", "w").orThrow())
        .startsWith("running ")
        .contains("A=b");
    assertThat(engine.docker("top", "w").orThrow()).contains("sleep 0.1");
    assertThat(engine.docker("rm", "w").stderr()).contains("container is running");
    engine.docker("stop", "w").orThrow();
    assertThat(engine.docker("logs", "-f", "w").orThrow()).isEqualTo("begun\nterm\n");
    assertThat(engine.docker("wait", "w").orThrow()).isEqualTo("4\n");
    engine.docker("start", "w").orThrow();
    engine.docker("rm", "-f", "w").orThrow();
    assertThat(testbed.pods()).isEmpty();
    ContainerLifeIT.jukung(testbed, "volume", "rm", "docker-it").orThrow();
  }

  @Test
  void containerWithRmIsRemovedAlsoIfTheEngineWasAwayAtItsEnd(Testbed testbed) throws Exception {
    String body =
        ("{\"Image\":\"%s\",\"Cmd\":[\"sleep\",\"1\"],"
                + "\"HostConfig\":{\"NetworkMode\":\"host\",\"AutoRemove\":true}}")
            .formatted(testbed.busybox());
    assertThat(engine.request("POST", "/containers/create?name=gone", body)).contains("201");
    assertThat(engine.request("POST", "/containers/gone/start", "")).contains("204");
    engine.end();
    Await.until(
        "it has ended",
        () -> testbed.containers().stream().allMatch(each -> each.getStateValue() == 2));
    assertThat(testbed.containers()).hasSize(1);
    startEngine(testbed);
    Await.until("it is removed", () -> testbed.pods().isEmpty());
  }
}
