package io.jukung.runtime.launch;

import io.jukung.linux.seccomp.Action;
import io.jukung.linux.seccomp.Comparison;
import io.jukung.linux.seccomp.Filter;
import io.jukung.linux.seccomp.FilterBuilder;
import io.jukung.linux.seccomp.ProfileException;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compiles seccomp profiles and keeps the results, because compiling takes longer than everything
 * else in the start of a container. Thread-safe.
 */
public final class SeccompFilters {
  /** The number of compiled profiles that are kept, about 20 KB each. A node uses a few. */
  private static final int MAX_KEPT = 64;

  private static final String ARCHITECTURE = "SCMP_ARCH_";
  private static final int BITS = 64;

  private final Map<Spec.Seccomp, Filter> kept =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Spec.Seccomp, Filter> eldest) {
          return size() > MAX_KEPT;
        }
      };

  /** The reason why seccomp profiles cannot be used on this node; empty if they can. */
  public Optional<String> missing() {
    return FilterBuilder.missing();
  }

  /**
   * The filter of a profile, compiled if necessary.
   *
   * @throws ProfileException if the profile is wrong
   */
  public Filter of(Spec.Seccomp profile) throws IOException {
    synchronized (kept) {
      Filter filter = kept.get(profile);
      if (filter != null) {
        return filter;
      }
    }
    // Not locked: two threads may compile the same profile, but none waits for another profile.
    Filter filter = compile(profile);
    synchronized (kept) {
      kept.put(profile, filter);
    }
    return filter;
  }

  private static Filter compile(Spec.Seccomp profile) throws IOException {
    try (FilterBuilder builder =
        FilterBuilder.open(action(profile.defaultAction(), profile.defaultErrnoRet()))) {
      for (String name : profile.architectures()) {
        boolean known =
            name.startsWith(ARCHITECTURE)
                && builder.addArchitecture(
                    name.substring(ARCHITECTURE.length()).toLowerCase(Locale.ROOT));
        if (!known) {
          throw new ProfileException("there is no architecture " + name);
        }
      }
      for (Spec.SeccompRule rule : profile.syscalls()) {
        Action action = action(rule.action(), rule.errnoRet());
        List<Comparison> comparisons = new ArrayList<>();
        for (Spec.SeccompArg each : rule.args()) {
          comparisons.add(comparison(each));
        }
        for (String name : rule.names()) {
          builder.rule(action, name, comparisons);
        }
      }
      return builder.build(flags(profile.flags()));
    }
  }

  private static Action action(String name, @Nullable Integer errno) throws IOException {
    if (name.equals("SCMP_ACT_NOTIFY")) {
      throw new ProfileException("SCMP_ACT_NOTIFY is not implemented");
    }
    return Action.named(name, errno)
        .orElseThrow(
            () ->
                new ProfileException(
                    "there is no action "
                        + name
                        + (errno == null ? "" : " with the error number " + errno)));
  }

  private static Comparison comparison(Spec.SeccompArg argument) throws IOException {
    if (argument.index() < 0 || argument.index() > Comparison.MAX_ARGUMENT) {
      throw new ProfileException(
          "there is no system call argument with the index " + argument.index());
    }
    return new Comparison(
        argument.index(),
        operator(argument.op()),
        word(argument.value()),
        word(argument.valueTwo()));
  }

  private static Comparison.Operator operator(@Nullable String name) throws IOException {
    // A switch with a case for null would have Java generate a class at run time.
    return switch (name == null ? "" : name) {
      case "SCMP_CMP_NE" -> Comparison.Operator.NOT_EQUAL;
      case "SCMP_CMP_LT" -> Comparison.Operator.LESS_THAN;
      case "SCMP_CMP_LE" -> Comparison.Operator.LESS_OR_EQUAL;
      case "SCMP_CMP_EQ" -> Comparison.Operator.EQUAL;
      case "SCMP_CMP_GE" -> Comparison.Operator.GREATER_OR_EQUAL;
      case "SCMP_CMP_GT" -> Comparison.Operator.GREATER_THAN;
      case "SCMP_CMP_MASKED_EQ" -> Comparison.Operator.MASKED_EQUAL;
      default -> throw new ProfileException("there is no comparison " + name);
    };
  }

  private static long word(@Nullable BigInteger value) throws IOException {
    if (value == null) {
      return 0;
    }
    if (value.signum() < 0 || value.bitLength() > BITS) {
      throw new ProfileException(value + " is not an unsigned number of " + BITS + " bits");
    }
    return value.longValue();
  }

  private static int flags(List<String> names) throws IOException {
    int flags = 0;
    for (String name : names) {
      flags |=
          switch (name) {
            case "SECCOMP_FILTER_FLAG_TSYNC" -> 1;
            case "SECCOMP_FILTER_FLAG_LOG" -> 2;
            case "SECCOMP_FILTER_FLAG_SPEC_ALLOW" -> 4;
            case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" ->
                throw new ProfileException(name + " is not implemented");
            default -> throw new ProfileException("there is no flag " + name);
          };
    }
    return flags;
  }
}
