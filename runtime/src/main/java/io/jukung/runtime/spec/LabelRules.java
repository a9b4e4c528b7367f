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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides under which AppArmor profile and SELinux labels a container runs. On a node without
 * AppArmor, a container that asks for a profile is refused, because the profile would confine it.
 * On a node without SELinux, labels are ignored: Kubernetes sets a level for pods everywhere, and
 * containerd and CRI-O ignore it there. Thread-safe.
 */
public final class LabelRules {
  private static final Logger LOG = LoggerFactory.getLogger(LabelRules.class);

  /**
   * The profile of containers that name none, if it is loaded. The installation has it in
   * share/apparmor/jukung-default.
   */
  static final String DEFAULT_PROFILE = "jukung-default";

  private static final String APPARMOR = "config.linux.security_context.apparmor";
  private static final String SELINUX = "config.linux.security_context.selinux_options";
  private static final String LOCALHOST = "localhost/";

  /** Stands for a part of a label that is not given, where only the others are checked. */
  private static final String ANY_WORD = "any";

  /**
   * Attempts to find an id with unused categories. There are half a million pairs: one is enough.
   */
  private static final int MAX_IDS = 1_000;

  private final AppArmor appArmor;
  private final Selinux selinux;

  public LabelRules(AppArmor appArmor, Selinux selinux) {
    this.appArmor = appArmor;
    this.selinux = selinux;
  }

  /**
   * The profile and labels of a container; each is null if there is none.
   *
   * @param profile the AppArmor profile
   * @param process the SELinux label of the container's processes
   * @param files the SELinux label of the container's files
   */
  record Labels(@Nullable String profile, @Nullable String process, @Nullable String files) {}

  Labels of(LinuxContainerSecurityContext security, String sandboxId) throws IOException {
    String profile = profile(security);
    if (selinux.missing().isPresent()) {
      ignoreSelinux(security.getSelinuxOptions(), sandboxId);
      return new Labels(profile, null, null);
    }
    if (security.getPrivileged()) { // labels must not confine privileged containers
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

  private void ignoreSelinux(SELinuxOption asked, String sandboxId) {
    if (asked.equals(SELinuxOption.getDefaultInstance())) {
      return;
    }
    checkSelinux(SELINUX, asked);
    LOG.info(
        "sandbox {}: selinux_options of a container are ignored: {}",
        sandboxId,
        selinux.missing().orElse(""));
  }

  /**
   * Checks the form of SELinux options. Parts that are empty ask for nothing.
   *
   * @param field the path of the field, for error texts
   * @throws CriException INVALID_ARGUMENT if a part is malformed
   */
  public static void checkSelinux(String field, SELinuxOption options) {
    try {
      SelinuxLabel _ =
          new SelinuxLabel(
              or(options.getUser(), ANY_WORD),
              or(options.getRole(), ANY_WORD),
              or(options.getType(), ANY_WORD),
              options.getLevel());
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument(field + ": " + e.getMessage());
    }
  }

  /**
   * An id for a new sandbox, whose SELinux categories no other sandbox has. Two sandboxes that are
   * created at the same moment have the same categories with a probability of one in half a
   * million.
   *
   * @param others the ids of all other sandboxes
   * @param random supplies random ids
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
   * The SELinux level with the pod's two categories, which keep its files from other pods. The
   * categories are computed from the sandbox's random id, so that they need not be recorded.
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

  /** The requested profile; empty for unconfined; null if the request does not say anything. */
  @SuppressWarnings("deprecation") // old clients set the deprecated field
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
                  + "\" must be unconfined, runtime/default or localhost/NAME");
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
          APPARMOR + ": the name of the Localhost profile is empty or has a control character");
    }
    return name;
  }
}
