package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.content.Digest;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.tar.TestTar;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process during a pull, before its n-th change to the disk, without running finally blocks
 * or shutdown hooks. Then another process opens the store and pulls again. Needs root.
 */
class PullKillTest {
  /** The system calls that change files or sync a change. */
  private static final Set<Syscall> CHANGES =
      EnumSet.of(
          Syscall.OPENAT,
          Syscall.MKDIRAT,
          Syscall.SYMLINKAT,
          Syscall.RENAMEAT2,
          Syscall.UNLINKAT,
          Syscall.FSYNC,
          Syscall.SYNCFS,
          Syscall.WRITE);

  private static final int KILLED = 137;

  /** Each kill costs the start of a Java process. */
  private static final int MAX_KILLS = 16;

  @TempDir Path temporary;
  private WildRegistry registry;
  private TestImage image;

  @BeforeEach
  void open() throws IOException {
    registry = WildRegistry.start();
    image =
        TestImage.of(
                new TestTar().directory("etc").file("etc/base", "base").bytes(),
                new TestTar().file("etc/top", "top").symlink("link", "etc/top").bytes())
            .build();
    registry.add("app", "1", image);
  }

  @AfterEach
  void close() throws IOException {
    registry.close();
  }

  @Test
  void pullKilledAtAnyStepLeavesNoPartialContentAndCanBeRepeated() throws Exception {
    Path whole = Files.createDirectory(temporary.resolve("whole"));
    int steps = Integer.parseInt(pullInProcess(whole, Integer.MAX_VALUE, 0));
    assertThat(steps).isGreaterThan(MAX_KILLS);
    for (int i = 0; i < MAX_KILLS; i++) {
      int step = (int) ((long) steps * i / MAX_KILLS);
      Path directory = Files.createDirectory(temporary.resolve("killed-" + step));
      pullInProcess(directory, step, KILLED);
      assertThatAllIsWholeAndAPullCompletes(directory, step);
    }
  }

  private void assertThatAllIsWholeAndAPullCompletes(Path directory, int step) throws Exception {
    try (PullFixture fixture = new PullFixture(directory, PullFixture.PATIENT)) {
      assertThat(fixture.temporary()).as("step %d", step).isEmptyDirectory();
      if (!fixture.store.list().isEmpty()) {
        assertContent(fixture, step);
      }
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
      assertContent(fixture, step);
      for (var blob : image.blobs().entrySet()) {
        Path file = directory.resolve("images/blobs/sha256").resolve(blob.getKey().hex());
        assertThat(Digest.sha256(Files.readAllBytes(file)))
            .as("step %d", step)
            .isEqualTo(blob.getKey());
      }
      fixture.store.remove(image.id());
      fixture.assertNothingIsLeft();
    }
  }

  private void assertContent(PullFixture fixture, int step) throws IOException {
    List<Path> lower = fixture.mounted(image.id());
    assertThat(lower).as("step %d", step).hasSize(2);
    assertThat(lower.get(0).resolve("etc/top")).hasContent("top");
    assertThat(lower.get(0).resolve("link")).isSymbolicLink();
    assertThat(lower.get(1).resolve("etc/base")).hasContent("base");
  }

  /** Returns the output of the process: how many steps there were. */
  private String pullInProcess(Path directory, int lastStep, int expectedExit) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Pulling.class.getName(),
            directory.toString(),
            registry.reference("app:1"),
            Integer.toString(lastStep)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes()).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("step %d: %s", lastStep, output).isEqualTo(expectedExit);
    return output.replaceFirst("(?s).*\\n", "");
  }

  /** The main class of the process. */
  static final class Pulling {
    private Pulling() {}

    public static void main(String[] arguments) throws Exception {
      AtomicInteger steps = new AtomicInteger();
      int lastStep = Integer.parseInt(arguments[2]);
      try (PullFixture fixture = new PullFixture(Path.of(arguments[0]), PullFixture.PATIENT)) {
        Syscalls real = Kernel.install((call, a, b, c, d, e) -> -1);
        Kernel.install(
            (call, a, b, c, d, e) -> {
              if (CHANGES.contains(call) && steps.getAndIncrement() == lastStep) {
                Runtime.getRuntime().halt(KILLED);
              }
              return real.call(call, a, b, c, d, e);
            });
        fixture.pull(arguments[1]);
      }
      System.out.println(steps);
    }
  }
}
