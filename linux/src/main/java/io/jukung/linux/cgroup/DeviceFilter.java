package io.jukung.linux.cgroup;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Limits which devices the processes of a cgroup may use. cgroup v2 has no control file for this:
 * the kernel runs a BPF program (BPF_PROG_TYPE_CGROUP_DEVICE) whenever a process makes or opens a
 * device (admin-guide/cgroup-v2 of the kernel's documentation, "Device controller"; bpf(2)).
 *
 * <p>The program also applies to the cgroups inside, and is removed together with the cgroup.
 */
public final class DeviceFilter {
  private static final int PROG_LOAD = 5;
  private static final int PROG_ATTACH = 8;
  private static final int TYPE_CGROUP_DEVICE = 15;
  private static final int ATTACH_CGROUP_DEVICE = 6;

  /**
   * Programs that others attach, such as systemd or an inner runtime, also run: each of them must
   * allow the access.
   */
  private static final int ALLOW_MULTI = 2;

  private static final int SIZE_OF_LOAD = 72;
  private static final int SIZE_OF_ATTACH = 20;
  private static final int SIZE_OF_INSTRUCTION = 8;

  // linux/bpf.h: struct bpf_cgroup_dev_ctx
  private static final int BLOCK = 1;
  private static final int CHARACTER = 2;
  private static final int MKNOD = 1;
  private static final int READ = 2;
  private static final int WRITE = 4;
  private static final int EVERYTHING = MKNOD | READ | WRITE;

  // linux/bpf_common.h and linux/bpf.h: operations, on the registers below
  private static final int LOAD_WORD = 0x61;
  private static final int MOVE = 0xb7;
  private static final int AND = 0x57;
  private static final int SHIFT_RIGHT = 0x77;
  private static final int JUMP_IF_NOT = 0x55;
  private static final int EXIT = 0x95;

  private static final int RESULT = 0;
  private static final int CONTEXT = 1;
  private static final int ACCESS = 2;
  private static final int SCRATCH = 3;

  // Offsets in the context. The first word has the access in its upper half and the type in its
  // lower half.
  private static final int TYPE_AND_ACCESS = 0;
  private static final int MAJOR = 4;
  private static final int MINOR = 8;

  /**
   * The most rules of a filter. The kernel's verifier takes 8192 pending branches, and a rule has
   * up to four.
   */
  public static final int MAX_RULES = 2_000;

  /**
   * How many programs are kept to be attached again. Most containers of a node have the same rules,
   * and the kernel takes half a millisecond to verify and to compile a program.
   */
  private static final int MAX_KEPT = 4;

  /** Protects {@link #KEPT}. It is held for a few system calls. */
  private static final ReentrantLock LOCK = new ReentrantLock();

  /** The program that was used last comes first. */
  private static final Deque<Loaded> KEPT = new ArrayDeque<>();

  /** A plain class, because a record has equals(), for which Java generates classes. */
  private static final class Loaded {
    final byte[] code;
    final Fd program;

    Loaded(byte[] code, Fd program) {
      this.code = code;
      this.program = program;
    }
  }

  private DeviceFilter() {}

  /** The kinds of devices, as mknod(1) calls them. */
  public enum DeviceType {
    BLOCK(DeviceFilter.BLOCK),
    CHARACTER(DeviceFilter.CHARACTER);

    private final int number;

    DeviceType(int number) {
      this.number = number;
    }
  }

  /**
   * A rule that allows devices. Rules that match the same device add up.
   *
   * @param type null for both types; a null major or minor number stands for every number
   * @param access letters of {@code rwm}: reading, writing, making a node
   */
  public record Allowed(
      @Nullable DeviceType type, @Nullable Long major, @Nullable Long minor, String access) {}

  /**
   * Allows the processes of the cgroup these devices and no others. At most {@link #MAX_RULES}
   * rules.
   */
  public static void attach(Cgroup cgroup, List<Allowed> allowed) throws IOException {
    byte[] code = program(allowed);
    LOCK.lock(); // no other call may close the program before it is attached
    try (Fd directory = HostFile.openDirectory(cgroup.directory())) {
      attach(cgroup, directory, loaded(code));
    } finally {
      LOCK.unlock();
    }
  }

  private static void attach(Cgroup cgroup, Fd directory, Fd program) throws ErrnoException {
    try (Memory attributes = Memory.allocate(SIZE_OF_ATTACH)) {
      attributes
          .putInt(0, directory.number())
          .putInt(4, program.number())
          .putInt(8, ATTACH_CGROUP_DEVICE)
          .putInt(12, ALLOW_MULTI);
      Kernel.call(
          Syscall.BPF,
          () -> "BPF_PROG_ATTACH, BPF_CGROUP_DEVICE, " + cgroup,
          PROG_ATTACH,
          attributes.address(),
          attributes.size());
    }
  }

  /** Returns the program, which is loaded if it is none of those that were used last. */
  private static Fd loaded(byte[] code) throws ErrnoException {
    for (Loaded each : KEPT) {
      if (Arrays.equals(each.code, code)) {
        KEPT.remove(each);
        KEPT.addFirst(each);
        return each.program;
      }
    }
    Fd program = load(code);
    KEPT.addFirst(new Loaded(code, program));
    if (KEPT.size() > MAX_KEPT) {
      KEPT.removeLast().program.close();
    }
    return program;
  }

  /** Loads a program without attaching it, to see whether the kernel supports such programs. */
  public static void tryOut() throws ErrnoException {
    load(program(List.of())).close();
  }

  private static Fd load(byte[] program) throws ErrnoException {
    try (Memory instructions = Memory.ofBytes(program);
        Memory license = Memory.ofString("Apache-2.0");
        Memory attributes = Memory.allocate(SIZE_OF_LOAD)) {
      attributes
          .putInt(0, TYPE_CGROUP_DEVICE)
          .putInt(4, program.length / SIZE_OF_INSTRUCTION)
          .putLong(8, instructions.address())
          .putLong(16, license.address());
      return Fd.own(
          Kernel.call(
              Syscall.BPF,
              () -> "BPF_PROG_LOAD, BPF_PROG_TYPE_CGROUP_DEVICE",
              PROG_LOAD,
              attributes.address(),
              attributes.size()));
    }
  }

  /**
   * Compiles the rules. The program removes from the wanted access what each matching rule allows,
   * and allows the whole if nothing is left.
   */
  private static byte[] program(List<Allowed> allowed) {
    Assembler program = new Assembler();
    program.emit(LOAD_WORD, ACCESS, CONTEXT, TYPE_AND_ACCESS, 0);
    program.emit(SHIFT_RIGHT, ACCESS, 0, 0, 16);
    for (Allowed each : allowed) {
      program.rule(each);
    }
    program.answer(0);
    return program.bytes.toByteArray();
  }

  private static final class Assembler {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final ByteBuffer instruction =
        ByteBuffer.allocate(SIZE_OF_INSTRUCTION).order(ByteOrder.nativeOrder());

    void emit(int operation, int target, int source, int offset, int value) {
      instruction
          .clear()
          .put((byte) operation)
          .put((byte) (source << 4 | target))
          .putShort((short) offset)
          .putInt(value);
      bytes.writeBytes(instruction.array());
    }

    void rule(Allowed rule) {
      int access = mask(rule.access());
      DeviceType type = rule.type();
      Long major = rule.major();
      Long minor = rule.minor();
      int rest = access == EVERYTHING ? 2 : 4; // how many instructions follow a comparison
      int afterMajor = rest + (minor == null ? 0 : 2);
      // Each comparison loads its value anew. A register whose value is known after a comparison
      // would be one more case for the verifier in all that follows, and it gives up on too many
      // cases.
      if (type != null) {
        emit(LOAD_WORD, SCRATCH, CONTEXT, TYPE_AND_ACCESS, 0);
        emit(AND, SCRATCH, 0, 0, 0xffff);
        emit(JUMP_IF_NOT, SCRATCH, 0, afterMajor + (major == null ? 0 : 2), type.number);
      }
      if (major != null) {
        emit(LOAD_WORD, SCRATCH, CONTEXT, MAJOR, 0);
        emit(JUMP_IF_NOT, SCRATCH, 0, afterMajor, Math.toIntExact(major));
      }
      if (minor != null) {
        emit(LOAD_WORD, SCRATCH, CONTEXT, MINOR, 0);
        emit(JUMP_IF_NOT, SCRATCH, 0, rest, Math.toIntExact(minor));
      }
      if (access != EVERYTHING) {
        emit(AND, ACCESS, 0, 0, ~access);
        emit(JUMP_IF_NOT, ACCESS, 0, 2, 0);
      }
      answer(1);
    }

    void answer(int result) {
      emit(MOVE, RESULT, 0, 0, result);
      emit(EXIT, 0, 0, 0, 0);
    }

    private static int mask(String access) {
      return (access.contains("m") ? MKNOD : 0)
          | (access.contains("r") ? READ : 0)
          | (access.contains("w") ? WRITE : 0);
    }
  }
}
