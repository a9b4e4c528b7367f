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
}
