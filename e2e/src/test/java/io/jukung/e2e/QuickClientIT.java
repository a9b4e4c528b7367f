package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command line as the resident client runs it. Each test has an installation of its own, and so
 * a resident client of its own: the starter, and launchers that write down that they were started.
 */
class QuickClientIT {
  private static Testbed testbed;
  private static int installations;

  private Path home;

  @BeforeAll
  static void startDaemonAndContainer() throws Exception {
    testbed = Testbed.start(Map.of(), "");
    List<String> line = new ArrayList<>(List.of(dist("bin/jukung"), "--socket", socket()));
    String script = "echo started; echo oh >&2; exec sleep 1000";
    line.addAll(List.of("run", "-d", "--name", "web", "--network", "host"));
    line.addAll(List.of("--log-directory", testbed.node().directory().resolve("cli").toString()));
    line.addAll(List.of(testbed.busybox(), "sh", "-c", script));
    testbed.node().run(line).orThrow();
  }

  @AfterAll
  static void stopDaemon() throws Exception {
    testbed.close();
  }

  private static String dist(String file) {
    return Daemon.dist().resolve(file).toString();
  }

  private static String socket() {
    return testbed.daemon().socket().toString();
  }

  @BeforeEach
  void install() throws IOException {
    home = testbed.node().directory().resolve("installation-" + ++installations);
    Files.createDirectories(home.resolve("bin"));
    Files.createDirectories(home.resolve("lib/client"));
    Files.copy(Path.of(dist("bin/jukung")), home.resolve("bin/jukung"));
    script("lib/launcher", "plain", "", dist("lib/launcher"));
    resident("");
  }

  private void resident(String options) throws IOException {
    script("lib/client/resident", "residents", options, dist("lib/client/resident"));
  }

