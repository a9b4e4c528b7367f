package io.jukung.runtime.launch;

import static io.jukung.runtime.launch.FilterMachine.ALLOW;
import static io.jukung.runtime.launch.FilterMachine.ERRNO;
import static io.jukung.runtime.launch.FilterMachine.I386;
import static io.jukung.runtime.launch.FilterMachine.X32_BIT;
import static io.jukung.runtime.launch.FilterMachine.X86_64;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.linux.Errno;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.linux.seccomp.Filter;
import io.jukung.runtime.cdi.CdiDevices;
import io.jukung.runtime.spec.LabelRules;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.Spec.SeccompArg;
import io.jukung.runtime.spec.Spec.SeccompRule;
import io.jukung.runtime.spec.SpecBuilder;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SeccompFiltersTest {
  private static final int REFUSE = ERRNO | Errno.EPERM;
  private static final int NOT_THERE = ERRNO | Errno.ENOSYS;
  private static final int KILL_THREAD = 0;

  private static final int NATIVE =
      switch (Arch.CURRENT) {
        case X86_64 -> X86_64;
        case AARCH64 -> FilterMachine.AARCH64;
      };

  private static final int KILL = Syscall.KILL.number();
  private static final int UMASK = Syscall.UMASK.number();
  private static final int CLONE3 = Syscall.CLONE3.number();
  private static final int UNSHARE = Syscall.UNSHARE.number();

  private final SeccompFilters filters = new SeccompFilters();

  private static Spec.Seccomp profile(String defaultAction, SeccompRule... rules) {
    return new Spec.Seccomp(defaultAction, null, List.of(), List.of(), List.of(rules));
  }

  private static SeccompRule allow(String name, SeccompArg... args) {
    return new SeccompRule(List.of(name), "SCMP_ACT_ALLOW", null, List.of(args));
  }

  private static SeccompArg arg(int index, String op, long value, long second) {
    return new SeccompArg(index, BigInteger.valueOf(value), BigInteger.valueOf(second), op);
  }

  private FilterMachine machine(Spec.Seccomp profile) throws IOException {
    return new FilterMachine(filters.of(profile));
  }

  static Stream<Arguments> comparisons() {
    return Stream.of(
        Arguments.of("SCMP_CMP_NE", 5, 0, new long[] {4, 6}, new long[] {5}),
        Arguments.of("SCMP_CMP_LT", 5, 0, new long[] {4}, new long[] {5, 6, -1}),
        Arguments.of("SCMP_CMP_LE", 5, 0, new long[] {4, 5}, new long[] {6, 1L << 40}),
        Arguments.of("SCMP_CMP_EQ", 5, 0, new long[] {5}, new long[] {4, 5 | 1L << 40}),
        Arguments.of("SCMP_CMP_GE", 5, 0, new long[] {5, 6, -1}, new long[] {4}),
        Arguments.of("SCMP_CMP_GT", 5, 0, new long[] {6, 1L << 40}, new long[] {4, 5}),
        Arguments.of("SCMP_CMP_MASKED_EQ", 0xf0, 0x20, new long[] {0x2f}, new long[] {0x30, 0}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("comparisons")
  void argumentsOf64BitsAreComparedAsUnsignedNumbers(
      String op, long value, long second, long[] allowed, long[] refused) throws IOException {
    FilterMachine machine =
        machine(profile("SCMP_ACT_ERRNO", allow("unshare", arg(0, op, value, second))));
    for (long each : allowed) {
      assertThat(machine.decide(NATIVE, UNSHARE, each)).as("%x", each).isEqualTo(ALLOW);
    }
    for (long each : refused) {
      assertThat(machine.decide(NATIVE, UNSHARE, each)).as("%x", each).isEqualTo(REFUSE);
    }
  }

  static Stream<Arguments> comparisonsOfInts() {
    return Stream.of(
        Arguments.of("SCMP_CMP_NE", 5, 0, new long[] {4, 6, -1}, new long[] {5}),
        Arguments.of("SCMP_CMP_LT", 5, 0, new long[] {0, 4}, new long[] {5, 6, 0xffff_ffffL}),
        Arguments.of("SCMP_CMP_LE", 5, 0, new long[] {0, 4, 5}, new long[] {6, 8}),
        Arguments.of("SCMP_CMP_EQ", 5, 0, new long[] {5}, new long[] {4, 6, 0}),
        Arguments.of("SCMP_CMP_EQ", -1, 0, new long[] {-1}, new long[] {0, 0x7fff_ffff}),
        Arguments.of("SCMP_CMP_GE", 5, 0, new long[] {5, 6, 0xffff_ffffL}, new long[] {0, 4}),
        Arguments.of("SCMP_CMP_GT", 5, 0, new long[] {6, 8, 0xffff_ffffL}, new long[] {4, 5}),
        Arguments.of("SCMP_CMP_MASKED_EQ", 0xf0, 0x20, new long[] {0x2f}, new long[] {0x30, 0}));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("comparisonsOfInts")
  void upperHalfOfAnIntIsNotCompared(
      String op, long value, long second, long[] allowed, long[] refused) throws IOException {
    BigInteger unsigned = new BigInteger(Long.toUnsignedString(value));
    FilterMachine machine =
        machine(
            profile(
                "SCMP_ACT_ERRNO",
                allow("kill", new SeccompArg(1, unsigned, BigInteger.valueOf(second), op))));
    for (long upper : new long[] {0, 1, 0x8000_0000L, 0xffff_ffffL}) {
      for (long each : allowed) {
        long whole = (each & 0xffff_ffffL) | (upper << 32);
        assertThat(machine.decide(NATIVE, KILL, 1, whole)).as("%x", whole).isEqualTo(ALLOW);
      }
      for (long each : refused) {
        long whole = (each & 0xffff_ffffL) | (upper << 32);
        assertThat(machine.decide(NATIVE, KILL, 1, whole)).as("%x", whole).isEqualTo(REFUSE);
      }
    }
  }

  private static boolean holds(SeccompArg arg, long argument) {
    int order = Long.compareUnsigned(argument, arg.value().longValue());
    return switch (String.valueOf(arg.op())) {
      case "SCMP_CMP_NE" -> order != 0;
      case "SCMP_CMP_LT" -> order < 0;
      case "SCMP_CMP_LE" -> order <= 0;
      case "SCMP_CMP_EQ" -> order == 0;
      case "SCMP_CMP_GE" -> order >= 0;
      case "SCMP_CMP_GT" -> order > 0;
      default ->
          (argument & arg.value().longValue())
              == (requireNonNull(arg.valueTwo()).longValue() & arg.value().longValue());
    };
  }

  /** Several rules with one action: libseccomp joins them into one tree. */
  @Test
  void randomRulesAboutIntsDecideWhatTheyMean() throws IOException {
    String[] ops = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      List<List<SeccompArg>> rules = new ArrayList<>();
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        List<SeccompArg> args = new ArrayList<>();
        args.add(randomArg(random, 0, ops));
        if (random.nextInt(4) == 0) {
          args.add(randomArg(random, 1, ops));
        }
        rules.add(args);
      }
      FilterMachine machine =
          machine(
              profile(
                  "SCMP_ACT_ERRNO",
                  rules.stream()
                      .map(args -> allow("kill", args.toArray(SeccompArg[]::new)))
                      .toArray(SeccompRule[]::new)));
      for (int i = 0; i < 200; i++) {
        long first = randomValue(random);
        long second = randomValue(random);
        boolean expected =
            rules.stream()
                .anyMatch(
                    args ->
                        args.stream()
                            .allMatch(arg -> holds(arg, arg.index() == 0 ? first : second)));
        long upper = (long) random.nextInt() << 32;
        assertThat(machine.decide(NATIVE, KILL, first | upper, second | upper))
            .as("seed %d: %s with %x, %x", seed, rules, first, second)
            .isEqualTo(expected ? ALLOW : REFUSE);
      }
    }
  }

  private static SeccompArg randomArg(Random random, int index, String[] ops) {
    return arg(
        index,
        "SCMP_CMP_" + ops[random.nextInt(ops.length)],
        randomValue(random),
        randomValue(random));
  }

  private static long randomValue(Random random) {
    return random.nextInt(3) > 0 ? random.nextInt(64) : random.nextInt() & 0xffff_ffffL;
  }

  private Spec.Seccomp runtimeDefault() throws IOException {
    Path nowhere = Path.of("/nonexistent");
    return new SpecBuilder(
            new StatePaths(nowhere, nowhere),
            1024,
            new CdiDevices(List.of(), List.of()),
            new LabelRules(new AppArmor(nowhere), new Selinux(nowhere)))
        .usualSeccomp();
  }

  /** docs/adr/0009 says why socketcall is allowed, whose arguments no filter can see. */
  @Test
  void runtimeDefaultRefusesFamiliesByTheLowerHalfOfTheRegister() throws IOException {
    assumeTrue(NATIVE == X86_64, "the numbers of the calls are those of x86");
    FilterMachine machine = machine(runtimeDefault());
    for (long upper : new long[] {0, 1, 0xffff_ffffL}) {
      for (long family : new long[] {1, 2, 10, 16, 37, 39, 41, 45, 0xffff_ffffL}) {
        long register = family | (upper << 32);
        assertThat(machine.decide(X86_64, 41, register, 1)).as("%x", register).isEqualTo(ALLOW);
        assertThat(machine.decide(X86_64, X32_BIT | 41, register, 1)).isEqualTo(ALLOW);
      }
      for (long family : new long[] {38, 40}) {
        long register = family | (upper << 32);
        assertThat(machine.decide(X86_64, 41, register, 1)).as("%x", register).isEqualTo(REFUSE);
        assertThat(machine.decide(X86_64, X32_BIT | 41, register, 1)).isEqualTo(REFUSE);
      }
    }
    assertThat(machine.decide(I386, 359, 40, 1)).as("socket of 32-bit x86").isEqualTo(REFUSE);
    assertThat(machine.decide(I386, 359, 2, 1)).isEqualTo(ALLOW);
    assertThat(machine.decide(I386, 102, 1)).as("socketcall(SYS_SOCKET)").isEqualTo(ALLOW);
    assertThat(machine.decide(I386, 102, 3)).as("socketcall(SYS_CONNECT)").isEqualTo(ALLOW);
  }

  @Test
  void comparisonsOfDifferentArgumentsMustAllHoldAndOfOneArgumentOnlyOne() throws IOException {
    FilterMachine both =
        machine(
            profile(
                "SCMP_ACT_ERRNO",
                allow("kill", arg(0, "SCMP_CMP_EQ", 1, 0), arg(1, "SCMP_CMP_EQ", 2, 0))));
    assertThat(both.decide(NATIVE, KILL, 1, 2)).isEqualTo(ALLOW);
    assertThat(both.decide(NATIVE, KILL, 1, 3)).isEqualTo(REFUSE);
    FilterMachine either =
        machine(
            profile(
                "SCMP_ACT_ERRNO",
                allow("kill", arg(0, "SCMP_CMP_EQ", 1, 0), arg(0, "SCMP_CMP_EQ", 2, 0))));
    assertThat(either.decide(NATIVE, KILL, 1, 9)).isEqualTo(ALLOW);
    assertThat(either.decide(NATIVE, KILL, 2, 9)).isEqualTo(ALLOW);
    assertThat(either.decide(NATIVE, KILL, 3, 9)).isEqualTo(REFUSE);
  }

  @Test
  void filterReturnsTheGivenErrorNumbers() throws IOException {
    Spec.Seccomp profile =
        new Spec.Seccomp(
            "SCMP_ACT_ERRNO",
            Errno.EACCES,
            List.of(),
            List.of(),
            List.of(
                new SeccompRule(List.of("kill"), "SCMP_ACT_ERRNO", Errno.EBUSY, List.of()),
                allow("clone3")));
    assertThat(machine(profile).decide(NATIVE, KILL)).isEqualTo(ERRNO | Errno.EBUSY);
    assertThat(machine(profile).decide(NATIVE, UMASK)).isEqualTo(ERRNO | Errno.EACCES);
  }

  @Test
  void callNewerThanTheProfileFailsWithEnosys() throws IOException {
    FilterMachine machine = machine(profile("SCMP_ACT_ERRNO", allow("clone3")));
    assertThat(machine.decide(NATIVE, CLONE3)).isEqualTo(ALLOW);
    assertThat(machine.decide(NATIVE, CLONE3 - 1)).isEqualTo(REFUSE);
    assertThat(machine.decide(NATIVE, CLONE3 + 1)).isEqualTo(NOT_THERE);
    assertThat(machine(profile("SCMP_ACT_ALLOW", allow("clone3"))).decide(NATIVE, CLONE3 + 1))
        .isEqualTo(ALLOW);
  }

  @Test
  void otherArchitecturesAreRefusedUnlessTheProfileNamesThem() throws IOException {
    Spec.Seccomp plain = profile("SCMP_ACT_ERRNO", allow("umask"));
    int other = NATIVE == X86_64 ? I386 : 0x40000028;
    assertThat(machine(plain).decide(other, 60)).isEqualTo(KILL_THREAD);
    if (NATIVE == X86_64) {
      assertThat(machine(plain).decide(X86_64, X32_BIT | UMASK)).isEqualTo(KILL_THREAD);
      FilterMachine all =
          machine(
              new Spec.Seccomp(
                  "SCMP_ACT_ERRNO",
                  null,
                  List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
                  List.of(),
                  List.of(allow("umask"))));
      assertThat(all.decide(X86_64, UMASK)).isEqualTo(ALLOW);
      assertThat(all.decide(X86_64, X32_BIT | UMASK)).isEqualTo(ALLOW);
      assertThat(all.decide(I386, 60)).isEqualTo(ALLOW);
      assertThat(all.decide(X86_64, X32_BIT | 0x1ff)).isEqualTo(NOT_THERE);
      assertThat(all.decide(X86_64, X32_BIT)).isEqualTo(REFUSE);
      assertThat(all.decide(I386, 500)).isEqualTo(NOT_THERE);
    }
  }

  @Test
  void oneProfileIsCompiledOnce() throws IOException {
    Filter first = filters.of(profile("SCMP_ACT_ERRNO", allow("umask")));
    assertThat(filters.of(profile("SCMP_ACT_ERRNO", allow("umask")))).isSameAs(first);
    assertThat(filters.of(profile("SCMP_ACT_ERRNO", allow("kill")))).isNotSameAs(first);
  }

  private static Spec.Seccomp rule(String action, @Nullable Integer errno, SeccompArg... args) {
    return profile(
        "SCMP_ACT_ALLOW", new SeccompRule(List.of("kill"), action, errno, List.of(args)));
  }

  static Stream<Arguments> wrongProfiles() {
    BigInteger tooLarge = BigInteger.ONE.shiftLeft(64);
    return Stream.of(
        Arguments.of(profile("SCMP_ACT_MAYBE"), "SCMP_ACT_MAYBE"),
        Arguments.of(rule("SCMP_ACT_NOTIFY", null), "SCMP_ACT_NOTIFY is not implemented"),
        Arguments.of(rule("SCMP_ACT_ERRNO", -1), "error number -1"),
        Arguments.of(
            rule("SCMP_ACT_ERRNO", null, arg(6, "SCMP_CMP_EQ", 0, 0)), "argument with the index 6"),
        Arguments.of(rule("SCMP_ACT_ERRNO", null, arg(0, "EQUALS", 0, 0)), "comparison EQUALS"),
        Arguments.of(
            rule("SCMP_ACT_ERRNO", null, new SeccompArg(0, tooLarge, null, "SCMP_CMP_EQ")),
            "64 bits"),
        Arguments.of(
            new Spec.Seccomp(
                "SCMP_ACT_ALLOW", null, List.of("SCMP_ARCH_Z80"), List.of(), List.of()),
            "architecture SCMP_ARCH_Z80"),
        Arguments.of(
            new Spec.Seccomp("SCMP_ACT_ALLOW", null, List.of(), List.of("FAST"), List.of()),
            "flag FAST"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("wrongProfiles")
  void errorNamesTheWrongPart(Spec.Seccomp profile, String message) {
    assertThatThrownBy(() -> filters.of(profile))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message);
  }
}
