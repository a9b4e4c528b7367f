package io.jukung.e2e;

import static io.jukung.e2e.ContainerLifeIT.jukung;
import static io.jukung.e2e.ContainerLifeIT.shell;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Testbed;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What docker's users ask of containers and images, in docker's words. */
@ExtendWith(Testbed.Extension.class)
class DockerWordsIT {
  private static String inspected(Testbed testbed, String template, String name) throws Exception {
    return jukung(testbed, "inspect", "-f", template, name).orThrow().strip();
  }

  @Test
  void inspectShowsAContainerInDockersWords(Testbed testbed) throws Exception {
    String id =
        shell(
            testbed,
            "run",
            List.of(
                "-d", "--network", "host", "-l", "tier=front", "-e", "A=b c", "-v", "stored:/data:ro",
                "--memory", "64m", "--cap-add", "NET_ADMIN", "--restart", "on-failure:3"),
            "shown",
            "sleep 1000");
    assertThat(inspected(testbed, "{{.Id}} {{.Name}} {{.Path}}", "shown"))
        .isEqualTo(id + " /shown sh");
    assertThat(inspected(testbed, "{{.State.Running}} {{.State.Status}}", "shown"))
        .isEqualTo("true running");
    assertThat(inspected(testbed, "{{.State.Pid}}", "shown")).matches("[1-9][0-9]*");
    assertThat(inspected(testbed, "{{index .Config.Labels \"tier\"}} {{len .Config.Labels}}", id))
        .isEqualTo("front 1");
    assertThat(inspected(testbed, "{{range .Config.Env}}{{println .}}{{end}}", "shown"))
        .contains("A=b c");
    assertThat(
            inspected(
                testbed,
                "{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}} {{.RW}}{{end}}",
                "shown"))
        .isEqualTo("volume stored /data false");
    assertThat(
            inspected(
                testbed,
                "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}"
                    + " {{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.HostConfig.CapAdd}}"
                    + " {{.HostConfig.CapDrop}} {{.HostConfig.Binds}} {{.HostConfig.NetworkMode}}",
                "shown"))
        .isEqualTo("67108864 on-failure 3 [CAP_NET_ADMIN] <no value> [stored:/data:ro] host");
    jukung(testbed, "stop", "-t", "0", "shown").orThrow();
    assertThat(inspected(testbed, "{{.State.Running}} {{.State.ExitCode}} {{.State.Pid}}", "shown"))
        .isEqualTo("false 137 0");
    CommandResult wrong = jukung(testbed, "inspect", "-f", "{{.State.Ran}}", "shown");
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.stderr()).contains("line 1, column 3: there is no .Ran (there are Status,");
    jukung(testbed, "rm", "shown").orThrow();
    assertThat(inspected(testbed, "{{.Driver}}", "stored")).isEqualTo("local");
    jukung(testbed, "volume", "rm", "stored").orThrow();
  }
}
