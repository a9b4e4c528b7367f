package io.jukung.linux.seccomp;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.MemoryFile;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.NativeLibrary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compiles a {@link Filter} from rules. Holds native memory until it is closed. Not thread-safe.
 *
 * <p>Compiling a profile of some hundred calls takes milliseconds, so callers should keep the
 * filter.
 */
public final class FilterBuilder implements AutoCloseable {
  private static final int ATTRIBUTE_OPTIMIZE = 8;
  private static final int BINARY_TREE = 2;
  private static final int UNKNOWN_CALL = -1;
  private static final int SIZE_OF_COMPARISON = 24;

  /**
   * The limit of libseccomp's rules for one rule of a profile: enough for two comparisons of order
   * in 32 bits. The kernel takes no filter with many more.
   */
  private static final int MAX_ALTERNATIVES = 1024;

  private final Libseccomp library;
  private final Action byDefault;
  private final long context;
  // The largest call number that a rule names, by libseccomp's token of the architecture, which is
  // also the kernel's AUDIT_ARCH_*.
  private final Map<Integer, Integer> largestCall = new LinkedHashMap<>();
  private boolean open = true;

  private FilterBuilder(Libseccomp library, Action byDefault, long context) {
    this.library = library;
    this.byDefault = byDefault;
    this.context = context;
    largestCall.put((int) library.nativeArchitecture.call(), -1);
  }

  /** Returns why filters cannot be compiled, in one sentence; empty if they can. */
  public static Optional<String> missing() {
    return Libseccomp.get().isPresent()
        ? Optional.empty()
        : Optional.of(Libseccomp.NAME + " is not installed on this node (Debian: libseccomp2)");
  }

  /**
   * Starts a filter for the architecture of this process.
   *
   * @param byDefault the action for calls without a rule
   */
  public static FilterBuilder open(Action byDefault) throws IOException {
    Libseccomp library = Libseccomp.get().orElseThrow(() -> new IOException(missing().orElse("")));
    long context = library.init.call(Integer.toUnsignedLong(byDefault.word()));
    if (context == 0) {
      throw new ProfileException("seccomp_init: libseccomp refuses the default action");
    }
    FilterBuilder builder = new FilterBuilder(library, byDefault, context);
    // A binary tree avoids hundreds of comparisons in a row at each system call.
    builder.check(
        "seccomp_attr_set", "optimize", library.setAttribute, ATTRIBUTE_OPTIMIZE, BINARY_TREE);
    return builder;
  }

  /**
   * Applies the rules also to another architecture whose programs the processor can run.
   *
   * @param name libseccomp's name of the architecture: {@code x86_64}, {@code x32}
   * @return false if libseccomp does not know the architecture
   */
  public boolean addArchitecture(String name) throws IOException {
    int token;
    try (Memory text = Memory.ofString(name)) {
      token = (int) library.resolveArchitecture.call(text.address());
    }
    if (token == 0) {
      return false;
    }
    if (largestCall.putIfAbsent(token, -1) == null) {
      check("seccomp_arch_add", name, library.addArchitecture, Integer.toUnsignedLong(token));
    }
    return true;
  }

  /**
   * Adds the action for a system call if all comparisons hold. If several comparisons are about the
   * same argument, one of them suffices: other runtimes read profiles in the same way, because
   * libseccomp takes one comparison per argument.
   *
   * <p>Bits of an argument that the kernel ignores are not compared ({@link ArgumentWidths}). Other
   * runtimes compare all 64 bits, so that a program passes a rule about {@code socket(40)} by
   * setting an upper bit.
   *
   * @return false if libseccomp does not know the call, which then cannot be filtered
   */
  public boolean rule(Action action, String call, List<Comparison> comparisons) throws IOException {
    try (Memory name = Memory.ofString(call)) {
      int number = (int) library.resolveCall.call(name.address());
      if (number == UNKNOWN_CALL) {
        return false;
      }
      noteLargest(name);
      if (action.word() == byDefault.word()) {
        return true; // libseccomp refuses a rule that changes nothing
      }
      long arguments = comparisons.stream().mapToInt(Comparison::argument).distinct().count();
      if (arguments == comparisons.size()) {
        addNarrowed(action, call, number, comparisons);
      } else {
        for (Comparison each : comparisons) {
          addNarrowed(action, call, number, List.of(each));
        }
      }
      return true;
    }
  }

