package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.ContainerState;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The commands inspect, info and version. */
class InspectCommandsTest extends CommandHarness {
  @Test
  void inspectOfAContainerPrintsDockersJson() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "web")).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("[\n  {\n    \"Id\" : \"")
        .contains("\"Name\" : \"/web\"", "\"Running\" : true", "\"NetworkSettings\" : {");
  }

  @Test
  void inspectPrintsByATemplate() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));
    cri.addImage("sha256:1", "busybox");

    assertThat(jukung("inspect", "-f", "{{.Name}} {{.State.Running}} {{json .State.Pid}}", "web"))
        .isZero();
    assertThat(out).hasToString("/web true 42\n");
    out.reset();
    assertThat(jukung("inspect", "--format", "{{if .State.Health}}a{{else}}none{{end}}", "web"))
        .isZero();
    assertThat(out).hasToString("none\n");
    out.reset();
    assertThat(jukung("inspect", "--type", "image", "-f", "{{.Id}}", "busybox")).isZero();
    assertThat(out).hasToString("sha256:1\n");
  }

  @Test
  void inspectRefusesAWrongTemplate() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "-f", "{{.Name", "web")).isEqualTo(125);
    assertThat(err.toString(UTF_8)).contains("--format: template, line 1, column 1: ");
    err.reset();
    assertThat(jukung("inspect", "-f", "{{.State.Nope}}", "web")).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("there is no .Nope (there are Status, Running, ");
    err.reset();
    assertThat(jukung("inspect", "--type", "image", "web")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no image is called web\n");
  }

  @Test
  void rawInspectPrintsJsonInsideInfoAsATree() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "--raw", "web")).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("[\n  {\n    \"status\" : {")
        .contains(
            "\"exitCode\" : 0", "\"pid\" : 42", "\"note\" : \"not JSON\"", "\"createdAt\" : \"");
  }

  @Test
  void inspectFindsPodsAndImages() {
    cri.addPod("web", Map.of());
    cri.addImage("sha256:1", "busybox");

    assertThat(jukung("inspect", "web", "busybox")).isZero();
    assertThat(out.toString(UTF_8)).contains("\"ip\" : \"10.1.2.3\"", "\"RepoTags\" : [");
    assertThat(jukung("inspect", "nope")).isEqualTo(1);
    assertThat(err).hasToString("jukung: no container, pod, image or volume is called nope\n");
  }

  @Test
  void inspectPrintsTheLaunchProgram() {
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("inspect", "--launch-program", "web")).isZero();

    assertThat(out).hasToString("prepare:\n0 unshare(CLONE_NEWNS)\n");
  }

  @Test
  void infoPrintsWhatIsNotReadyWithTheReason() {
    assertThat(jukung("info")).isZero();

    assertThat(out)
        .hasToString(
            """
            Socket:    %s
            Runtime:   fake 1.2.3
            Runtime:   ready
            Network:   not ready, no network configuration in /etc/cni/net.d
            Handler:   default (recursive read-only mounts: yes, user namespaces: no)
            """
                .formatted(cri.socket()));
  }

  @Test
  void versionPrintsTheVersionsOfClientAndDaemon() {
    assertThat(jukung("version")).isZero();

    assertThat(out.toString(UTF_8))
        .matches(
            "Client: {3}jukung \\d+\\.\\d+\\.\\d+\\S*\nDaemon: {3}fake 1\\.2\\.3 \\(CRI v1\\)\n");
  }
}