  /** Writes a launcher that adds its pid to a file, and then becomes the program. */
  private void script(String file, String pids, String options, String program) throws IOException {
    String line =
        "#!/bin/sh\necho $$ >>%s/%s; %s exec %s \"$@\"\n".formatted(home, pids, options, program);
    Files.writeString(home.resolve(file), line);
    Files.setPosixFilePermissions(home.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** How many commands have run in a JVM of their own. */
  private int plainCommands() throws IOException {
    return lines("plain").size();
  }

  /** The pids of the resident clients, in the node, in the order in which they were started. */
  private List<String> residents() throws IOException {
    return lines("residents");
  }

  private List<String> lines(String file) throws IOException {
    Path path = home.resolve(file);
    return Files.exists(path) ? Files.readAllLines(path) : List.of();
  }

  /** A command line with the variables that the client reads. */
  private static List<String> client(String program, String... arguments) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env", "-u", "JUKUNG_CLIENT_SERVER", "JUKUNG_SOCKET=" + socket(), "GIVEN=value"));
    line.add(program);
    line.addAll(List.of(arguments));
    return line;
  }

  private List<String> quickLine(String... arguments) {
    return client(home.resolve("bin/jukung").toString(), arguments);
  }

  private CommandResult quick(String... arguments) throws Exception {
    return testbed.node().run(quickLine(arguments));
  }

  private static CommandResult plain(String input, String... arguments) throws Exception {
    return testbed.node().run(client(dist("lib/launcher"), arguments), input);
  }

  private CommandResult shell(String script) throws Exception {
    String variables =
        "unset JUKUNG_CLIENT_SERVER; export JUKUNG_SOCKET=%s; J=%s; "
            .formatted(socket(), home.resolve("bin/jukung"));
    return testbed.node().run("sh", "-c", variables + script);
  }

  private static CommandResult blanked(CommandResult result) {
    return new CommandResult(result.exitCode(), blanked(result.stdout()), blanked(result.stderr()));
  }

  /** Times pass between two commands. */
  private static String blanked(String text) {
    return text.replaceAll("(\\d+|About a|About an|Less than a) (seconds?|minutes?)( ago)?", "TIME")
        .replaceAll(" +", " ");
  }

  private static String first(List<String> pids) {
    return pids.getFirst();
  }

  @Test
  void outputsAndExitCodesAreThoseOfAJvmOfItsOwn() throws Exception {
    String lines =
        """
        ps
        ps -a
        ps -q
        ps -o json
        pods
        images
        images -q
        inspect web
        inspect --launch-program web
        logs web
        logs --tail 1 web
        logs no-such
        exec web echo in
        exec web sh -c true
        exec web /no/such/program
        exec -i web sh -c cat
        exec -it web sh
        exec --timeout 5 web id
        run --rm --network host -e GIVEN BUSYBOX env
        version
        info
        df
        fsck
        tag BUSYBOX quick:1
        stop no-such
        pull 127.0.0.1:5000/no/such:1
        --socket /no/such/socket ps
        -s relative.sock ps
        ps --help
        run --help
        images --version
        no-such-command
        ps --no-such-option
        completion
        """;
    for (String line : lines.lines().toList()) {
      String[] words = line.replace("BUSYBOX", testbed.busybox()).split(" ", -1);
      CommandResult quick = testbed.node().run(quickLine(words), "typed\n");
      assertThat(blanked(quick)).as(line).isEqualTo(blanked(plain("typed\n", words)));
    }
    for (String line : List.of("--version", "-V", "--help", "-h")) {
      assertThat(quick(line)).as(line).isEqualTo(plain("", line));
    }
    assertThat(quick()).isEqualTo(plain(""));
    assertThat(plainCommands()).isZero();
    assertThat(residents()).hasSize(1);
  }

  @Test
  void pathsAreRelativeToTheCallersDirectory() throws Exception {
    String run = "$J run --rm --network host --log-directory logs -v ./volume:/data ";
    CommandResult result =
        shell(
            "mkdir -p a/volume && echo from here >a/volume/file && cd a && "
                + run
                + testbed.busybox()
                + " cat /data/file && $J export -f out.tar "
                + testbed.busybox()
                + " && ls && $J import out.tar >/dev/null && $J import - <out.tar >/dev/null");
    assertThat(result.stderr()).isEmpty();
    assertThat(result.orThrow()).isEqualTo("from here\nlogs\nout.tar\nvolume\n");
    assertThat(plainCommands()).isZero();
  }

  @Test
  void largeInputAndOutputPass() throws Exception {
    int bytes = 20_000_000;
    CommandResult result =
        shell(
            "head -c %d /dev/urandom >large; $J exec -i web cat <large | cmp - large && echo same;"
                    .formatted(bytes)
                + "cat large | $J exec -i web wc -c; $J exec web cat /bin/busybox >copy;"
                + " $J exec web sh -c 'cat /bin/busybox | wc -c'; wc -c <copy");
    List<String> lines = result.orThrow().lines().toList();
    assertThat(lines.subList(0, 2)).containsExactly("same", Integer.toString(bytes));
    assertThat(lines.get(2)).isEqualTo(lines.get(3));
    assertThat(plainCommands()).isZero();
  }

  /** They went on for ever: what could not be written was dropped. */
  @Test
  void endlessOutputEndsWhereItsReaderDoes() throws Exception {
    String ends = "{ timeout 60 $J %s; echo $? >&2; } | head -c 1 >/dev/null; ";
    String endless = "sh -c 'while true; do echo line; done'";
    CommandResult result =
        shell(
            ends.formatted("exec web " + endless)
                + ends.formatted(
                    "run --rm --network host --log-directory logs -i "
                        + testbed.busybox()
                        + " "
                        + endless)
                + "$J run -d --name lines --network host --log-directory logs %s %s >/dev/null; "
                    .formatted(testbed.busybox(), endless)
                + ends.formatted("logs -f lines")
                + "export JUKUNG_CLIENT_SERVER=off; "
                + ends.formatted("exec web " + endless)
                + ends.formatted("logs -f lines")
                + "unset JUKUNG_CLIENT_SERVER; $J rm -f lines >/dev/null");
    assertThat(result.stderr().lines()).containsExactly("141", "141", "141", "141", "141");
    assertThat(plainCommands()).isEqualTo(2);
  }

  @Test
  void commandsRunAtTheSameTime() throws Exception {
    CommandResult result =
        shell(
            "$J ps -q >/dev/null; for i in 1 2 3 4 5 6 7 8; do $J exec web sh -c \"sleep 1;"
                + " echo $i; exit $i\" >out.$i & done; wait; cat out.*");
    assertThat(result.orThrow()).isEqualTo("1\n2\n3\n4\n5\n6\n7\n8\n");
    assertThat(residents()).hasSize(1);
    assertThat(plainCommands()).isZero();
  }

  @Test
  void terminalHasItsSizeIsResizedAndIsRestored() throws Exception {
    CommandResult result =
        shell(
            """
            cat >at-terminal <<'END'
            stty rows 31 cols 101
            (until grep -q ready screen; do sleep 0.1; done; stty rows 40 cols 90) </dev/tty &
            $J exec -it web sh -c '
              until stty size 2>/dev/null | grep "31 101"; do sleep 0.1; done
              echo ready
              until stty size | grep "40 90"; do sleep 0.1; done
              exit 3'
            echo code $?
            stty -a | grep -o -w -e -icanon -e icanon
            END
            export J
            script -qefc 'sh at-terminal' screen </dev/null
            """);
    assertThat(result.stdout().replace("\r", "").replace("^@", ""))
        .isEqualTo("31 101\nready\n40 90\ncode 3\nicanon\n");
    assertThat(plainCommands()).isZero();
  }

  @Test
  void terminalIsRestoredWhereTheResidentClientIsKilled() throws Exception {
    CommandResult result =
        shell(
            """
            cat >at-terminal <<'END'
            (until grep -q ready screen; do sleep 0.1; done; kill -KILL $(cat %s/residents)) &
            $J exec -it web sh -c 'echo ready; sleep 79'
            echo code $?
            stty -a | grep -o -w -e -icanon -e icanon
            END
            export J
            script -qefc 'sh at-terminal' screen </dev/null
            """
                .formatted(home));
    assertThat(result.stdout()).contains("code 1").endsWith("\nicanon\r\n");
    assertThat(plainCommands()).isZero();
  }

  @Test
  void commandInTheBackgroundLeavesWhatIsTypedToTheForeground() throws Exception {
    CommandResult result =
        shell(
            """
            cat >at-terminal <<'END'
            set -m
            $J exec -i web sh -c 'echo up; cat' >background &
            until grep -q up background; do sleep 0.1; done
            echo ready
            read line
            echo "got $line"
            kill %1
            END
            export J
            (until grep -q ready screen; do sleep 0.1; done; echo typed; sleep 5) |
              script -qefc 'bash at-terminal' screen
            """);
    assertThat(result.stdout()).contains("got typed");
    assertThat(plainCommands()).isZero();
  }

  @Test
  void interruptedRunStopsItsContainerAndPrintsTheRest() throws Exception {
    String run =
        "$J run --rm --name quit --network host --log-directory logs "
            + testbed.busybox()
            + " sh -c 'trap \"echo bye; exit 0\" TERM; echo up; while :; do sleep 0.1; done' >out &";
    CommandResult result =
        shell(
            run
                + " pid=$!; until grep -q up out; do sleep 0.1; done; kill -TERM $pid;"
                + " wait $pid; echo $?; cat out; $J ps -a");
    assertThat(result.stdout()).startsWith("143\nup\nbye\n").doesNotContain("quit");
    assertThat(
            shell(
                    "$J logs -f web >out & pid=$!; until grep -q started out; do sleep 0.1; done;"
                        + " kill -HUP $pid; wait $pid; echo $?")
                .stdout())
        .isEqualTo("129\n");
    assertThat(plainCommands()).isZero();
  }

  @Test
  void killedStarterEndsItsCommandAndLeavesNothingOpen() throws Exception {
    quick("ps").orThrow();
    String resident = first(residents());
    int before = descriptors(resident);
    Process process = start("exec", "web", "sh", "-c", "echo $$ >/tmp/killed; exec sleep 77");
    Await.until(
        "the command runs",
        () -> quick("exec", "web", "cat", "/tmp/killed").stdout().endsWith("\n"));
    String pid = quick("exec", "web", "cat", "/tmp/killed").orThrow().strip();
    testbed.node().run("kill", "-KILL", Files.readString(home.resolve("pid")).strip()).orThrow();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    Await.until(
        "the command has ended",
        () -> quick("exec", "web", "test", "-d", "/proc/" + pid).exitCode() == 1);
    Await.until("its descriptors are closed", () -> descriptors(resident) <= before);
    assertThat(residents()).hasSize(1);
  }

  /** Starts a command, whose starter's pid is then in the file pid. */
  private Process start(String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of("sh", "-c", "echo $$ >\"$0\"; exec \"$@\""));
    line.add(home.resolve("pid").toString());
    line.addAll(quickLine(arguments));
    return new ProcessBuilder(testbed.node().inside(line)).start();
  }

