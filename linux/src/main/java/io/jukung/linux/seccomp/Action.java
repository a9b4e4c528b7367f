package io.jukung.linux.seccomp;

import io.jukung.linux.Errno;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a system call: libseccomp's action word (seccomp.h), with the error number in it
 * where the action has one.
 */
public record Action(int word) {
  private static final int ERRNO = 0x0005_0000;
  private static final int TRACE = 0x7ff0_0000;
  private static final int MAX_DATA = 0xffff;

  /**
   * By the name that profiles use.
   *
   * @param errno returned, or told to the tracer; null: EPERM. Other actions have none.
   * @return empty where there is no such action, or the number does not fit
   */
  public static Optional<Action> named(String name, @Nullable Integer errno) {
    int data = errno == null ? Errno.EPERM : errno;
    if (data < 0 || data > MAX_DATA) {
      return Optional.empty();
    }
    return switch (name) {
      case "SCMP_ACT_KILL_PROCESS" -> Optional.of(new Action(0x8000_0000));
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> Optional.of(new Action(0));
      case "SCMP_ACT_TRAP" -> Optional.of(new Action(0x0003_0000));
      case "SCMP_ACT_ERRNO" -> Optional.of(new Action(ERRNO | data));
      case "SCMP_ACT_TRACE" -> Optional.of(new Action(TRACE | data));
      case "SCMP_ACT_LOG" -> Optional.of(new Action(0x7ffc_0000));
      case "SCMP_ACT_ALLOW" -> Optional.of(new Action(0x7fff_0000));
      default -> Optional.empty();
    };
  }

  /** Whether the call goes on as if there were no filter. */
  boolean lets() {
    return word == 0x7fff_0000 || word == 0x7ffc_0000;
  }
}
