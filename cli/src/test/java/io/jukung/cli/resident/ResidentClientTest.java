package io.jukung.cli.resident;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.process.CurrentProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that are Java code of the test, for starters in this JVM; needs root. */
@Timeout(60)
class ResidentClientTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @TempDir Path work;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch interrupted = new CountDownLatch(1);
  private final CountDownLatch hooked = new CountDownLatch(1);
  private @Nullable Thread server;

  @BeforeEach
  void needsRoot() {
    assumeThat(CurrentProcess.uid()).as("only root has a resident client").isZero();
  }

  @AfterEach
  void stop() throws Exception {
    if (server != null) {
      // The resident client ends when its socket is gone.
      Files.deleteIfExists(socket());
      server.interrupt();
    }
  }

  private Path socket() {
    return work.resolve("run/socket");
  }

  private Thread serve(Duration idle) throws IOException {
    ResidentClient client = ResidentClient.listen(socket(), this::run, idle);
    Thread serving =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try (client) {
                    client.serve();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    server = serving;
    return serving;
  }

  private int run(CliEnvironment environment, String... arguments) {
    return switch (arguments[0]) {
      case "echo" -> {
        environment.out().println(String.join(" ", arguments));
        environment.err().print(environment.variables().get("BOAT"));
        yield 300;
      }
      case "where" -> {
        environment.out().print(environment.absolute(Path.of("../x")));
        yield read(environment.caller().reach(Path.of("file")), environment);
      }
      case "cat" -> cat(environment);
      case "sleep" -> sleep(environment);
      case "flood" -> flood(environment);
      default -> throw new IllegalArgumentException(arguments[0]);
    };
  }

  private static int read(Path file, CliEnvironment environment) {
    try {
      environment.out().print(" " + Files.readString(file));
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int cat(CliEnvironment environment) {
    begun.countDown();
    try {
      environment.in().transferTo(environment.out());
      return 0;
    } catch (IOException e) {
      interrupted.countDown();
      return 1;
    }
  }

  private int sleep(CliEnvironment environment) {
    environment.caller().addEndHook(new Thread(hooked::countDown));
    begun.countDown();
    try {
      TimeUnit.MINUTES.sleep(1);
      return 0;
    } catch (InterruptedException e) {
      interrupted.countDown();
      return 1;
    }
  }

  private int flood(CliEnvironment environment) {
    begun.countDown();
    while (!environment.out().checkError()) {
      environment.out().println("x".repeat(1000));
    }
    interrupted.countDown();
    return 1;
  }

  private FakeStarter started(String... arguments) throws Exception {
    FakeStarter starter = new FakeStarter(socket());
    assertThat(starter.request(work, List.of(arguments), "BOAT=jukung")).isTrue();
    starter.go();
    return starter;
  }

  @Test
  void commandHasItsStreamsVariablesAndExitCode() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("echo", "a b", "")) {
      assertThat(starter.exitCode()).isEqualTo(300 & 0xff);
      assertThat(FakeStarter.text(starter.out.reader())).isEqualTo("echo a b \n");
      assertThat(FakeStarter.text(starter.err.reader())).isEqualTo("jukung");
    }
  }

  @Test
  void pathsAreThoseOfTheCaller() throws Exception {
    var _ = serve(LONG);
    Files.writeString(work.resolve("file"), "text");
    try (FakeStarter starter = started("where")) {
      assertThat(starter.exitCode()).isZero();
      assertThat(FakeStarter.text(starter.out.reader()))
          .isEqualTo(work.resolveSibling("x") + " text");
    }
  }

  @Test
  void inputIsReadToItsEnd() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("cat")) {
      starter.in.writer().write("typed".getBytes(UTF_8));
      starter.in.writer().close();
      assertThat(starter.exitCode()).isZero();
      assertThat(FakeStarter.text(starter.out.reader())).isEqualTo("typed");
    }
  }

  @Test
  void failureOfTheCodeIsPrintedForItsCallerAndOthersGoOn() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter other = started("sleep");
        FakeStarter starter = started("unknown")) {
      assertThat(starter.exitCode()).isEqualTo(1);
      assertThat(FakeStarter.text(starter.err.reader())).contains("IllegalArgumentException");
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      other.signal(15);
      assertThat(other.exitCode()).isEqualTo(143);
    }
  }

  @Test
  void signalRunsTheHooksAndEndsTheCommand() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("sleep")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      starter.signal(2);
      assertThat(starter.exitCode()).isEqualTo(130);
      assertThat(hooked.getCount()).isZero();
      assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(FakeStarter.text(starter.out.reader())).as("closed output").isEmpty();
    }
  }

  @Test
  void readThatWaitsEndsWithTheCommand() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("cat")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      starter.signal(1);
      assertThat(starter.exitCode()).isEqualTo(129);
      assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void endOfTheCallerEndsTheCommandWithoutItsHooks() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("sleep")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      starter.die();
      assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(FakeStarter.text(starter.out.reader())).as("closed output").isEmpty();
      assertThat(hooked.getCount()).isEqualTo(1);
    }
  }

  @Test
  void writeToAReaderThatDoesNotReadEndsWithTheCaller() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = started("flood")) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      starter.die();
      assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void nothingIsWrittenWhileTheCallerIsStopped() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = new FakeStarter(socket())) {
      assertThat(starter.request(work, List.of("cat"))).isTrue();
      starter.signal(20);
      starter.go();
      starter.in.writer().write("typed".getBytes(UTF_8));
      starter.in.writer().close();
      assertThat(Readiness.await(starter.out.reader(), Epoll.IN, 300)).isZero();
      starter.signal(18);
      assertThat(starter.exitCode()).isZero();
      assertThat(FakeStarter.text(starter.out.reader())).isEqualTo("typed");
    }
  }

  @Test
  void commandThatIsNotToldToStartIsNotRun() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = new FakeStarter(socket())) {
      assertThat(starter.request(work, List.of("sleep"))).isTrue();
      starter.die();
      assertThat(FakeStarter.text(starter.out.reader())).as("closed output").isEmpty();
      assertThat(begun.getCount()).isEqualTo(1);
    }
  }

  @Test
  void requestsThatCannotBeServedAreRefused() throws Exception {
    var _ = serve(LONG);
    try (FakeStarter starter = new FakeStarter(socket())) {
      assertThat(starter.request(work, "jukung\0\2", List.of("echo"))).as("version").isFalse();
    }
    try (FakeStarter starter = new FakeStarter(socket())) {
      assertThat(starter.request(work, List.of("é"), "LANG=C")).as("locale").isFalse();
    }
    try (FakeStarter starter = new FakeStarter(socket())) {
      assertThat(starter.request(work, List.of("é"), "LANG=de_DE.UTF-8")).as("locale").isTrue();
    }
  }

  @Test
  void idleClientEndsAndRemovesItsSocketAndDirectory() throws Exception {
    serve(Duration.ofMillis(50)).join();
    assertThat(work.resolve("run")).doesNotExist();
  }

  @Test
  void secondClientIsRefusedAndADeadOnesSocketIsReplaced() throws Exception {
    Files.createDirectory(
        work.resolve("run"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    UnixSocket.listen(socket(), 1).close();
    var _ = serve(LONG);
    assertThatThrownBy(() -> serve(LONG))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("listens on");
  }

  @Test
  void directoryThatOthersMayUseIsRefused() throws Exception {
    Files.createDirectory(
        work.resolve("run"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    assertThatThrownBy(() -> serve(LONG)).hasMessageContaining("only root may enter");
  }
}