  private void addNarrowed(Action action, String call, int number, List<Comparison> comparisons)
      throws IOException {
    List<List<Comparison>> all = List.of(List.of());
    for (Comparison each : comparisons) {
      List<List<Comparison>> longer = new ArrayList<>();
      for (Comparison alternative : alternatives(call, each)) {
        for (List<Comparison> before : all) {
          List<Comparison> one = new ArrayList<>(before);
          if (!alternative.alwaysHolds()) {
            one.add(alternative);
          }
          longer.add(one);
        }
      }
      if (longer.size() > MAX_ALTERNATIVES) {
        throw new ProfileException(
            "a rule of " + call + " compares the order of too many arguments of 32 bits");
      }
      all = longer;
    }
    for (List<Comparison> each : all) {
      add(action, call, number, each);
    }
  }

  private static List<Comparison> alternatives(String call, Comparison comparison) {
    int bits = ArgumentWidths.of(call, comparison.argument());
    return bits == ArgumentWidths.FULL
        ? List.of(comparison)
        : NarrowComparison.alternatives(comparison, bits);
  }

  private void noteLargest(Memory name) {
    largestCall.replaceAll(
        (architecture, largest) ->
            Math.max(
                largest,
                (int)
                    library.resolveCallOn.call(
                        Integer.toUnsignedLong(architecture), name.address())));
  }

  private void add(Action action, String call, int number, List<Comparison> comparisons)
      throws IOException {
    try (Memory array = Memory.allocate(comparisons.size() * SIZE_OF_COMPARISON)) {
      for (int i = 0; i < comparisons.size(); i++) {
        Comparison each = comparisons.get(i);
        array
            .putInt(i * SIZE_OF_COMPARISON, each.argument())
            .putInt(i * SIZE_OF_COMPARISON + 4, each.operator().word())
            .putLong(i * SIZE_OF_COMPARISON + 8, each.value())
            .putLong(i * SIZE_OF_COMPARISON + 16, each.second());
      }
      long result =
          (int)
              library.addRule.call(
                  context,
                  Integer.toUnsignedLong(action.word()),
                  number,
                  comparisons.size(),
                  array.address());
      if (result < 0 && result != -Errno.EEXIST) { // EEXIST: the rule was added before
        ErrnoException refused = new ErrnoException("seccomp_rule_add", call, (int) -result);
        throw refused.is(Errno.ENOMEM)
            ? refused
            : new ProfileException("libseccomp refuses the rule: " + refused.getMessage(), refused);
      }
    }
  }

  /**
   * Compiles the rules.
   *
   * @param flags the SECCOMP_FILTER_FLAG_* for loading the filter
   */
  public Filter build(int flags) throws IOException {
    byte[] rules = exported();
    byte[] head = byDefault.lets() ? new byte[0] : NewerCalls.refuse(largestCall);
    byte[] all = Arrays.copyOf(head, head.length + rules.length);
    System.arraycopy(rules, 0, all, head.length, rules.length);
    Filter filter = new Filter(all, flags);
    if (filter.count() > Filter.MAX_INSTRUCTIONS) {
      throw new ProfileException(
          "the filter has "
              + filter.count()
              + " instructions, and the kernel takes "
              + Filter.MAX_INSTRUCTIONS);
    }
    return filter;
  }

  private byte[] exported() throws IOException {
    try (Fd file = MemoryFile.of("seccomp", new byte[0])) {
      check("seccomp_export_bpf", "", library.exportBpf, file.number());
      int size = (int) file.seekToEnd();
      file.seek(0);
      byte[] bytes = new byte[size];
      int done = 0;
      while (done < size) {
        int count = file.read(bytes, done, size - done);
        if (count == 0) {
          throw new IOException("seccomp_export_bpf: " + done + " of " + size + " bytes");
        }
        done += count;
      }
      return bytes;
    }
  }

  private void check(String function, String about, NativeLibrary.Function called, long... more)
      throws ErrnoException {
    long[] arguments = new long[more.length + 1];
    arguments[0] = context;
    System.arraycopy(more, 0, arguments, 1, more.length);
    int result = (int) called.call(arguments);
    if (result < 0) {
      throw new ErrnoException(function, about, -result);
    }
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      library.release.call(context);
    }
  }
}
