package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.DockerEngine;
import io.jukung.e2e.node.Testbed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What docker's client shows of containers while they run again. */
@ExtendWith(Testbed.Extension.class)
class DockerStreamsIT {
  @Test
  void attachedStartShowsTheNextRunOfAContainerThatHasEnded(Testbed testbed) throws Exception {
    try (DockerEngine engine = DockerEngine.start(testbed)) {
      String script = "echo run; echo err >&2; sleep 1; exit 3";
      engine.docker("run", "--name", "again", testbed.busybox(), "sh", "-c", script);
      var again = engine.docker("start", "-a", "again");
      assertThat(again.stdout()).isEqualTo("run\n");
      assertThat(again.stderr()).isEqualTo("err\n");
      assertThat(again.exitCode()).isEqualTo(3);
      assertThat(engine.docker("stats", "--no-stream", "--format", "{{.Name}}").orThrow())
          .isEmpty();
      engine.docker("rm", "again").orThrow();
    }
    assertThat(testbed.pods()).isEmpty();
  }

  @Test
  void terminalOfAnExecHasTheSizeThatTheRequestSays(Testbed testbed) throws Exception {
    try (DockerEngine engine = DockerEngine.start(testbed)) {
      engine.docker("run", "-d", "--name", "sized", testbed.busybox(), "sleep", "1000").orThrow();
      String script = "until stty size | grep -v '^0 0'; do sleep 0.1; done";
      String exec = "{\"Cmd\":[\"sh\",\"-c\",\"%s\"],\"Tty\":true,\"AttachStdout\":true%s}";
      String size = ",\"ConsoleSize\":[33,77]";
      // Both requests can say it: the client's own is the one of the start.
      assertThat(run(engine, exec.formatted(script, ""), "{\"Tty\":true" + size + "}"))
          .endsWith("33 77\r\n");
      assertThat(run(engine, exec.formatted(script, size), "{\"Tty\":true}")).endsWith("33 77\r\n");
      engine.docker("rm", "-f", "sized").orThrow();
    }
    assertThat(testbed.pods()).isEmpty();
  }

  private static String run(DockerEngine engine, String exec, String start) throws Exception {
    String made = engine.request("POST", "/containers/sized/exec", exec);
    String id = made.substring(made.indexOf("\"Id\":\"") + 6).substring(0, 64);
    return engine.request("POST", "/exec/" + id + "/start", start);
  }
}
