package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.linux.lsm.SelinuxLabel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Under which AppArmor profile and SELinux labels a container runs. Where the node has neither, a
 * container that asks for nothing has none, and one that asks is refused. Thread-safe.
 */
public final class LabelRules {
  /** The profile of containers that name none; share/apparmor/jukung-default, to be loaded. */
  static final String DEFAULT_PROFILE = "jukung-default";

  private static final String APPARMOR = "config.linux.security_context.apparmor";
  private static final String SELINUX = "config.linux.security_context.selinux_options";
  private static final String LOCALHOST = "localhost/";

  /** One is enough, nearly always: there are half a million pairs of categories. */
  private static final int MAX_IDS = 1_000;

  private final AppArmor appArmor;
  private final Selinux selinux;

  /** Rules for a node with these. */
  public LabelRules(AppArmor appArmor, Selinux selinux) {
    this.appArmor = appArmor;
    this.selinux = selinux;
  }

  /**
   * The result; null: none.
   *
   * @param profile of AppArmor
   * @param process label of SELinux
   * @param files label of the container's files
   */
  record Labels(@Nullable String profile, @Nullable String process, @Nullable String files) {}

  Labels of(LinuxContainerSecurityContext security, String sandboxId) throws IOException {
    String profile = profile(security);
    if (selinux.missing().isPresent()) {
      refuseSelinux(security.getSelinuxOptions());
      return new Labels(profile, null, null);
    }
    if (security.getPrivileged()) { // which no label confines
      return new Labels(profile, null, null);
    }
    SELinuxOption asked = security.getSelinuxOptions();
    String level = asked.getLevel().isEmpty() ? level(sandboxId) : asked.getLevel();
    try {
      SelinuxLabel process = selinux.process();
      SelinuxLabel file = selinux.file();
      return new Labels(
          profile,
          new SelinuxLabel(
                  or(asked.getUser(), process.user()),
                  or(asked.getRole(), process.role()),
                  or(asked.getType(), process.type()),
                  level)
              .toString(),
          new SelinuxLabel(or(asked.getUser(), file.user()), file.role(), file.type(), level)
              .toString());
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(SELINUX + ": " + e.getMessage());
    }
  }

  private void refuseSelinux(SELinuxOption asked) {
    if (asked.equals(SELinuxOption.getDefaultInstance())) {
      return;
    }
    if (!asked.getLevel().isEmpty() && !SelinuxLabel.isLevel(asked.getLevel())) {
      throw CriException.invalidArgument(
          SELINUX + ": level \"" + asked.getLevel() + "\" is no SELinux level");
    }
    throw CriException.failedPrecondition(SELINUX + ": " + selinux.missing().orElse(""));
  }

  /**
   * An ID for a new sandbox, whose categories none of the others has. Two that are made at the same
   * moment share them once in half a million.
   *
   * @param random gives IDs
   */
  public static String newSandboxId(Stream<String> others, Supplier<String> random) {
    Set<String> taken = others.map(LabelRules::level).collect(Collectors.toSet());
    return Stream.generate(random)
        .limit(MAX_IDS)
        .filter(id -> !taken.contains(level(id)))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no SELinux categories are left for a pod"));
  }

  /**
   * Two categories for the pod, by which its files are kept from other pods'. They follow from the
   * sandbox's random ID, so that they need not be written down.
   */
  static String level(String sandboxId) {
    byte[] hash;
    try {
      hash =
          MessageDigest.getInstance("SHA-256").digest(sandboxId.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
    int first = ((hash[0] & 0xff) << 8 | (hash[1] & 0xff)) % SelinuxLabel.CATEGORIES;
    int distance = 1 + ((hash[2] & 0xff) << 8 | (hash[3] & 0xff)) % (SelinuxLabel.CATEGORIES - 1);
    int second = (first + distance) % SelinuxLabel.CATEGORIES;
    return "s0:c" + Math.min(first, second) + ",c" + Math.max(first, second);
  }

  private static String or(String asked, String otherwise) {
    return asked.isEmpty() ? otherwise : asked;
  }

  private @Nullable String profile(LinuxContainerSecurityContext security) throws IOException {
    if (security.getPrivileged()) {
      return null;
    }
    String asked = askedProfile(security);
    if (asked != null && asked.isEmpty()) {
      return null; // unconfined
    }
    String missing = appArmor.missing().orElse(null);
    if (asked == null) {
      return missing == null && appArmor.isLoaded(DEFAULT_PROFILE) ? DEFAULT_PROFILE : null;
    }
    if (missing != null) {
      throw CriException.failedPrecondition(APPARMOR + ": " + missing);
    }
    if (!appArmor.isLoaded(asked)) {
      throw CriException.failedPrecondition(
          APPARMOR + ": the profile " + asked + " is not loaded on this node (apparmor_parser -r)");
    }
    return asked;
  }

  /** The name of a profile; empty: unconfined; null: nothing is said. */
  @SuppressWarnings("deprecation") // clients of old set the field that has become deprecated
  private static @Nullable String askedProfile(LinuxContainerSecurityContext security) {
    if (security.hasApparmor()) {
      ProfileType type = security.getApparmor().getProfileType();
      return switch (type) {
        case RuntimeDefault -> DEFAULT_PROFILE;
        case Unconfined -> "";
        case Localhost -> named(security.getApparmor().getLocalhostRef());
        case UNRECOGNIZED -> throw CriException.unimplementedField(APPARMOR + ".profile_type");
      };
    }
    String old = security.getApparmorProfile();
    return switch (old) {
      case "" -> null;
      case "unconfined" -> "";
      case "runtime/default" -> DEFAULT_PROFILE;
      default -> {
        if (!old.startsWith(LOCALHOST)) {
          throw CriException.invalidArgument(
              APPARMOR
                  + "_profile \""
                  + old
                  + "\" is none of unconfined, runtime/default and localhost/NAME");
        }
        yield named(old);
      }
    };
  }

  private static String named(String reference) {
    String name =
        reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
    if (name.isEmpty() || name.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw CriException.invalidArgument(
          APPARMOR + ": the Localhost profile has no name that a profile can have");
    }
    return name;
  }
}
