package io.jukung.linux.launch;

/**
 * Names the registers with a fixed meaning. A program has {@value #COUNT} registers of 64 bits; one
 * that holds no descriptor is −1.
 */
public final class Register {
  /**
   * The standard input of the process, which the launching side provides, as it does standard
   * output and error.
   */
  public static final int STDIN = 0;

  public static final int STDOUT = 1;
  public static final int STDERR = 2;

  /** The pipe on which the interpreter reports a failed step; {@link Launcher} sets it. */
  public static final int ERROR_PIPE = 3;

  /** A pipe: a program that waits continues when it reads one byte. */
  public static final int GATE = 4;

  /**
   * The master of the new terminal, which the prepare program leaves open for the launching side.
   */
  public static final int PTY_MASTER = 5;

  /** A pidfd of the process whose namespaces are joined. */
  public static final int TARGET = 6;

  /** The first register without a fixed meaning. */
  public static final int FIRST_FREE = 8;

  public static final int COUNT = 64;

  private Register() {}
}
