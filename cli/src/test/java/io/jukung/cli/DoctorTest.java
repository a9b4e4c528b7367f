package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.client.v1.Diagnosis;
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

@Timeout(60)
class DoctorTest {
  @TempDir Path directory;
  private FakeCri cri;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @BeforeEach
  void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
  }

  @AfterEach
  void stop() throws Exception {
    cri.close();
    System.clearProperty("jukung.home");
  }

  private int doctor(Path socket, String... arguments) {
    var all = new ArrayList<>(List.of("--socket", socket.toString(), "doctor"));
    all.addAll(List.of(arguments));
    return Jukung.run(
        new CliEnvironment(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, UTF_8),
            new PrintStream(out, true, UTF_8),
            false,
            Map.of(),
            InstantSource.fixed(FakeCri.NOW),
            new OwnProcess()),
        all.toArray(String[]::new));
  }

  private void found(Diagnosis.Level level, String check, String finding, String advice) {
    cri.diagnoses.add(
        Diagnosis.newBuilder()
            .setLevel(level)
            .setCheck(check)
            .setFinding(finding)
            .setAdvice(advice)
            .build());
  }

  @Test
  void eachFindingIsALineWithTheAdviceBelowIt() {
    found(Diagnosis.Level.OK, "seccomp", "filters can be compiled", "");
    found(Diagnosis.Level.WARNING, "swap", "swap is on", "Turn it off.");

    assertThat(doctor(cri.socket())).as("the exit code with a warning").isZero();

    assertThat(out.toString(UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("warning  daemon: the daemon is fake 1.2.3, and"),
            line -> assertThat(line).contains("Restart the daemon"),
            line -> assertThat(line).isEqualTo("ok       seccomp: filters can be compiled"),
            line -> assertThat(line).isEqualTo("warning  swap: swap is on"),
            line -> assertThat(line).isEqualTo("         Turn it off."));
  }

  @Test
  void problemMakesTheExitCodeOne() {
    found(Diagnosis.Level.PROBLEM, "network", "no plugin", "Install one.");
    assertThat(doctor(cri.socket(), "--json")).isEqualTo(1);
    assertThat(out.toString(UTF_8))
        .startsWith("[")
        .contains("\"check\" : \"network\"", "\"level\" : \"problem\"");
  }

  @Test
  void nodeIsCheckedByTheDaemonsProgramWhereNoDaemonAnswers() throws Exception {
    Path program = Files.createDirectories(directory.resolve("home/bin")).resolve("jukung");
    Files.writeString(
        program,
        """
        #!/bin/sh
        [ "$*" = 'serve --check=json --config=/etc/other.toml' ] || exit 3
        echo '{"check":"kernel","level":"ok","finding":"works","advice":""}'
        """);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    System.setProperty("jukung.home", directory.resolve("home").toString());

    assertThat(doctor(directory.resolve("none.sock"), "--config", "/etc/other.toml")).isEqualTo(1);

    assertThat(out.toString(UTF_8))
        .contains("problem  daemon: cannot reach a daemon on ")
        .contains("systemctl start jukung")
        .contains("ok       kernel: works\n");
  }

  @Test
  void checkThatDoesNotStartIsAProblem() throws Exception {
    Path program = Files.createDirectories(directory.resolve("home/bin")).resolve("jukung");
    Files.writeString(program, "#!/bin/sh\necho 'jukung: key x is unknown' >&2; exit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    System.setProperty("jukung.home", directory.resolve("home").toString());

    assertThat(doctor(directory.resolve("none.sock"))).isEqualTo(1);

    assertThat(out.toString(UTF_8)).contains("cannot be checked: jukung: key x is unknown");
  }
}
