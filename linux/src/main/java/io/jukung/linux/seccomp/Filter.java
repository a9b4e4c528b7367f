package io.jukung.linux.seccomp;

/**
 * A compiled filter, as the kernel takes it. The array is shared: nobody changes it.
 *
 * @param instructions of struct sock_filter, eight bytes each, in the machine's byte order
 * @param flags SECCOMP_FILTER_FLAG_* of seccomp(2)
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Filter(byte[] instructions, int flags) {
  /** One instruction of classic BPF. */
  public static final int INSTRUCTION_SIZE = 8;

  /** What struct sock_fprog can count, and the kernel's own limit (BPF_MAXINSNS). */
  public static final int MAX_INSTRUCTIONS = 4096;

  public int count() {
    return instructions.length / INSTRUCTION_SIZE;
  }
}
