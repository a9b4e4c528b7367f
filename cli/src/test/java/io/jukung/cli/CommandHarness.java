package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import io.jukung.cri.v1.ContainerMetadata;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ImageSpec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs commands against a fake daemon; tests check their calls, output and exit codes. */
@Timeout(60)
abstract class CommandHarness {
  static final String TIME = "2026-11-21T01:02:03.456789012Z ";

  @TempDir Path directory;
  FakeCri cri;
  final ByteArrayOutputStream out = new ByteArrayOutputStream();
  final ByteArrayOutputStream err = new ByteArrayOutputStream();
  boolean interactive;
  String input = "";

  @BeforeEach
  final void start() throws Exception {
    cri = new FakeCri(directory.resolve("cri.sock"));
  }

  @AfterEach
  final void stop() throws Exception {
    cri.close();
  }

  final int run(String... arguments) {
    var all =
        new ArrayList<>(List.of("run", "--log-directory", directory.resolve("logs").toString()));
    all.addAll(List.of(arguments));
    return jukung(all.toArray(String[]::new));
  }

  final int jukung(String... arguments) {
    var all = new ArrayList<>(List.of("--socket", cri.socket().toString()));
    all.addAll(List.of(arguments));
    return Jukung.run(environment(), all.toArray(String[]::new));
  }

  final CliEnvironment environment() {
    return new CliEnvironment(
        new ByteArrayInputStream(input.getBytes(UTF_8)),
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8),
        interactive,
        Map.of(),
        InstantSource.fixed(FakeCri.NOW),
        new OwnProcess());
  }

  static ContainerStatus.Builder container(String name, ContainerState state) {
    return ContainerStatus.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage("sha256:1").setUserSpecifiedImage("busybox"))
        .setState(state)
        .setStartedAt(FakeCri.A_MINUTE_AGO)
        .setFinishedAt(FakeCri.A_MINUTE_AGO);
  }

  static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time to wait").isLessThan(deadline);
      Thread.onSpinWait();
      Thread.sleep(5);
    }
  }
}
