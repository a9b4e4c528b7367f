package io.jukung.linux.launch;

/** One argument of a step. */
public sealed interface Arg {
  /** A constant: flags, sizes, descriptors that are known in advance. */
  record Immediate(long value) implements Arg {}

  /** The content of a register, which an earlier step has set. */
  record FromRegister(int register) implements Arg {}

  /**
   * The address of bytes in the program's data.
   *
   * @param offset from the start of the data
   * @param text what {@link Step#describe} shows
   */
  record Data(int offset, String text) implements Arg {}

  /**
   * The address of a struct in the program's data. Before the call, one 64-bit field of the struct
   * is set to the content of a register, such as a descriptor that an earlier step has opened.
   *
   * @param offset from the start of the data
   * @param field from the start of the struct, below 65536
   */
  record Completed(int offset, int field, int register, String text) implements Arg {}
}
