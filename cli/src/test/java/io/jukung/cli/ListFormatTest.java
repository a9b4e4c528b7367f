package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ListContainersRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The options {@code --format} and {@code --filter} of lists. */
@Timeout(60)
class ListFormatTest {
  @TempDir Path directory;
  private FakeCri cri;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
    cri.addContainer("p", container("web", ContainerState.CONTAINER_RUNNING));
    cri.addContainer("p", container("old", ContainerState.CONTAINER_EXITED).setExitCode(3));
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
  }

  private static ContainerStatus.Builder container(String name, ContainerState state) {
    return ContainerStatus.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage("sha256:1").setUserSpecifiedImage("busybox"))
        .setState(state)
        .putLabels("tier", name)
        .setStartedAt(FakeCri.A_MINUTE_AGO)
        .setFinishedAt(FakeCri.A_MINUTE_AGO);
  }

  private int jukung(String... arguments) {
    var environment =
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            false,
            Map.of("JUKUNG_SOCKET", directory.resolve("cri.sock").toString()),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess());
    return Jukung.run(environment, arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "{{.Names}}|{{.State}}|{{.Image}}, web|running|busybox",
    "{{.Status}} {{.RunningFor}}, Up About a minute 59 seconds ago",
    "{{.Label \"tier\"}}{{.Label \"no\"}}, web",
    "{{if eq .State \"running\"}}up{{end}}, up",
    "{{upper .Names}} {{len .ID}}, WEB 12",
  })
  void psPrintsByATemplate(String template, String expected) {
    assertThat(jukung("ps", "--format", template)).isZero();
    assertThat(out).hasToString(expected + "\n");
  }

  @Test
  void tableOfATemplateHasHeadings() {
    assertThat(jukung("ps", "-a", "--format", "table {{.Names}}\\t{{.State}}")).isZero();
    assertThat(out)
        .hasToString(
            """
            NAMES   STATE
            old     exited
            web     running
            """);
  }

  @Test
  void jsonHasALineForEachContainerWithDockersFields() {
    assertThat(jukung("ps", "-a", "--no-trunc", "--format", "json")).isZero();
    assertThat(out.toString(UTF_8).lines())
        .hasSize(2)
        .last()
        .asString()
        .contains("\"Names\":\"web\"", "\"State\":\"running\"", "\"Labels\":\"tier=web\"");
  }

  @Test
  void unknownFieldIsAnErrorThatNamesTheOthers() {
    assertThat(jukung("ps", "--format", "{{.Name}}")).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("there is no .Name (there are ", "Names");
    assertThat(jukung("ps", "--format", "{{.Names")).isEqualTo(125);
  }

  @ParameterizedTest
  @CsvSource({
    "name=we, web",
    "name=^/?web$, web",
    "id=ffff, ''",
    "status=exited, old",
    "status=running, web",
    "exited=3, old",
    "exited=4, ''",
    "ancestor=busybox, web",
    "ancestor=nginx, ''",
    "health=none, web",
    "label=tier, web",
    "label=tier=web, web",
    "label=tier=x, ''",
    "label!=tier=web, ''",
    "before=old, web",
    "since=web, ''",
    "network=bridge, web",
    "network=host, ''",
    "publish=80, ''",
    "expose=80-90/tcp, ''",
  })
  void psFiltersAsDockerDoes(String filter, String expected) {
    assertThat(jukung("ps", "--filter", filter, "--format", "{{.Names}}")).isZero();
    assertThat(out.toString(UTF_8).strip()).isEqualTo(expected);
  }

  @Test
  void lastContainersAreListedWhetherTheyRunOrNot() {
    assertThat(jukung("ps", "-l", "--format", "{{.Names}}")).isZero();
    assertThat(out).hasToString("old\n");
    out.reset();
    assertThat(jukung("ps", "-n", "2", "-q")).isZero();
    assertThat(out.toString(UTF_8).lines()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"title=x", "name", "status=up", "exited=x", "publish=x", "name=[", "health=fine"})
  void wrongFiltersAreRefusedBeforeTheDaemonIsAsked(String filter) {
    assertThat(jukung("ps", "--filter", filter)).isEqualTo(125);
    assertThat(cri.requests(ListContainersRequest.class)).isEmpty();
  }

  @Test
  void unknownFilterNamesTheKnownOnes() {
    assertThat(jukung("ps", "--filter", "title=x")).isEqualTo(125);
    assertThat(err.toString(UTF_8)).contains("the keys are ancestor, before, exited, expose");
  }

  @Test
  void imagesPrintByATemplate() {
    cri.addImage("sha256:2", "docker.io/library/busybox:1.36");
    assertThat(jukung("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")).isZero();
    assertThat(out).hasToString("docker.io/library/busybox:1.36 2\n");
    out.reset();
    assertThat(jukung("images", "busybox", "-q")).isZero();
    assertThat(out).hasToString("sha256:2\n");
    out.reset();
    assertThat(jukung("images", "nginx", "-q")).isZero();
    assertThat(out.size()).isZero();
  }
}
