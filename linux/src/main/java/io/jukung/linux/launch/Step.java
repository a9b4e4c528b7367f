package io.jukung.linux.launch;

import io.jukung.linux.libc.Syscall;
import java.util.List;

/**
 * One system call of a program.
 *
 * @param purpose the purpose in a few words, such as {@code mount proc on /proc}
 * @param arguments at most six
 * @param resultRegister the register that receives the result, or {@link #NO_REGISTER}
 * @param clears whether the register is set to −1 instead, because the call closes its descriptor
 * @param toleratedErrnos errors that count as success and leave the register unchanged; at most
 *     eight; {@link #ANY_ERRNO} stands for all errors
 * @param expected the only result that counts as success, or {@link #ANY_RESULT}
 * @param fork what becomes of the process that makes the call, if the call makes a child that
 *     continues with the next step; in a confine program only
 * @param skips how many of the next steps are left out after a tolerated error, at most 255
 */
public record Step(
    String purpose,
    Syscall call,
    List<Arg> arguments,
    int resultRegister,
    boolean clears,
    List<Integer> toleratedErrnos,
    long expected,
    Fork fork,
    int skips) {
  public static final int NO_REGISTER = 255;
  public static final int ANY_ERRNO = 255;
  public static final long ANY_RESULT = -1;

  /** The encoded form has a byte for the number. */
  private static final int MAX_SKIPS = 255;

  /** What a call does to the process that makes it. */
  public enum Fork {
    /** The call makes no child: the process goes on. */
    NONE(0),
    /**
     * The process ends. The child must have the same parent (CLONE_PARENT) to be launched in its
     * place.
     */
    ENDS(1),
    /**
     * The process stays as the child's init: it passes on the signals that it gets, waits for all
     * its children, and ends when the child does, with its exit code or 128 and the number of the
     * signal that has ended it. All signals must be blocked before, and unblocked in the child.
     */
    BECOMES_INIT(2);

    /** The byte of the encoded step. */
    private final int code;

    Fork(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  public Step {
    arguments = List.copyOf(arguments);
    toleratedErrnos = List.copyOf(toleratedErrnos);
    if (arguments.size() > 6 || toleratedErrnos.size() > 8 || skips > MAX_SKIPS) {
      throw new IllegalArgumentException(
          purpose + ": too many arguments, tolerated errors or steps to skip");
    }
  }

  /** Returns the call as strace(1) would show it: {@code r9 = fsopen("proc", 0x1)}. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    if (resultRegister != NO_REGISTER && !clears) {
      text.append('r').append(resultRegister).append(" = ");
    }
    text.append(call).append('(');
    for (int i = 0; i < arguments.size(); i++) {
      text.append(i == 0 ? "" : ", ").append(describe(arguments.get(i)));
    }
    return text.append(')').toString();
  }

  private static String describe(Arg argument) {
    return switch (argument) {
      case Arg.Immediate(long value) when value >= -100 && value < 10 -> Long.toString(value);
      case Arg.Immediate(long value) -> "0x" + Long.toHexString(value);
      case Arg.FromRegister(int register) -> "r" + register;
      case Arg.Data(int _, String text) -> text;
      case Arg.Completed(int _, int _, int register, String text) -> text + " with r" + register;
    };
  }
}
