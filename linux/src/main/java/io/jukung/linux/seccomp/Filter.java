package io.jukung.linux.seccomp;

/**
 * A compiled filter, as the kernel takes it. The array is shared and must not be changed.
 *
 * @param instructions the instructions (struct sock_filter), eight bytes each, in the machine's
 *     byte order
 * @param flags the SECCOMP_FILTER_FLAG_* of seccomp(2)
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Filter(byte[] instructions, int flags) {
  /** The size of one instruction of classic BPF. */
  public static final int INSTRUCTION_SIZE = 8;

  /** The most instructions of a filter (BPF_MAXINSNS of the kernel). */
  public static final int MAX_INSTRUCTIONS = 4096;

  public int count() {
    return instructions.length / INSTRUCTION_SIZE;
  }
}
