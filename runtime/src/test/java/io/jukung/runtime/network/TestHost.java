package io.jukung.runtime.network;

import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * A host of the test's own: a network namespace in which plugins run as if it were the machine's.
 * Threads and processes inherit it from the thread that starts them.
 */
final class TestHost implements AutoCloseable {
  private final NamespacePins pins;

  private TestHost(NamespacePins pins) {
    this.pins = pins;
  }

  static TestHost create(Path directory) throws IOException {
    return new TestHost(namespace(directory.resolve("host")));
  }

  /** A network namespace with only a loopback device, as a pod starts with. */
  static NamespacePins namespace(Path directory) throws IOException {
    NamespacePins pins = new NamespacePins(Files.createDirectories(directory));
    pins.create(
        new NamespacePins.Request(EnumSet.of(Namespace.NETWORK), Optional.empty(), List.of()));
    return pins;
  }

  <T> T run(FreshThread.Work<T> work) throws IOException {
    return in(pins, work);
  }

  static <T> T in(NamespacePins pins, FreshThread.Work<T> work) throws IOException {
    return FreshThread.call(
        "in-namespace",
        () -> {
          try (Fd network = pins.open(Namespace.NETWORK)) {
            Namespace.NETWORK.enter(network);
          }
          return work.run();
        });
  }

  /** What a command prints there. */
  String output(String... command) throws IOException {
    return outputIn(pins, command);
  }

  static String outputIn(NamespacePins namespaces, String... command) throws IOException {
    return in(
        namespaces,
        () -> {
          Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
          try {
            String output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
              throw new IOException(String.join(" ", command) + ": " + output);
            }
            return output;
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        });
  }

  @Override
  public void close() throws IOException {
    pins.remove();
  }
}
