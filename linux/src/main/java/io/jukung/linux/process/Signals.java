package io.jukung.linux.process;

import java.util.Locale;

/**
 * Numbers and names of signals (signal(7)), which are the same on x86_64 and aarch64. SIGRTMIN is
 * the first real-time signal that C libraries leave to applications.
 */
public final class Signals {
  public static final int SIGHUP = 1;
  public static final int SIGINT = 2;
  public static final int SIGQUIT = 3;
  public static final int SIGKILL = 9;
  public static final int SIGUSR2 = 12;
  public static final int SIGPIPE = 13;
  public static final int SIGTERM = 15;
  public static final int SIGCHLD = 17;
  public static final int SIGXFSZ = 25;
  public static final int SIGRTMIN = 34;
  public static final int SIGRTMAX = 64;

  // Indexed by number.
  private static final String[] NAMES = {
    "",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
  };

  private Signals() {}

  /**
   * Parses a signal in the forms that image configurations, people and the CRI use: {@code
   * SIGTERM}, {@code term}, {@code 15}, {@code SIGRTMIN+3}, {@code RTMAX-1}, {@code SIGRTMINPLUS3}.
   *
   * @throws IllegalArgumentException if the text names no signal
   */
  public static int parse(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    int number = isNumber(name) ? Integer.parseInt(name) : byName(name);
    if (number < 1 || number > SIGRTMAX) {
      throw new IllegalArgumentException("not a signal: \"" + text + "\"");
    }
    return number;
  }

  private static int byName(String name) {
    String full = name.startsWith("SIG") ? name : "SIG" + name;
    for (int number = 1; number < NAMES.length; number++) {
      if (NAMES[number].equals(full)) {
        return number;
      }
    }
    return switch (full) {
      case "SIGIOT" -> 6;
      case "SIGCLD" -> 17;
      case "SIGPOLL" -> 29;
      default -> realTime(full);
    };
  }

  private static int realTime(String name) {
    if (name.startsWith("SIGRTMIN")) {
      int offset = offset(name.substring("SIGRTMIN".length()), "+", "PLUS");
      return offset < 0 ? 0 : SIGRTMIN + offset;
    }
    if (name.startsWith("SIGRTMAX")) {
      int offset = offset(name.substring("SIGRTMAX".length()), "-", "MINUS");
      return offset < 0 ? 0 : SIGRTMAX - offset;
    }
    return 0;
  }

  /** Parses the number after one of the two signs; −1 if it is not an offset within the range. */
  private static int offset(String text, String sign, String word) {
    if (text.isEmpty()) {
      return 0;
    }
    String digits =
        text.startsWith(word)
            ? text.substring(word.length())
            : text.startsWith(sign) ? text.substring(sign.length()) : "";
    if (!isNumber(digits)) {
      return -1;
    }
    int offset = Integer.parseInt(digits);
    return offset <= SIGRTMAX - SIGRTMIN ? offset : -1;
  }

  /** Whether the text has one to three digits. Longer numbers name no signal and could overflow. */
  private static boolean isNumber(String text) {
    if (text.isEmpty() || text.length() > 3) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** Returns the name of a signal: {@code SIGTERM}, {@code SIGRTMIN+3}. */
  public static String name(int number) {
    if (number >= 1 && number < NAMES.length) {
      return NAMES[number];
    }
    if (number == SIGRTMIN) {
      return "SIGRTMIN";
    }
    if (number == SIGRTMAX) {
      return "SIGRTMAX";
    }
    if (number > SIGRTMIN && number < SIGRTMAX) {
      return "SIGRTMIN+" + (number - SIGRTMIN);
    }
    return "signal " + number;
  }
}
