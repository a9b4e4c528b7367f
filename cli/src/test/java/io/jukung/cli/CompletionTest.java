package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a shell is told about unfinished command lines. */
@Timeout(60)
class CompletionTest {
  @TempDir Path directory;
  private FakeCri cri;

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
    String pod = cri.addPod("shop", Map.of());
    for (String name : List.of("web", "worker")) {
      cri.addContainer(
          pod,
          ContainerStatus.newBuilder()
              .setMetadata(ContainerMetadata.newBuilder().setName(name))
              .setState(ContainerState.CONTAINER_RUNNING));
    }
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
  }

  private String output(Path socket, String... line) {
    var out = new ByteArrayOutputStream();
    var environment =
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, UTF_8),
            new PrintStream(out, true, UTF_8),
            false,
            Map.of("JUKUNG_SOCKET", socket.toString()),
            InstantSource.system(),
            new OwnProcess());
    assertThat(Jukung.run(environment, line)).isZero();
    return out.toString(UTF_8);
  }

  /** The candidates for the last of the words. */
  private List<String> complete(String... words) {
    List<String> line = new ArrayList<>(List.of("__complete", "--"));
    line.addAll(List.of(words));
    return output(cri.socket(), line.toArray(String[]::new))
        .lines()
        .map(each -> each.split("\t", 2)[0])
        .toList();
  }

  @Test
  void commandsAndOptionsAreOfferedByWhatTheyBeginWith() {
    assertThat(complete("po")).containsExactly("port-forward", "port", "pods");
    assertThat(complete("logs", "--foll")).containsExactly("--follow");
    assertThat(complete("run", "--rm", "--na")).containsExactly("--name");
    assertThat(complete("no-such-command", "")).isEmpty();
  }

  @Test
  void namesAreThoseThatTheDaemonKnows() {
    assertThat(complete("logs", "")).containsExactlyInAnyOrder("web", "worker");
    assertThat(complete("stop", "web", "wo")).containsExactly("worker");
    assertThat(complete("logs", "--tail", "5", "we")).containsExactly("web");
    assertThat(complete("rmp", "")).containsExactly("shop");
    assertThat(complete("run", "--name", "")).isEmpty();
  }

  @Test
  void valuesOfOptionsAreOffered() {
    assertThat(complete("run", "--pull", "")).containsExactly("missing", "always", "never");
    assertThat(complete("run", "--pull=al")).containsExactly("--pull=always");
    assertThat(complete("ps", "--output", "")).containsExactly("table", "json");
    assertThat(complete("completion", "")).containsExactly("bash", "zsh", "fish");
  }

  @Test
  void fileNamesAreLeftToTheShell() {
    assertThat(complete("import", "")).containsExactly(":files");
  }

  /** Options of the container's program look like options of ours. */
  @Test
  void wordsOfTheContainersCommandAreItsOwn() {
    assertThat(complete("exec", "web", "ls", "--")).isEmpty();
    assertThat(complete("exec", "-i", "w")).containsExactly("web", "worker");
  }

  @Test
  void absentDaemonIsNoError() {
    assertThat(output(directory.resolve("none"), "__complete", "--", "logs", "")).isEmpty();
  }

  @Test
  void scriptIsPrintedForEachShell() {
    assertThat(output(cri.socket(), "completion")).contains("complete -F");
    assertThat(output(cri.socket(), "completion", "zsh")).startsWith("#compdef jukung");
    assertThat(output(cri.socket(), "completion", "fish")).contains("complete -c jukung");
  }

  /** bash itself runs the script, with a program in the place of jukung. */
  @Test
  void bashTakesTheCandidatesOfTheScript() throws Exception {
    Path program = directory.resolve("jukung");
    Files.writeString(
        program,
        "#!/bin/sh\nprintf '%s|' \"$@\" >" + directory + "/asked\nprintf 'web\\tan image\\n'\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path script =
        Files.writeString(directory.resolve("script"), output(cri.socket(), "completion"));
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "bash is not installed");
    Process bash =
        new ProcessBuilder(
                "/bin/bash",
                "--norc",
                "-c",
                "PATH=\"$1:$PATH\"; . \"$2\"; COMP_WORDS=(jukung logs we); COMP_CWORD=2; _jukung;"
                    + " printf '%s\\n' \"${COMPREPLY[@]}\"",
                "bash",
                directory.toString(),
                script.toString())
            .redirectErrorStream(true)
            .start();
    assertThat(new String(bash.getInputStream().readAllBytes(), UTF_8)).isEqualTo("web\n");
    assertThat(directory.resolve("asked")).hasContent("__complete|--|logs|we|");
  }
}
