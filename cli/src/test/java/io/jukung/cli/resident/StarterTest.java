package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jukung.linux.libc.Arch;
import io.jukung.linux.process.CurrentProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs the starter of both architectures against a fake resident client; qemu-user runs the one
 * that is not the machine's. The starter has a mount namespace of its own, in which /run is a
 * directory of the test; needs root.
 */
@Timeout(60)
class StarterTest {
  private static final String PLAIN =
      """
      #!/bin/sh
      echo plain "$@"
      exit 7
      """;

  @TempDir Path work;

  @BeforeEach
  void needsRoot() {
    assumeThat(CurrentProcess.uid()).as("needs root, for mounts").isZero();
  }

  /** An installation with a starter, and a launcher that only prints its arguments. */
  private final class Installation {
    private final Arch arch;
    private final Path home = work.resolve("home");
    private final Path run = Files.createDirectory(work.resolve("run"));

    Installation(Arch arch) throws IOException {
      this.arch = arch;
      // A user that is not root starts it, too.
      Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.createDirectories(home.resolve("bin"));
      Files.createDirectories(home.resolve("lib/client"));
      Files.write(home.resolve("bin/jukung"), StarterCode.executable(arch));
      executable("bin/jukung");
      script("lib/launcher", PLAIN);
    }

    private void executable(String file) throws IOException {
      Files.setPosixFilePermissions(
          home.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    void script(String file, String text) throws IOException {
      Files.writeString(home.resolve(file), text);
      executable(file);
    }

    private String emulator() {
      return "/usr/bin/qemu-" + arch.toString().toLowerCase(Locale.ROOT) + "-static";
    }

    Path directory() {
      return run.resolve("jukung-client");
    }

    FakeResident resident() throws IOException {
      Files.createDirectory(
          directory(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return new FakeResident(socket());
    }

    /** The path on which this installation's resident client listens, outside of the namespace. */
    Path socket() throws IOException {
      // For the status of /proc/self/exe the emulator shows itself.
      Path program = arch == Arch.CURRENT ? home.resolve("bin/jukung") : Path.of(emulator());
      Map<String, Object> status = Files.readAttributes(program.toRealPath(), "unix:dev,ino,ctime");
      Instant changed = requireNonNull((FileTime) status.get("ctime")).toInstant();
      String name =
          Stream.of(
                  (long) requireNonNull(status.get("dev")),
                  (long) requireNonNull(status.get("ino")),
                  changed.getEpochSecond(),
                  (long) changed.getNano(),
                  hash(Files.readAllBytes(Path.of("/proc/self/cgroup"))))
              .map(HexFormat.of()::toHexDigits)
              .collect(Collectors.joining());
      return directory().resolve(name);
    }

    /** The hash that the starter computes of its cgroup: FNV-1a with 64 bits. */
    private static long hash(byte[] bytes) {
      long hash = 0xcbf29ce484222325L;
      for (byte b : bytes) {
        hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
      }
      return hash;
    }

    /** Starts a shell script in the namespace, in which $J is the starter's command line. */
    Process start(String script, String... variables) throws IOException {
      String starter = home.resolve("bin/jukung").toString();
      String line = arch == Arch.CURRENT ? starter : emulator() + " " + starter;
      List<String> command =
          new ArrayList<>(
              List.of(
                  "env",
                  "--default-signal", // what this test ignores, as under nohup(1), is not ignored
                  "unshare",
                  "--mount",
                  "sh",
                  "-c",
                  "mount --bind \"$0\" /run && J=\"$1\" && eval \"$2\"",
                  run.toString(),
                  line,
                  script));
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(work.toFile());
      builder.environment().remove("JUKUNG_CLIENT_SERVER");
      for (String variable : variables) {
        String[] parts = variable.split("=", 2);
        builder.environment().put(parts[0], parts[1]);
      }
      return builder.start();
    }
  }

  private record Result(int code, String out, String err) {
    static Result of(Process process) throws IOException, InterruptedException {
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), UTF_8);
      String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
      return new Result(process.waitFor(), out, err);
    }
  }

  private static void assertPlain(Process process, String arguments) throws Exception {
    assertThat(Result.of(process)).isEqualTo(new Result(7, "plain " + arguments + "\n", ""));
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void versionAndHelpComeFromFiles(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    Files.writeString(installation.home.resolve("lib/client/version"), "jukung 1\n");
    String help = "long text\n".repeat(5000);
    Files.writeString(installation.home.resolve("lib/client/help"), help);

    for (String option : List.of("--version", "-V")) {
      assertThat(Result.of(installation.start("exec $J " + option)))
          .isEqualTo(new Result(0, "jukung 1\n", ""));
    }
    for (String option : List.of("--help", "-h", "")) {
      assertThat(Result.of(installation.start("exec $J " + option)))
          .isEqualTo(new Result(0, help, ""));
    }
    assertPlain(
        installation.start("exec $J --version ps", "JUKUNG_CLIENT_SERVER=off"), "--version ps");
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void commandIsHandedOverWithItsDescriptorsAndDirectory(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J exec 'a b' \"\" -i", "BOAT=oar");
      List<String> request = resident.start();
      assertThat(request.subList(1, 5)).containsExactly("exec", "a b", "", "-i");
      assertThat(request).contains("BOAT=oar");
      assertThat(resident.descriptors()).hasSize(4);
      assertThat(Path.of(resident.descriptors().get(3).procPath()).toRealPath())
          .isEqualTo(work.toRealPath());
      process.getOutputStream().write("typed".getBytes(UTF_8));
      process.getOutputStream().flush();
      byte[] typed = new byte[5];
      assertThat(resident.descriptors().get(0).read(typed, 0, 5)).isEqualTo(5);
      resident.descriptors().get(1).write(typed);
      resident.descriptors().get(2).write("oh".getBytes(UTF_8));
      resident.exit(42);

      assertThat(Result.of(process)).isEqualTo(new Result(42, "typed", "oh"));
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void argumentsOfAMebibyteAreHandedOver(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      // A single argument may have 128 KiB.
      Process process =
          installation.start(
              "exec $J $(for i in 1 2 3 4 5 6 7 8 9; do head -c 120000 /dev/zero | tr '\\0' x;"
                  + " echo; done)");
      List<String> request = resident.start();
      assertThat(request.subList(1, 10)).allSatisfy(word -> assertThat(word).hasSize(120_000));
      resident.exit(0);
      assertThat(process.waitFor()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void refusedCommandRunsInAJvmOfItsOwn(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J ps -a");
      resident.greet();
      resident.receiveRequest();
      resident.send('R', 0);
      assertPlain(process, "ps -a");
      assertThat(resident.receive(2)).as("what a refused starter sends").isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void commandRunsInAJvmOfItsOwnWhereTheResidentClientEndsBeforeItAccepts(Arch arch)
      throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J ps");
      resident.accept();
      resident.hangUp();
      assertPlain(process, "ps");
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void commandRunsInAJvmOfItsOwnWhereTheResidentClientDoesNotAnswer(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J ps");
      assertPlain(process, "ps");
      resident.greet();
      assertThat(resident.receive(2)).as("what a starter sends that has given up").isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void endOfTheResidentClientIsReportedAndTheCommandIsNotRepeated(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J ps");
      resident.start();
      resident.hangUp();
      Result result = Result.of(process);
      assertThat(result.code()).isEqualTo(1);
      assertThat(result.out()).isEmpty();
      assertThat(result.err()).startsWith("jukung: the resident client ended").endsWith(")\n");
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void signalsArePassedOn(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J logs -f web");
      resident.start();
      for (int signal : new int[] {1, 2, 3, 15, 18}) {
        kill(process, signal);
        assertThat(resident.receive(2)).containsExactly('s', signal);
      }
      resident.exit(130);
      assertThat(process.waitFor()).isEqualTo(130);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void stopFromTheTerminalStopsTheStarterToo(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J logs -f web");
      resident.start();
      kill(process, 20);
      assertThat(resident.receive(2)).containsExactly('s', 20);
      await(() -> state(process) == 'T');
      kill(process, 18);
      assertThat(resident.receive(2)).containsExactly('s', 18);
      resident.exit(0);
      assertThat(process.waitFor()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void signalThatTheCallerIgnoresIsNotPassedOn(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("trap '' HUP INT; exec $J logs -f web");
      resident.start();
      kill(process, 1);
      kill(process, 2);
      kill(process, 15);
      assertThat(resident.receive(2)).containsExactly('s', 15);
      resident.exit(143);
      assertThat(process.waitFor()).isEqualTo(143);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void killedStarterClosesItsConnection(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Process process = installation.start("exec $J logs -f web");
      resident.start();
      kill(process, 9);
      assertThat(resident.receive(2)).isEmpty();
      assertThat(process.waitFor()).isEqualTo(137);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void directoryThatOthersMayUseIsNotTrusted(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      Files.setPosixFilePermissions(
          installation.directory(), PosixFilePermissions.fromString("rwxr-x---"));
      assertPlain(installation.start("exec $J ps"), "ps");
      Files.setPosixFilePermissions(
          installation.directory(), PosixFilePermissions.fromString("rwx------"));
      Files.setAttribute(installation.directory(), "unix:uid", 65534);
      assertPlain(installation.start("exec $J ps"), "ps");
      Files.setAttribute(installation.directory(), "unix:uid", 0);
      Path moved = installation.run.resolve("moved");
      Files.move(installation.directory(), moved);
      Files.createSymbolicLink(installation.directory(), Path.of("moved"));
      assertPlain(installation.start("exec $J ps"), "ps");
      assertThat(resident.isConnectedTo()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void someCommandsAndCallersAreServedByAJvmOfTheirOwn(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    try (FakeResident resident = installation.resident()) {
      assertPlain(installation.start("exec $J serve --config x"), "serve --config x");
      assertPlain(installation.start("exec $J -s x config show"), "-s x config show");
      assertPlain(installation.start("exec $J doctor"), "doctor");
      assertPlain(installation.start("exec $J ps", "JUKUNG_CLIENT_SERVER=off"), "ps");
      assertPlain(installation.start("exec setpriv --reuid=65534 --clear-groups $J ps"), "ps");
      assertThat(resident.isConnectedTo()).isFalse();

      Process process = installation.start("exec $J exec web serve");
      resident.start();
      resident.exit(3);
      assertThat(process.waitFor()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void residentClientIsStartedWithNothingOfItsFirstCaller(Arch arch) throws Exception {
    Installation installation = new Installation(arch);
    Path found = work.resolve("found");
    installation.script(
        "lib/client/resident",
        """
        #!/bin/sh
        exec >%s
        echo "$@"
        pwd
        env | sort
        echo "$$ $(cut -d' ' -f6 /proc/$$/stat)"
        for fd in /proc/$$/fd/*; do echo "${fd##*/} $(readlink $fd)"; done
        """
            .formatted(found));

    assertPlain(installation.start("exec 5</dev/zero; exec $J ps", "SECRET=secret"), "ps");

    List<String> lines = Files.readAllLines(found);
    String pid = lines.get(5).split(" ", 2)[0];
    assertThat(lines)
        .startsWith("/run/jukung-client/" + installation.socket().getFileName(), "/")
        .contains("LC_ALL=C.UTF-8", pid + " " + pid, "0 /dev/null", "2 /dev/null")
        .anyMatch(line -> line.startsWith("3 pipe:"))
        .noneMatch(line -> line.contains("SECRET") || line.startsWith("5 "));
  }

  private static void kill(Process process, int signal) throws IOException, InterruptedException {
    String line = "kill -" + signal + " " + process.pid();
    assertThat(new ProcessBuilder("sh", "-c", line).start().waitFor()).isZero();
  }

  private static char state(Process process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return stat.charAt(stat.lastIndexOf(')') + 2);
  }

  private interface Condition {
    boolean isTrue() throws IOException;
  }

  private static void await(Condition condition) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.isTrue()) {
      assertThat(System.nanoTime()).as("time to wait").isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
