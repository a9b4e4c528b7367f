package io.jukung.linux.launch;

import io.jukung.linux.libc.Syscall;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a {@link Program}, step by step. Not thread-safe. */
public final class ProgramBuilder {
  private final List<Step> steps = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final Map<String, Arg.Data> strings = new HashMap<>();
  private long inherited;

  /** An address of the zero-terminated text; equal texts share one. */
  public Arg string(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("text with a zero byte: " + text.replace("\0", "\\0"));
    }
    return strings.computeIfAbsent(
        text,
        key -> {
          int offset = data.size();
          data.writeBytes(key.getBytes(StandardCharsets.UTF_8));
          data.write(0);
          return new Arg.Data(offset, '"' + key + '"');
        });
  }

  /** An address of the bytes, aligned to eight, writable by the program. */
  public Arg struct(String shown, byte[] bytes) {
    while (data.size() % 8 != 0) {
      data.write(0);
    }
    int offset = data.size();
    data.writeBytes(bytes);
    return new Arg.Data(offset, shown);
  }

  /** An address of 64-bit little-endian words. */
  public Arg words(String shown, long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    return struct(shown, bytes.array());
  }

  /**
   * An address of a zero-terminated array of pointers to the strings, as execve(2) takes. The
   * pointers are absolute, and so only right in the confine program.
   */
  public Arg pointers(String shown, List<String> texts) {
    long[] addresses = new long[texts.size() + 1];
    for (int i = 0; i < texts.size(); i++) {
      addresses[i] = address(string(texts.get(i)));
    }
    return words(shown, addresses);
  }

  /** Where the data is in the memory of a confine program, for structs with pointers in them. */
  public static long address(Arg data) {
    return ProgramImage.dataAddress() + ((Arg.Data) data).offset();
  }

  /**
   * An address of 64-bit little-endian words, one of which is what the register holds when the call
   * is made; in a prepare program only.
   */
  public Arg wordsWithRegister(String shown, int at, int register, long... words) {
    Arg.Data data = (Arg.Data) words(shown, words);
    return new Arg.Completed(data.offset(), 8 * at, register, shown);
  }

  public static Arg imm(long value) {
    return new Arg.Immediate(value);
  }

  public static Arg reg(int register) {
    return new Arg.FromRegister(register);
  }

  /** Marks a register as a descriptor that survives into the confine program. */
  public ProgramBuilder inherit(int register) {
    inherited |= 1L << register;
    return this;
  }

  /** Starts a step; it is part of the program at once. */
  public StepBuilder step(String purpose, Syscall call, Arg... arguments) {
    steps.add(
        new Step(
            purpose,
            call,
            List.of(arguments),
            Step.NO_REGISTER,
            false,
            List.of(),
            Step.ANY_RESULT,
            false));
    return new StepBuilder(steps.size() - 1);
  }

  public Program build() {
    return new Program(steps, data.toByteArray(), inherited);
  }

  /** Refines the step just added. */
  public final class StepBuilder {
    private final int index;

    private StepBuilder(int index) {
      this.index = index;
    }

    /** Keeps the result, a descriptor, in the register. */
    public StepBuilder into(int register) {
      return set(register, false, at().toleratedErrnos(), at().expected(), at().forks());
    }

    /** Says that the call closes the descriptor in the register, which then holds −1. */
    public StepBuilder clears(int register) {
      return set(register, true, at().toleratedErrnos(), at().expected(), at().forks());
    }

    /** Errors that do not matter here. */
    public StepBuilder tolerate(Integer... errnos) {
      return set(
          at().resultRegister(), at().clears(), List.of(errnos), at().expected(), at().forks());
    }

    /** The only result that counts as success. */
    public StepBuilder expect(long result) {
      return set(
          at().resultRegister(), at().clears(), at().toleratedErrnos(), result, at().forks());
    }

    /** Says that the program goes on in the child that the call makes. */
    public StepBuilder forks() {
      return set(
          at().resultRegister(), at().clears(), at().toleratedErrnos(), at().expected(), true);
    }

    private Step at() {
      return steps.get(index);
    }

    private StepBuilder set(
        int register, boolean clears, List<Integer> tolerated, long expected, boolean forks) {
      Step step = at();
      steps.set(
          index,
          new Step(
              step.purpose(),
              step.call(),
              step.arguments(),
              register,
              clears,
              tolerated,
              expected,
              forks));
      return this;
    }
  }
}
