package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Docker's library for Python (Debian's package python3-docker) with {@code jukung engine}. */
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
}
