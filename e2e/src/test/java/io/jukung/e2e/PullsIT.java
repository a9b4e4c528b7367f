package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code jukung pulls}, while a pull from a slow registry is under way. */
@ExtendWith(Testbed.Extension.class)
class PullsIT {
  private static final String SLOW = "127.0.0.1:5002";

  /** Passes connections on to the registry, with at most some 100 kB/s on the way back. */
  private static final String RELAY =
      """
      use IO::Socket::INET;
      use IO::Select;
      $SIG{CHLD} = 'IGNORE';
      my ($listen, $to, $pidfile) = @ARGV;
      my $server = IO::Socket::INET->new(LocalAddr => $listen, Listen => 50, ReuseAddr => 1) or die $!;
      open(my $file, '>', "$pidfile.new"); print $file $$; close($file);
      rename("$pidfile.new", $pidfile);
      while (my $client = $server->accept()) {
        next if fork();
        my $far = IO::Socket::INET->new(PeerAddr => $to) or exit;
        my $both = IO::Select->new($client, $far);
        while (1) {
          for my $from ($both->can_read()) {
            sysread($from, my $bytes, 4096) or exit;
            syswrite($from == $client ? $far : $client, $bytes);
            select(undef, undef, undef, 0.04) if $from == $far;
          }
        }
      }
      """;

  private static CommandResult pulls(Testbed testbed, String... more) throws Exception {
    String[] line = {
      "env",
      "JUKUNG_SOCKET=" + testbed.daemon().socket(),
      Daemon.dist().resolve("bin/jukung").toString(),
      "pulls"
    };
    String[] all = Arrays.copyOf(line, line.length + more.length);
    System.arraycopy(more, 0, all, line.length, more.length);
    return testbed.node().run(all);
  }

  @Test
  void pullOfKubeletIsListedWithItsPodAndItsRegistry(Testbed testbed) throws Exception {
    assertThat(pulls(testbed).orThrow()).startsWith("IMAGE").hasLineCount(1);
    String reference =
        testbed
            .registry()
            .pushChanged("slow:1", "head -c 1000000 /dev/urandom >big")
            .replace(Registry.HOST, SLOW);
    Path directory = testbed.node().directory();
    Path pidFile = directory.resolve("relay.pid");
    Path script = Files.writeString(directory.resolve("relay.pl"), RELAY);
    Process relay =
        new ProcessBuilder(
                testbed
                    .node()
                    .inside(
                        List.of(
                            "setsid",
                            "--wait",
                            "perl",
                            script.toString(),
                            SLOW,
                            Registry.HOST,
                            pidFile.toString())))
            .inheritIO()
            .start();
    try (CriClient kubelet = CriClient.of(testbed.daemon().socket())) {
      Await.until("the relay listens", () -> Files.exists(pidFile));
      PullImageRequest request =
          PullImageRequest.newBuilder()
              .setImage(Requests.image(reference))
              .setSandboxConfig(testbed.podConfig("waiting", NamespaceMode.NODE))
              .build();
      CompletableFuture<String> pulled =
          CompletableFuture.supplyAsync(
              () -> kubelet.images(Duration.ofMinutes(3)).pullImage(request).getImageRef());
      Await.until(
          "the pull is listed",
          () -> {
            String listed = pulls(testbed).orThrow();
            return listed.contains(reference)
                && listed.contains("/waiting ")
                && listed.contains(" 0/")
                && listed.contains(SLOW);
          });
      assertThat(pulls(testbed, "-o", "json").orThrow()).contains("\"requester\"");
      assertThat(pulled.get(3, TimeUnit.MINUTES)).startsWith("sha256:");
      assertThat(pulls(testbed).orThrow()).hasLineCount(1);
    } finally {
      testbed
          .client()
          .images()
          .removeImage(RemoveImageRequest.newBuilder().setImage(Requests.image(reference)).build());
      testbed.node().run("sh", "-c", "kill -- -$(cat \"$0\")", pidFile.toString());
      relay.waitFor(10, TimeUnit.SECONDS);
    }
  }
}
