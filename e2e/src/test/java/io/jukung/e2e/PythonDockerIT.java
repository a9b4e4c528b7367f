package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Docker's library for Python (Debian's package python3-docker), and the first docker-compose, with
 * {@code jukung engine}.
 */
@ExtendWith(Testbed.Extension.class)
class PythonDockerIT {
  private static final String PROGRAM =
      """
      import docker, sys

      client = docker.DockerClient(base_url=sys.argv[1], version="auto")
      image = sys.argv[2]
      print("ping", client.ping())
      print("run", client.containers.run(image, ["echo", "hello"], remove=True))
      try:
          client.containers.run(image, ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
      except docker.errors.ContainerError as e:
          print("error", e.exit_status, e.stderr)

      network = client.networks.create("py", labels={"k": "v"})
      container = client.containers.run(
          image, ["sh", "-c", "echo begun; exec sleep 1000"], name="py-one", detach=True,
          network="py", environment={"A": "b"}, labels={"app": "x"}, mem_limit="32m")
      container.reload()
      print("status", container.status, container.attrs["HostConfig"]["Memory"])
      network.reload()
      print("members", [each.name for each in network.containers])
      print("exec", container.exec_run(
          ["sh", "-c", "echo $A $B $PWD $(id -u); exit 4"], environment={"B": "c"},
          workdir="/tmp", user="65534"))
      print("logs", next(iter(container.logs(stream=True))))
      stats = container.stats(stream=False)
      now, before = stats["cpu_stats"], stats["precpu_stats"]
      print("stats", stats["name"], now["cpu_usage"]["total_usage"] > 0,
            now["system_cpu_usage"] > before["system_cpu_usage"] > 0)
      print("top", container.top()["Processes"][0][-1])
      container.update(mem_limit="64m", memswap_limit="64m")
      container.reload()
      print("update", container.attrs["HostConfig"]["Memory"])
      print("list", [each.name for each in client.containers.list(filters={"label": "app=x"})])
      container.stop(timeout=0)
      print("wait", container.wait()["StatusCode"])
      container.remove()
      network.remove()
      try:
          client.networks.get("py")
      except docker.errors.NotFound:
          print("gone")
      """;

  @Test
  void libraryRunsContainersAndNetworks(Testbed testbed) throws Exception {
    try (DockerEngine engine = DockerEngine.start(testbed)) {
      CommandResult result =
          testbed
              .node()
              .run(
                  "/usr/bin/python3",
                  "-c",
                  PROGRAM,
                  "unix://" + engine.socket(),
                  testbed.busybox());
      assertThat(result.stderr()).isEmpty();
      assertThat(result.stdout().lines())
          .containsExactly(
              "ping True",
              "run b'hello\\n'",
              "error 3 b'bad\\n'",
              "status running " + (32 << 20),
              "members ['py-one']",
              "exec ExecResult(exit_code=4, output=b'b c /tmp 65534\\n')",
              "logs b'begun\\n'",
              "stats /py-one True True",
              "top sleep 1000",
              "update " + (64 << 20),
              "list ['py-one']",
              "wait 137",
              "gone");
    }
    assertThat(testbed.pods()).isEmpty();
  }

  /** Debian's docker-compose of bookworm is the program in Python; later releases have another. */
  @Test
  void firstComposeRunsAnApplication(Testbed testbed) throws Exception {
    Path application = Files.createDirectory(testbed.node().directory().resolve("old"));
    Files.writeString(
        application.resolve("docker-compose.yml"),
        """
        version: "3.8"
        services:
          web:
            image: %s
            command: ["sh", "-c", "echo begun; wget -q -O - http://db:8080/f; exec sleep 1000"]
            depends_on: [db]
            stop_grace_period: 1s
          db:
            image: %s
            command: ["httpd", "-f", "-p", "8080", "-h", "/data"]
            volumes: ["data:/data"]
            environment: {A: b}
            stop_grace_period: 1s
        volumes:
          data: {}
        """
            .formatted(testbed.busybox(), testbed.busybox()));
    try (DockerEngine engine = DockerEngine.start(testbed)) {
      assumeTrue(
          first(testbed, engine, application, "version", "--short").stdout().startsWith("1."),
          "/usr/bin/docker-compose is a later one");
      first(testbed, engine, application, "up", "-d").orThrow();
      assertThat(first(testbed, engine, application, "ps").orThrow())
          .containsPattern("old_db_1 .* Up ")
          .containsPattern("old_web_1 .* Up ");
      assertThat(
              first(testbed, engine, application, "exec", "-T", "db", "sh", "-c", "echo $A")
                  .orThrow())
          .isEqualTo("b\n");
      Await.until(
          "the other service has answered",
          () ->
              first(testbed, engine, application, "logs", "--no-color", "web")
                  .stdout()
                  .matches("(?s).*web_1  \\| begun\n.*web_1  \\| wget: .* 404 .*"));
      first(testbed, engine, application, "up", "-d", "--scale", "web=2").orThrow();
      assertThat(first(testbed, engine, application, "ps", "-q", "web").orThrow().lines())
          .hasSize(2);
      first(testbed, engine, application, "down", "-v").orThrow();
      assertThat(engine.docker("volume", "ls", "-q").orThrow()).isEmpty();
      assertThat(engine.docker("network", "ls", "-q", "-f", "type=custom").orThrow()).isEmpty();
    }
    assertThat(testbed.pods()).isEmpty();
    testbed.node().run("rm", "-r", application.toString()).orThrow();
  }

  private static CommandResult first(
      Testbed testbed, DockerEngine engine, Path application, String... words) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "--chdir=" + application,
                "DOCKER_HOST=unix://" + engine.socket(),
                // Without it, a file of version 3.8 asks for version 1.38 of the API.
                "COMPOSE_API_VERSION=auto",
                "/usr/bin/docker-compose"));
    line.addAll(List.of(words));
    return testbed.node().run(line, "");
  }
}
