package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.client.KubeletPaths;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.engine.http.HttpError;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The namespaces, rights and user of a container. */
final class HostSecurity {
  private static final String NUMBER = "\\d{1,10}";
  private static final Pattern USER = Pattern.compile("([^:]*)(?::(.*))?");

  /** Asks for a user namespace; the word is podman's, and docker's client passes it on. */
  private static final String OWN_USERS = "private";

  private HostSecurity() {}

  static NamespaceOption namespaces(Fields host, boolean hasHostNetwork) {
    return NamespaceOption.newBuilder()
        .setNetwork(hasHostNetwork ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(mode(host, "PidMode", NamespaceMode.CONTAINER, List.of("", "private")))
        .setIpc(mode(host, "IpcMode", NamespaceMode.POD, List.of("", "private", "shareable")))
        .build();
  }

  /** As {@link #namespaces}, of a pod, whose containers have the same users. */
  static NamespaceOption namespacesOfPod(Fields host, boolean hasHostNetwork) {
    NamespaceOption.Builder namespaces = namespaces(host, hasHostNetwork).toBuilder();
    if (host.text("UsernsMode").equals(OWN_USERS)) {
      namespaces.getUsernsOptionsBuilder().setMode(NamespaceMode.POD);
    }
    return namespaces.build();
  }

  private static NamespaceMode mode(
      Fields host, String field, NamespaceMode own, List<String> names) {
    String mode = host.text(field);
    if (names.contains(mode)) {
      return own;
    }
    if (mode.equals("host")) {
      return NamespaceMode.NODE;
    }
    throw HttpError.notImplemented("HostConfig." + field + " " + mode);
  }

  static LinuxContainerSecurityContext of(Fields host, boolean hasHostNetwork, String user) {
    requireOwn(host, "UTSMode", List.of(""));
    requireOwn(host, "CgroupnsMode", List.of("", "private"));
    requireOwn(host, "UsernsMode", List.of("", "host", OWN_USERS));
    boolean privileged = host.flag("Privileged");
    var security =
        LinuxContainerSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces(host, hasHostNetwork))
            .setPrivileged(privileged)
            .setReadonlyRootfs(host.flag("ReadonlyRootfs"));
    if (!privileged) {
      security
          .addAllMaskedPaths(paths(host, "MaskedPaths", KubeletPaths.MASKED))
          .addAllReadonlyPaths(paths(host, "ReadonlyPaths", KubeletPaths.READONLY))
          .setSeccomp(profile(ProfileType.RuntimeDefault));
    }
    for (String group : host.texts("GroupAdd")) {
      if (!group.matches("\\d{1,10}")) {
        throw HttpError.notImplemented(
            "HostConfig.GroupAdd \"" + group + "\", which is no number,");
      }
      security.addSupplementalGroups(Long.parseLong(group));
    }
    host.texts("SecurityOpt").forEach(text -> addOption(security, text));
    List<String> add = host.texts("CapAdd");
    List<String> drop = host.texts("CapDrop");
    if (!add.isEmpty() || !drop.isEmpty()) {
      security.setCapabilities(
          Capability.newBuilder().addAllAddCapabilities(add).addAllDropCapabilities(drop));
    }
    addUser(security, user);
    return security.build();
  }

  private static void requireOwn(Fields host, String field, List<String> names) {
    if (!names.contains(host.text(field))) {
      throw HttpError.notImplemented("HostConfig." + field + " " + host.text(field));
    }
  }

  private static List<String> paths(Fields host, String field, List<String> otherwise) {
    JsonNode paths = host.get(field);
    return paths.isArray() ? host.texts(field) : otherwise;
  }

  private static void addOption(LinuxContainerSecurityContext.Builder security, String text) {
    String option = text.replaceFirst("^(seccomp|apparmor|label|no-new-privileges):", "$1=");
    switch (option) {
      case "no-new-privileges", "no-new-privileges=true" -> security.setNoNewPrivs(true);
      case "no-new-privileges=false", "seccomp=builtin" -> {}
      case "seccomp=unconfined" -> security.setSeccomp(profile(ProfileType.Unconfined));
      case "apparmor=unconfined" -> security.setApparmor(profile(ProfileType.Unconfined));
      default -> {
        if (option.startsWith("apparmor=")) {
          security.setApparmor(
              profile(ProfileType.Localhost).toBuilder()
                  .setLocalhostRef(option.substring("apparmor=".length())));
        } else {
          // Docker's client sends the text of a profile, and the CRI takes the path of a file.
          throw HttpError.notImplemented(
              "HostConfig.SecurityOpt " + text.split("[=:]", 2)[0] + " with a value of its own");
        }
      }
    }
  }

  private static SecurityProfile profile(ProfileType type) {
    return SecurityProfile.newBuilder().setProfileType(type).build();
  }

  private static void addUser(LinuxContainerSecurityContext.Builder security, String text) {
    if (text.isEmpty()) {
      return;
    }
    Matcher matcher = USER.matcher(text);
    if (!matcher.matches()) {
      throw HttpError.badRequest("invalid Config.User: " + text);
    }
    String user = matcher.group(1);
    String group = matcher.group(2);
    if (group != null && !group.matches(NUMBER)) {
      security.setRunAsUsername(text); // the daemon finds the group by its name, too
      return;
    }
    if (user.matches(NUMBER)) {
      security.setRunAsUser(Int64Value.newBuilder().setValue(Long.parseLong(user)));
    } else if (!user.isEmpty()) {
      security.setRunAsUsername(user);
    }
    if (group != null) {
      security.setRunAsGroup(Int64Value.newBuilder().setValue(Long.parseLong(group)));
    }
  }
}
