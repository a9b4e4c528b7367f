package io.jukung.linux.seccomp;

import io.jukung.linux.Errno;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The action of a filter for a system call, in the form of libseccomp (seccomp.h): a word that
 * contains the error number, if the action has one.
 */
public record Action(int word) {
  private static final int ERRNO = 0x0005_0000;
  private static final int TRACE = 0x7ff0_0000;
  private static final int MAX_DATA = 0xffff;

  /**
   * Finds an action by the name that profiles use.
   *
   * @param errno the error number of the actions ERRNO and TRACE, null for EPERM; other actions
   *     ignore it
   * @return empty if there is no such action, or if the error number does not fit
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

  /** Whether the action lets the call through. */
  boolean lets() {
    return word == 0x7fff_0000 || word == 0x7ffc_0000;
  }
}
