package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.text.ShortId;
import io.jukung.cri.v1.ContainerState;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The commands ps, pods and images. */
class ListCommandsTest extends CommandHarness {
  @Test
  void psListsRunningContainersInWords() {
    String pod = cri.addPod("pod", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));
    cri.addContainer(pod, container("done", ContainerState.CONTAINER_EXITED).setExitCode(2));

    assertThat(jukung("ps")).isZero();

    assertThat(out)
        .hasToString(
            """
            CONTAINER ID   IMAGE     CREATED          STATUS              NAME   POD ID
            %s   busybox   59 seconds ago   Up About a minute   web    %s
            """
                .formatted(ShortId.of(id), ShortId.of(pod)));
  }

  @Test
  void psWithAllListsEveryStateNewestFirst() {
    String pod = cri.addPod("pod", Map.of());
    cri.addContainer(pod, container("a", ContainerState.CONTAINER_RUNNING));
    cri.addContainer(pod, container("b", ContainerState.CONTAINER_EXITED).setExitCode(2));
    cri.addContainer(pod, container("c", ContainerState.CONTAINER_CREATED));
    cri.addContainer(pod, container("d", ContainerState.CONTAINER_UNKNOWN));

    assertThat(jukung("ps", "-a")).isZero();

    assertThat(out.toString(UTF_8).lines().skip(1).map(line -> line.split(" {2,}", -1)[3]))
        .containsExactly(
            "Unknown", "Created", "Exited (2) About a minute ago", "Up About a minute");
  }

  @Test
  void psAsJsonIsTheAnswerOfTheCri() {
    String id = cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));

    assertThat(jukung("ps", "-o", "json")).isZero();

    assertThat(out.toString(UTF_8))
        .contains(
            "\"containers\" : [", "\"id\" : \"" + id + "\"", "\"state\" : \"CONTAINER_RUNNING\"");
  }

  @Test
  void quietListsPrintWholeIds() {
    String pod = cri.addPod("pod", Map.of());
    String id = cri.addContainer(pod, container("web", ContainerState.CONTAINER_RUNNING));
    cri.addImage("sha256:abc", "busybox:1");

    jukung("ps", "-q");
    jukung("pods", "-q");
    jukung("images", "-q");

    assertThat(out).hasToString(id + "\n" + pod + "\nsha256:abc\n");
  }

  @Test
  void podsShowStateAndAddress() {
    String id = cri.addPod("web", Map.of());

    assertThat(jukung("pods")).isZero();

    assertThat(out)
        .hasToString(
            """
            POD ID         CREATED          STATE   NAME   NAMESPACE   ATTEMPT   IP
            %s   59 seconds ago   Ready   web    default     0         10.1.2.3
            """
                .formatted(ShortId.of(id)));
  }

  @Test
  void imagesHaveALinePerTag() {
    cri.addImage("sha256:0123456789abcdef", "localhost:5000/busybox:1", "busybox:latest");
    cri.addImage("sha256:fedcba9876543210");

    assertThat(jukung("images")).isZero();

    assertThat(out)
        .hasToString(
            """
            REPOSITORY               TAG      IMAGE ID       SIZE
            localhost:5000/busybox   1        0123456789ab   4.21MB
            busybox                  latest   0123456789ab   4.21MB
            <none>                   <none>   fedcba987654   4.21MB
            """);
  }
}
