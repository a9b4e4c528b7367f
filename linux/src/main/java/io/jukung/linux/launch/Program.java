package io.jukung.linux.launch;

import io.jukung.linux.libc.Arch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A launch program: system calls in order, with the data that they point to. A launch takes two
 * programs, see {@link Launcher}. Immutable; {@link ProgramBuilder} makes programs.
 *
 * @param steps the steps, which run in this order; the first that fails ends the program
 * @param data the bytes that {@link Arg.Data} points into
 * @param inherited bit n is set if register n is a descriptor that stays open in the confine
 *     program
 */
public record Program(List<Step> steps, byte[] data, long inherited) {
  static final int HEADER_SIZE = 24;
  static final int STEP_SIZE = 88;
  private static final int MAGIC = 0x6a756b31;

  static final int KIND_IMMEDIATE = 0;
  static final int KIND_REGISTER = 1;
  static final int KIND_DATA = 2;
  static final int KIND_COMPLETED = 3;

  public Program {
    steps = List.copyOf(steps);
    data = data.clone();
  }

  /** Returns a program without steps, for launches that need no preparation. */
  public static Program empty() {
    return new Program(List.of(), new byte[0], 0);
  }

  /**
   * Returns the encoded form that is sent to the shim. It is little-endian: magic number, number of
   * steps, bytes of data, a reserved word, the inherited mask, then the steps (their layout is in
   * {@code interpreter-x86_64.s}) and the data.
   */
  public byte[] encode(Arch arch) {
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_SIZE + steps.size() * STEP_SIZE + data.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC).putInt(steps.size()).putInt(data.length).putInt(0).putLong(inherited);
    for (Step step : steps) {
      encode(step, arch, out);
    }
    return out.put(data).array();
  }

  /** Returns where the data begins in an encoded program, after the header and the steps. */
  public static int dataOffset(byte[] encoded) {
    return HEADER_SIZE + decode(encoded).getInt(4) * STEP_SIZE;
  }

  private static void encode(Step step, Arch arch, ByteBuffer out) {
    long kinds = 0;
    out.putLong(step.call().number(arch));
    for (int i = 0; i < 6; i++) {
      Arg argument = i < step.arguments().size() ? step.arguments().get(i) : Arg.Immediate.ZERO;
      out.putLong(argument.word());
      kinds |= (long) argument.kind() << (8 * i);
    }
    long tolerated = 0;
    for (int i = 0; i < step.toleratedErrnos().size(); i++) {
      tolerated |= (long) step.toleratedErrnos().get(i) << (8 * i);
    }
    long result =
        step.resultRegister()
            | (step.clears() ? 0x100 : 0)
            | (long) step.fork().code() << 16
            | (long) step.skips() << 24;
    out.putLong(kinds).putLong(result).putLong(tolerated).putLong(step.expected());
  }

  /**
   * Returns the program as text, one step per line, for {@code inspect --launch-program} and for
   * error messages.
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      text.append("%4d  %-60s  # %s%n".formatted(i, step.describe(), step.purpose()));
    }
    return text.toString();
  }

  /** Checks the header of an encoded program that came over a socket. */
  static ByteBuffer decode(byte[] encoded) {
    ByteBuffer in = header(encoded);
    if (HEADER_SIZE + (long) in.getInt(4) * STEP_SIZE + in.getInt(8) != encoded.length) {
      throw new IllegalArgumentException("not a launch program");
    }
    return in;
  }

  /** As {@link #decode}, for a program whose data is elsewhere. */
  static ByteBuffer decodeWithoutData(byte[] encoded) {
    ByteBuffer in = header(encoded);
    if (HEADER_SIZE + (long) in.getInt(4) * STEP_SIZE != encoded.length) {
      throw new IllegalArgumentException("not a launch program without its data");
    }
    return in;
  }

  private static ByteBuffer header(byte[] encoded) {
    ByteBuffer in = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    if (encoded.length < HEADER_SIZE
        || in.getInt(0) != MAGIC
        || in.getInt(4) < 0
        || in.getInt(8) < 0) {
      throw new IllegalArgumentException("not a launch program");
    }
    return in;
  }
}
