package io.jukung.shim;

import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The shim's main program on a kernel whose calls throw an {@link OutOfMemoryError} when a test
 * asks for it: the file {@code fail-CALL} beside the socket arms a call. {@code fail-wake} arms the
 * write to the eventfd by which a launch thread wakes the event loop.
 */
final class FaultyShim implements Syscalls {
  private static final int EVENTFD_BYTES = 8;

  private final Syscalls kernel;
  private final Path directory;

  private FaultyShim(Syscalls kernel, Path directory) {
    this.kernel = kernel;
    this.directory = directory;
  }

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[1]).resolveSibling(".");
    Kernel.install(new FaultyShim(Kernel.current(), directory));
    Main.main(arguments);
  }

  /** Makes the next call fail. */
  static void failOnce(Path directory, String call) throws IOException {
    arm(directory, call, "");
  }

  /** Makes every call fail from now on. */
  static void failAlways(Path directory, String call) throws IOException {
    arm(directory, call, "always");
  }

  private static void arm(Path directory, String call, String times) throws IOException {
    Path draft = Files.writeString(directory.resolve("draft"), times);
    Files.move(draft, directory.resolve("fail-" + call), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public long call(Syscall call, long a, long b, long c, long d, long e) {
    if (isArmed(call.toString()) || (isWake(call, c) && isArmed("wake"))) {
      throw new OutOfMemoryError("injected into " + call);
    }
    return kernel.call(call, a, b, c, d, e);
  }

  private static boolean isWake(Syscall call, long length) {
    return call == Syscall.WRITE && length == EVENTFD_BYTES;
  }

  private synchronized boolean isArmed(String call) {
    Path file = directory.resolve("fail-" + call);
    if (!Files.exists(file)) {
      return false;
    }
    try {
      if (Files.readString(file, StandardCharsets.US_ASCII).isEmpty()) {
        Files.delete(file);
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
