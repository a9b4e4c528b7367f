package io.jukung.linux.launch;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Syscall;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Builds a {@link Program} step by step. Not thread-safe. */
public final class ProgramBuilder {
  /** The highest number that close_range(2) takes. */
  private static final long LAST_DESCRIPTOR = 0xffff_ffffL;

  private final List<Step> steps = new ArrayList<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final Map<String, Arg.Data> strings = new HashMap<>();
  private long inherited;

  /** Returns the address of a zero-terminated text. Equal texts share one address. */
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

  /** Returns the address of bytes that are aligned to eight and that the program may write to. */
  public Arg struct(String shown, byte[] bytes) {
    while (data.size() % 8 != 0) {
      data.write(0);
    }
    int offset = data.size();
    data.writeBytes(bytes);
    return new Arg.Data(offset, shown);
  }

  /** Returns the address of 64-bit little-endian words. */
  public Arg words(String shown, long... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    return struct(shown, bytes.array());
  }

  /**
   * Returns the address of a zero-terminated array of pointers to strings, as execve(2) takes it.
   * The pointers are absolute, so they are valid in a confine program only.
   */
  public Arg pointers(String shown, List<String> texts) {
    long[] addresses = new long[texts.size() + 1];
    for (int i = 0; i < texts.size(); i++) {
      addresses[i] = address(string(texts.get(i)));
    }
    return words(shown, addresses);
  }

  /**
   * Returns the address of data in the memory of a confine program, for structs that contain
   * pointers.
   */
  public static long address(Arg data) {
    return ProgramImage.dataAddress() + ((Arg.Data) data).offset();
  }

  /**
   * Returns the address of 64-bit little-endian words, one of which is set to the content of a
   * register before the call. For prepare programs only.
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

  /** Marks a register as a descriptor that stays open in the confine program. */
  public ProgramBuilder inherit(int register) {
    inherited |= 1L << register;
    return this;
  }

  /**
   * Adds a step that lets execve(2) close all descriptors from one on (close_range(2)).
   *
   * @param purpose as of {@link #step}
   * @param first the lowest descriptor to close
   */
  public void closeOnExecFrom(String purpose, int first) {
    step(
        purpose,
        Syscall.CLOSE_RANGE,
        imm(first),
        imm(LAST_DESCRIPTOR),
        imm(Fd.CLOSE_RANGE_CLOEXEC));
  }

  /** Adds a step, which the returned builder refines. */
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
            Step.Fork.NONE,
            0));
    return new StepBuilder(steps.size() - 1);
  }

  public Program build() {
    return new Program(steps, data.toByteArray(), inherited);
  }

  /** Sets the optional properties of one step. */
  public final class StepBuilder {
    private final int index;

    private StepBuilder(int index) {
      this.index = index;
    }

    /** Stores the result, a descriptor, in the register. */
    public StepBuilder into(int register) {
      Step at = at();
      return set(register, false, at.toleratedErrnos(), at.expected(), at.fork(), at.skips());
    }

    /** Declares that the call closes the descriptor in the register, which is then set to −1. */
    public StepBuilder clears(int register) {
      Step at = at();
      return set(register, true, at.toleratedErrnos(), at.expected(), at.fork(), at.skips());
    }

    /** Declares errors that count as success. */
    public StepBuilder tolerate(Integer... errnos) {
      Step at = at();
      return set(
          at.resultRegister(), at.clears(), List.of(errnos), at.expected(), at.fork(), at.skips());
    }

    /** Declares the only result that counts as success. */
    public StepBuilder expect(long result) {
      Step at = at();
      return set(
          at.resultRegister(), at.clears(), at.toleratedErrnos(), result, at.fork(), at.skips());
    }

    /** Declares that the program continues in the child that the call makes. */
    public StepBuilder forks() {
      return fork(Step.Fork.ENDS);
    }

    /** As {@link #forks}; the process that makes the call becomes the child's init. */
    public StepBuilder forksUnderInit() {
      return fork(Step.Fork.BECOMES_INIT);
    }

    private StepBuilder fork(Step.Fork fork) {
      Step at = at();
      return set(
          at.resultRegister(), at.clears(), at.toleratedErrnos(), at.expected(), fork, at.skips());
    }

    /**
     * Adds steps that run if the call succeeds, and are left out after a tolerated error.
     *
     * @param addSteps adds the steps to this program
     */
    public void ifItSucceeds(Runnable addSteps) {
      addSteps.run();
      skipAfterError(steps.size() - 1 - index);
    }

    /** As {@link #ifItSucceeds(Runnable)}, with steps that run instead after a tolerated error. */
    public void ifItSucceeds(Runnable addSteps, Runnable addOtherSteps) {
      addSteps.run();
      StepBuilder jump =
          step("skip what is not needed", Syscall.CLOSE, imm(-1)).tolerate(Errno.EBADF);
      skipAfterError(steps.size() - 1 - index);
      addOtherSteps.run();
      jump.skipAfterError(steps.size() - 1 - jump.index);
    }

    private void skipAfterError(int count) {
      Step at = at();
      set(at.resultRegister(), at.clears(), at.toleratedErrnos(), at.expected(), at.fork(), count);
    }

    private Step at() {
      return steps.get(index);
    }

    private StepBuilder set(
        int register,
        boolean clears,
        List<Integer> tolerated,
        long expected,
        Step.Fork fork,
        int skips) {
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
              fork,
              skips));
      return this;
    }
  }
}
