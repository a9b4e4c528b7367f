package io.jukung.linux.launch;

/** One argument of a step. */
public sealed interface Arg {
  /** A number as it is: flags, sizes, descriptors known beforehand. */
  record Immediate(long value) implements Arg {}

  /** What an earlier step left in a register. */
  record FromRegister(int register) implements Arg {}

  /**
   * The address of bytes in the program's data.
   *
   * @param offset from the start of the data
   * @param text what a reader sees of it
   */
  record Data(int offset, String text) implements Arg {}

  /**
   * The address of a struct in the program's data, a 64-bit field of which takes what a register
   * holds as the call is made: a descriptor that only an earlier step makes known.
   *
   * @param offset from the start of the data
   * @param field from the start of the struct, below 65536
   */
  record Completed(int offset, int field, int register, String text) implements Arg {}
}