  private static int descriptors(String pid) throws Exception {
    return testbed.node().run("ls", "/proc/" + pid + "/fd").orThrow().lines().toList().size();
  }

  @Test
  void killedResidentClientIsReportedAndReplaced() throws Exception {
    Process process = start("exec", "web", "sh", "-c", "echo up; sleep 78");
    assertThat(process.getInputStream().readNBytes(3))
        .isEqualTo("up\n".getBytes(StandardCharsets.UTF_8));
    testbed.node().run("kill", "-KILL", first(residents())).orThrow();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .startsWith("jukung: the resident client ended");
    assertThat(quick("exec", "web", "echo", "again").orThrow()).isEqualTo("again\n");
    assertThat(residents()).hasSize(2);
    assertThat(plainCommands()).isZero();
  }

  @Test
  void stoppedResidentClientDelaysACommandOnly() throws Exception {
    quick("ps").orThrow();
    String resident = first(residents());
    testbed.node().run("kill", "-STOP", resident).orThrow();
    Await.until("all of its threads are stopped", () -> threadsThatRun(resident).isEmpty());
    assertThat(quick("exec", "web", "echo", "plain").orThrow()).isEqualTo("plain\n");
    assertThat(plainCommands()).isEqualTo(1);
    testbed.node().run("kill", "-CONT", resident).orThrow();
    assertThat(quick("exec", "web", "echo", "quick").orThrow()).isEqualTo("quick\n");
    assertThat(plainCommands()).isEqualTo(1);
  }

