package io.jukung.runtime.spec;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.seccomp.ProfileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A seccomp profile in a file: {@code linux.seccomp} of the OCI specification with moby's additions
 * (maps of architectures, and rules that depend on capabilities, the architecture or the kernel).
 * {@link #resolve} evaluates the additions for one container.
 *
 * <p>An unknown member is an error, because the profile might not protect without it.
 */
record SeccompProfile(
    @Nullable String comment,
    @Nullable String defaultAction,
    @Nullable Integer defaultErrnoRet,
    @Nullable List<String> architectures,
    @Nullable List<ArchitectureMap> archMap,
    @Nullable List<String> flags,
    @Nullable String listenerPath,
    @Nullable String listenerMetadata,
    @Nullable List<Rule> syscalls) {

  private static final ObjectReader READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build()
          .readerFor(SeccompProfile.class);

  /** The architectures whose programs also run on a node of this architecture. */
  record ArchitectureMap(@Nullable String architecture, @Nullable List<String> subArchitectures) {}

  /** One entry of {@code syscalls}. */
  record Rule(
      @Nullable String comment,
      @Nullable String name,
      @Nullable List<String> names,
      @Nullable String action,
      @Nullable Integer errnoRet,
      @Nullable List<Spec.SeccompArg> args,
      @Nullable Condition includes,
      @Nullable Condition excludes) {}

  /** A condition holds if all its members hold, and one of its architectures is the node's. */
  record Condition(
      @Nullable List<String> caps,
      @JsonAlias("architectures") @Nullable List<String> arches,
      @Nullable String minKernel) {}

  /**
   * The facts on which conditions depend.
   *
   * @param capabilities the container's bounding set, by kernel names
   * @param kernel the kernel's release, for example {@code 6.1.0-18-amd64}
   */
  record Facts(Arch architecture, Set<String> capabilities, String kernel) {}

  static SeccompProfile parse(byte[] json) throws ProfileException {
    SeccompProfile profile;
    try {
      profile = READER.readValue(json);
    } catch (JacksonException e) {
      throw new ProfileException(describe(e), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing is read but an array
    }
    if (profile == null || profile.defaultAction == null) {
      throw new ProfileException("it has no defaultAction");
    }
    return profile;
  }

  private static String describe(JacksonException e) {
    String where =
        e.getLocation() == null
            ? ""
            : "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
    return where + ": " + e.getOriginalMessage().lines().findFirst().orElse("not JSON");
  }

  /** The profile in the form of the OCI specification, for a container with these facts. */
  Spec.Seccomp resolve(Facts facts) throws ProfileException {
    if (defaultAction == null) {
      throw new ProfileException("it has no defaultAction");
    }
    if (!orEmpty(architectures).isEmpty() && !orEmpty(archMap).isEmpty()) {
      throw new ProfileException("it has both architectures and archMap");
    }
    if (listenerPath != null && !listenerPath.isEmpty()) {
      throw new ProfileException("listenerPath is not implemented");
    }
    List<Spec.SeccompRule> rules = new ArrayList<>();
    for (Rule rule : orEmpty(syscalls)) {
      if (holds(rule.includes(), facts, true) && !holds(rule.excludes(), facts, false)) {
        rules.add(resolve(rule));
      }
    }
    return new Spec.Seccomp(
        defaultAction, defaultErrnoRet, architectures(facts), orEmpty(flags), rules);
  }

  private List<String> architectures(Facts facts) {
    Set<String> result = new LinkedHashSet<>(orEmpty(architectures));
    for (ArchitectureMap each : orEmpty(archMap)) {
      if (("SCMP_ARCH_" + facts.architecture()).equals(each.architecture())) {
        result.add(each.architecture());
        result.addAll(orEmpty(each.subArchitectures()));
      }
    }
    return List.copyOf(result);
  }

  private static Spec.SeccompRule resolve(Rule rule) throws ProfileException {
    List<String> names = new ArrayList<>(orEmpty(rule.names()));
    if (rule.name() != null) {
      names.add(rule.name());
    }
    if (names.isEmpty()) {
      throw new ProfileException("an entry of syscalls has no names");
    }
    if (rule.action() == null) {
      throw new ProfileException("the rule of " + names.getFirst() + " has no action");
    }
    return new Spec.SeccompRule(names, rule.action(), rule.errnoRet(), orEmpty(rule.args()));
  }

  /**
   * Whether the condition holds.
   *
   * @param absent the result for an absent or empty condition
   */
  private static boolean holds(@Nullable Condition condition, Facts facts, boolean absent)
      throws ProfileException {
    if (condition == null
        || (orEmpty(condition.caps()).isEmpty()
            && orEmpty(condition.arches()).isEmpty()
            && condition.minKernel() == null)) {
      return absent;
    }
    boolean capabilities = facts.capabilities().containsAll(orEmpty(condition.caps()));
    boolean architecture =
        orEmpty(condition.arches()).isEmpty()
            || orEmpty(condition.arches()).contains(goName(facts.architecture()));
    boolean kernel =
        condition.minKernel() == null
            || KernelRelease.parse(facts.kernel())
                    .compareTo(KernelRelease.parse(condition.minKernel()))
                >= 0;
    return capabilities && architecture && kernel;
  }

  /** The name of the architecture in moby's profiles. */
  private static String goName(Arch architecture) {
    return switch (architecture) {
      case X86_64 -> "amd64";
      case AARCH64 -> "arm64";
    };
  }

  /** The first two numbers of a release. */
  record KernelRelease(int major, int minor) implements Comparable<KernelRelease> {
    static KernelRelease parse(String text) throws ProfileException {
      String[] parts = text.toLowerCase(Locale.ROOT).split("[.-]", 3);
      try {
        return new KernelRelease(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new ProfileException("\"" + text + "\" is not a kernel version", e);
      }
    }

    @Override
    public int compareTo(KernelRelease other) {
      return major != other.major
          ? Integer.compare(major, other.major)
          : Integer.compare(minor, other.minor);
    }
  }

  private static <T> List<T> orEmpty(@Nullable Collection<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }
}
