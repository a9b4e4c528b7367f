package io.jukung.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What systemd would receive. A Perl program receives, because Java has no such sockets. */
@Timeout(60)
class ServiceManagerTest {
  private static final String RECEIVER =
      """
      use Socket;
      $| = 1;
      my $path = shift;
      $path =~ s/^@/\\0/;
      socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($path)) || die $!;
      print "bound\\n";
      while (defined recv(S, my $message, 4096, 0)) {
        $message =~ s/\\n/|/g;
        print "$message\\n";
      }
      """;

  @TempDir Path directory;
  private Process receiver;
  private BufferedReader received;
  private String path;

  @BeforeEach
  void receive() throws Exception {
    receiveAt(directory.resolve("notify").toString());
  }

  private void receiveAt(String where) throws Exception {
    path = where;
    Path script = Files.writeString(directory.resolve("receiver.pl"), RECEIVER);
    receiver = new ProcessBuilder("perl", script.toString(), path).start();
    received = receiver.inputReader(UTF_8);
    assertThat(received.readLine()).isEqualTo("bound");
  }

  @AfterEach
  void end() throws Exception {
    receiver.destroyForcibly();
    assertThat(receiver.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void statesAreTold() throws Exception {
    try (ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", path))) {
      manager.ready("Serving 1 pod");
      manager.reloading();
      manager.stopping();
    }
    assertThat(received.readLine()).isEqualTo("READY=1|STATUS=Serving 1 pod");
    assertThat(received.readLine()).startsWith("RELOADING=1|STATUS=");
    assertThat(received.readLine()).startsWith("STOPPING=1|STATUS=");
  }

  @Test
  void abstractNameIsUnderstood() throws Exception {
    end();
    receiveAt("@jukung-test-" + ProcessHandle.current().pid());
    try (ServiceManager manager = ServiceManager.of(Map.of("NOTIFY_SOCKET", path))) {
      manager.status("x");
    }
    assertThat(received.readLine()).isEqualTo("STATUS=x");
  }

  @Test
  void signsOfLifeStopWhenTheDaemonDoesNotAnswer() throws Exception {
    AtomicBoolean lives = new AtomicBoolean(true);
    try (ServiceManager manager =
        ServiceManager.of(Map.of("NOTIFY_SOCKET", path, "WATCHDOG_USEC", "300000"))) {
      manager.report(() -> "fine", lives::get);
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1|STATUS=fine");
      assertThat(received.readLine()).isEqualTo("WATCHDOG=1|STATUS=fine");
      lives.set(false);
      String line = received.readLine();
      while (line.startsWith("WATCHDOG=1")) {
        line = received.readLine();
      }
      assertThat(line).isEqualTo("STATUS=The threads that answer calls do not run");
      lives.set(true);
      assertThat(received.readLine()).startsWith("WATCHDOG=1");
    }
  }

  @Test
  void watchdogOfAnotherProcessIsNotObeyed() throws Exception {
    try (ServiceManager manager =
        ServiceManager.of(
            Map.of("NOTIFY_SOCKET", path, "WATCHDOG_USEC", "300000", "WATCHDOG_PID", "1"))) {
      manager.report(() -> "fine", () -> true);
      assertThat(received.readLine()).isEqualTo("STATUS=fine");
    }
  }

  @Test
  void withoutAServiceManagerNothingIsSentAndNothingFails() throws Exception {
    try (ServiceManager manager = ServiceManager.of(Map.of())) {
      manager.ready("x");
      manager.report(() -> "x", () -> true);
    }
  }

  @Test
  void variableWithoutMeaningIsAnError() {
    assertThatThrownBy(() -> ServiceManager.of(Map.of("NOTIFY_SOCKET", "relative")))
        .isInstanceOf(StartupException.class)
        .hasMessageContaining("NOTIFY_SOCKET");
    assertThatThrownBy(
            () -> ServiceManager.of(Map.of("NOTIFY_SOCKET", path, "WATCHDOG_USEC", "soon")))
        .isInstanceOf(StartupException.class);
  }
}