  private static String threadsThatRun(String pid) throws Exception {
    String script = "grep -L '^State:.T' /proc/" + pid + "/task/*/status";
    return testbed.node().run("sh", "-c", script).stdout();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--mount", "--net", "--pid --fork", "--mount --root=/"})
  void callerOfOtherNamespacesIsServedByAJvmOfItsOwn(String namespaces) throws Exception {
    quick("ps").orThrow();
    CommandResult result = shell("exec unshare " + namespaces + " $J version");
    assertThat(result.orThrow()).contains("Daemon:");
    assertThat(plainCommands()).isEqualTo(1);
    assertThat(residents()).hasSize(1);
  }

  @Test
  void callerWithFewerRightsIsServedByAJvmOfItsOwn() throws Exception {
    quick("ps").orThrow();
    shell("exec setpriv --bounding-set=-sys_admin $J ps").orThrow();
    shell("exec setpriv --no-new-privs $J ps").orThrow();
    assertThat(plainCommands()).isEqualTo(2);
  }

  @Test
  void userWhoIsNotRootGetsTheSameMessageAsBefore() throws Exception {
    quick("ps").orThrow();
    String user = "exec setpriv --reuid=65534 --regid=65534 --clear-groups ";
    CommandResult quick =
        shell(
            "cd /; chmod o+x %s; chmod o+rwx %s; ".formatted(testbed.node().directory(), home)
                + user
                + "$J ps");
    assertThat(quick.exitCode()).isEqualTo(1);
    assertThat(quick.stdout()).isEmpty();
    assertThat(quick.stderr())
        .isEqualTo("jukung: no permission to use " + socket() + ", try as root\n");
    assertThat(shell(user + "ls /run/jukung-client").exitCode()).isNotZero();
  }

  @Test
  void idleResidentClientEndsAndRemovesItsSocket() throws Exception {
    resident("JDK_JAVA_OPTIONS=-Djukung.client.idle=PT1S");
    quick("ps").orThrow();
    String pid = first(residents());
    Await.until(
        "the resident client has ended",
        () -> testbed.node().run("test", "-d", "/proc/" + pid).exitCode() != 0);
    assertThat(quick("ps").exitCode()).isZero();
    assertThat(residents()).hasSize(2);
    assertThat(plainCommands()).isZero();
  }

  @Test
  void residentClientOfTheInstallationBeforeAnUpgradeIsNotAsked() throws Exception {
    quick("ps").orThrow();
    Path old = home.resolve("bin/jukung");
    Path upgraded = Files.copy(old, home.resolve("bin/new"));
    Files.setPosixFilePermissions(upgraded, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(upgraded, old, StandardCopyOption.ATOMIC_MOVE);
    quick("ps").orThrow();
    assertThat(residents()).hasSize(2);
    assertThat(plainCommands()).isZero();
  }

  @Test
  void restartedDaemonIsReachedAtOnce() throws Exception {
    quick("ps").orThrow();
    testbed.killAndRestartDaemon();
    assertThat(quick("exec", "web", "echo", "here").orThrow()).isEqualTo("here\n");
    assertThat(residents()).hasSize(1);
    assertThat(plainCommands()).isZero();
  }
}
