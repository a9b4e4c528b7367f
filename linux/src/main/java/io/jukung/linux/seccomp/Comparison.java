package io.jukung.linux.seccomp;

/**
 * A condition on one argument of a system call.
 *
 * @param argument 0 to 5
 * @param value what it is compared with; the mask, for {@link Operator#MASKED_EQUAL}
 * @param second what the masked argument has to be
 */
public record Comparison(int argument, Operator operator, long value, long second) {
  public static final int MAX_ARGUMENT = 5;

  /** Unsigned, 64 bits wide; the ordinal plus one is {@code enum scmp_compare}. */
  public enum Operator {
    NOT_EQUAL,
    LESS_THAN,
    LESS_OR_EQUAL,
    EQUAL,
    GREATER_OR_EQUAL,
    GREATER_THAN,
    MASKED_EQUAL;

    @SuppressWarnings("EnumOrdinal") // declared in the order of the C enum
    int word() {
      return ordinal() + 1;
    }
  }
}
