package io.jukung.linux.launch;

/**
 * The registers with a fixed meaning. A program has {@value #COUNT}, each a 64-bit integer; one
 * that holds no descriptor yet is −1.
 */
public final class Register {
  /** The process's standard input, output and error, given by the launching side. */
  public static final int STDIN = 0;

  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  /** Where the interpreter reports a failed step; set by {@link Launcher}. */
  public static final int ERROR_PIPE = 3;

  /** A pipe whose one byte lets a waiting program go on. */
  public static final int GATE = 4;

  /** Left open by the prepare program for the launching side: the master of the new terminal. */
  public static final int PTY_MASTER = 5;

  /** A pidfd of the process whose namespaces are joined. */
  public static final int TARGET = 6;

  /** The first that a program may use as it likes. */
  public static final int FIRST_FREE = 8;

  public static final int COUNT = 64;

  private Register() {}
}
