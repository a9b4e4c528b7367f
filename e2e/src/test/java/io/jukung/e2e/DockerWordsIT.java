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
                "-d",
                "--network",
                "host",
                "-l",
                "tier=front",
                "-e",
                "A=b c",
                "-v",
                "stored:/data:ro",
                "--memory",
                "64m",
                "--cap-add",
                "NET_ADMIN",
                "--restart",
                "on-failure:3"),
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
        .isEqualTo("67108864 on-failure 3 [CAP_NET_ADMIN] [] [stored:/data:ro] host");
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

  @Test
  void listsAndDiskUsageAreChosenByTemplatesAndFilters(Testbed testbed) throws Exception {
    shell(testbed, "run", List.of("-d", "--network", "host"), "runs", "sleep 1000");
    shell(
        testbed,
        "run",
        List.of("-d", "--network", "host", "-v", "kept:/data", "-l", "tier=back"),
        "ended",
        "echo x >/data/f; echo y >/f; exit 3");
    jukung(testbed, "wait", "ended").orThrow();
    assertThat(jukung(testbed, "ps", "--format", "{{.Names}} {{.State}}").orThrow())
        .isEqualTo("runs running\n");
    assertThat(
            jukung(
                    testbed,
                    "ps",
                    "--filter",
                    "exited=3",
                    "--filter",
                    "volume=kept",
                    "--filter",
                    "label=tier=back",
                    "--filter",
                    "network=host",
                    "--format",
                    "table {{.Names}}\\t{{.Mounts}}\\t{{.Command}}")
                .orThrow())
        .matches("NAMES   MOUNTS   COMMAND\nended   kept     \"sh -c [^\"]*\"\n");
    assertThat(jukung(testbed, "system", "df", "--format", "{{.Type}} {{.TotalCount}}").orThrow())
        .matches("Images [1-9]\nContainers 2\nLocal Volumes 1\nBuild Cache 0\n");
    assertThat(jukung(testbed, "system", "df", "-v").orThrow())
        .contains("ended", "runs", "kept", "VOLUME NAME");
    assertThat(jukung(testbed, "container", "prune", "-f", "--filter", "label=none").orThrow())
        .isEqualTo("Total reclaimed space: 0B\n");
    assertThat(jukung(testbed, "system", "prune", "-f").orThrow()).contains("deleted: ");
    assertThat(jukung(testbed, "ps", "-a", "--format", "{{.Names}}").orThrow()).isEqualTo("runs\n");
    assertThat(jukung(testbed, "volume", "ls", "--format", "{{.Name}}").orThrow())
        .isEqualTo("kept\n");
    jukung(testbed, "volume", "rm", "kept").orThrow();
    jukung(testbed, "rm", "-f", "runs").orThrow();
  }

  @Test
  void containerSharesTheProcessesOfTheNode(Testbed testbed) throws Exception {
    assertThat(
            shell(
                testbed,
                "run",
                List.of("--network", "host", "--pid", "host", "--oom-score-adj", "700"),
                "shares",
                "cat /proc/self/oom_score_adj; test $$ -ne 1 && echo not first"))
        .isEqualTo("700\nnot first");
    jukung(testbed, "rm", "shares").orThrow();
  }
}
