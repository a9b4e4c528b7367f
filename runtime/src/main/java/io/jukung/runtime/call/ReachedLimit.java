package io.jukung.runtime.call;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.launch.LaunchFailure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Says whether a failure is that the node has reached a limit: of a disk, of memory, of tasks. */
public final class ReachedLimit {
  /** Deeper than any chain of causes is; ends a chain that is a circle. */
  private static final int MAX_CAUSES = 16;

  private static final Set<Integer> LIMITS =
      Set.of(Errno.ENOSPC, Errno.EDQUOT, Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM);

  private static final List<String> LIMIT_TEXTS =
      List.of(
          "No space left on device",
          "Disk quota exceeded",
          "Too many open files",
          "Cannot allocate memory");

  private ReachedLimit() {}

  /** Whether the failure, or a cause of it, is that a limit is reached. */
  public static boolean causes(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < MAX_CAUSES; depth++) {
      boolean reached =
          switch (cause) {
            case ErrnoException e -> isLimit(e.errno(), e.call().equals("clone3"));
            case LaunchFailure e -> isLimit(e.errno(), e.phase() == LaunchFailure.Phase.CLONE);
            // The JDK keeps no error number, only strerror(3)'s text at the end of the message.
            case IOException e -> LIMIT_TEXTS.stream().anyMatch(text(e)::endsWith);
            default -> false;
          };
      if (reached) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  /** EAGAIN of clone3 is a limit of processes, as pids.max is; other calls mean "later" by it. */
  private static boolean isLimit(int errno, boolean ofClone3) {
    return LIMITS.contains(errno) || (ofClone3 && errno == Errno.EAGAIN);
  }

  private static String text(IOException e) {
    return Objects.requireNonNullElse(
        e instanceof FileSystemException file ? file.getReason() : e.getMessage(), "");
  }
}
