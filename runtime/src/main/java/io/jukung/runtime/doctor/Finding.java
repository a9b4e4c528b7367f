package io.jukung.runtime.doctor;

/**
 * What one check has found.
 *
 * @param check a few words that name the check
 * @param what what was found, in one sentence without a full stop
 * @param advice what to do, in one sentence; empty if all is well
 */
public record Finding(String check, Level level, String what, String advice) {
  /** How bad it is. */
  public enum Level {
    OK,
    /** Something works less well than it could, or only in some cases. */
    WARNING,
    /** Pods fail, or will soon. */
    PROBLEM
  }

  static Finding ok(String check, String what) {
    return new Finding(check, Level.OK, what, "");
  }

  static Finding warning(String check, String what, String advice) {
    return new Finding(check, Level.WARNING, what, advice);
  }

  static Finding problem(String check, String what, String advice) {
    return new Finding(check, Level.PROBLEM, what, advice);
  }
}
