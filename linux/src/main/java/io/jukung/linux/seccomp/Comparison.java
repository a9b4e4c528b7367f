package io.jukung.linux.seccomp;

/**
 * A condition on one argument of a system call.
 *
 * @param argument the index of the argument, 0 to 5
 * @param value the value to compare the argument with; the mask for {@link Operator#MASKED_EQUAL}
 * @param second the required value of the masked argument, for {@link Operator#MASKED_EQUAL}
 */
public record Comparison(int argument, Operator operator, long value, long second) {
  public static final int MAX_ARGUMENT = 5;

  /**
   * The comparisons, unsigned and of 64 bits. The ordinal plus one is the value in {@code enum
   * scmp_compare}.
   */
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

  /** Whether the comparison looks at no bit of the argument. */
  boolean alwaysHolds() {
    return operator == Operator.MASKED_EQUAL && value == 0 && second == 0;
  }
}
