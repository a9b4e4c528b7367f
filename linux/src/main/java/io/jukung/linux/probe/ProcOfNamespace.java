package io.jukung.linux.probe;

import io.jukung.linux.mount.FilesystemContext;
import java.io.IOException;

/**
 * Tests whether proc can be mounted for a pid namespace that the mounting process is not in (Linux
 * 6.17).
 */
public final class ProcOfNamespace {
  private static final boolean SUPPORTED = tryOut();

  private ProcOfNamespace() {}

  /** Whether the kernel supports it. Tested once per process. */
  public static boolean isSupported() {
    return SUPPORTED;
  }

  private static boolean tryOut() {
    try (FilesystemContext context = FilesystemContext.open("proc")) {
      context.set("pidns", "/proc/self/ns/pid");
      return true;
    } catch (IOException e) {
      return false; // an older kernel does not know the option
    }
  }
}
