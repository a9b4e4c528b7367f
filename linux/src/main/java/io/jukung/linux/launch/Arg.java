package io.jukung.linux.launch;

/** One argument of a step. Its encoded form is that of {@link Program#encode}. */
public sealed interface Arg {
  /** Which kind of argument this is in the encoded form. */
  int kind();

  /** The argument's word in the encoded form. */
  long word();

  /** A constant: flags, sizes, descriptors that are known in advance. */
  record Immediate(long value) implements Arg {
    static final Immediate ZERO = new Immediate(0);

    @Override
    public int kind() {
      return Program.KIND_IMMEDIATE;
    }

    @Override
    public long word() {
      return value;
    }
  }

  /** The content of a register, which an earlier step has set. */
  record FromRegister(int register) implements Arg {
    @Override
    public int kind() {
      return Program.KIND_REGISTER;
    }

    @Override
    public long word() {
      return register;
    }
  }

  /**
   * The address of bytes in the program's data.
   *
   * @param offset from the start of the data
   * @param text what {@link Step#describe} shows
   */
  record Data(int offset, String text) implements Arg {
    @Override
    public int kind() {
      return Program.KIND_DATA;
    }

    @Override
    public long word() {
      return offset;
    }
  }

  /**
   * The address of a struct in the program's data. Before the call, one 64-bit field of the struct
   * is set to the content of a register, such as a descriptor that an earlier step has opened.
   *
   * @param offset from the start of the data
   * @param field from the start of the struct, below 65536
   */
  record Completed(int offset, int field, int register, String text) implements Arg {
    @Override
    public int kind() {
      return Program.KIND_COMPLETED;
    }

    @Override
    public long word() {
      return offset | (long) field << 32 | (long) register << 48;
    }
  }
}
