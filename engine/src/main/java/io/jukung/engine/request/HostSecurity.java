package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.client.KubeletPaths;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.engine.http.HttpError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The namespaces, rights and user of a container. */
final class HostSecurity {
  private static final String UNCONFINED = "unconfined";

  /** The type of processes that SELinux does not confine, in the policy of container-selinux. */
  private static final String UNCONFINED_TYPE = "spc_t";

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
    if (OtherContainers.isNamedBy(mode)) {
      return own; // the container alone joins the other one's, not its pod
    }
    throw HttpError.notImplemented("HostConfig." + field + " " + mode);
  }

  /**
   * The rights of a container.
   *
   * @param seccompFile where the daemon will find the profile that the request has, if it has one
   */
  static LinuxContainerSecurityContext.Builder of(
      Fields host, boolean hasHostNetwork, String user, Path seccompFile) {
    // The host name of the node comes with the network of the node.
    requireOwn(host, "UTSMode", hasHostNetwork ? List.of("", "host") : List.of(""));
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
      if (!group.matches(NUMBER)) {
        throw HttpError.notImplemented(
            "HostConfig.GroupAdd \"" + group + "\", which is no number,");
      }
      security.addSupplementalGroups(Long.parseLong(group));
    }
    host.texts("SecurityOpt").forEach(text -> addOption(security, text, seccompFile));
    List<String> add = host.texts("CapAdd");
    List<String> drop = host.texts("CapDrop");
    if (!add.isEmpty() || !drop.isEmpty()) {
      security.setCapabilities(
          Capability.newBuilder().addAllAddCapabilities(add).addAllDropCapabilities(drop));
    }
    addUser(security, user);
    return security;
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

  /** The name of an option, which docker ends with an equals sign or a colon, and its value. */
  private static String[] split(String option) {
    String[] parts = option.split("[=:]", 2);
    return parts.length == 2 ? parts : new String[] {parts[0], ""};
  }

  private static void addOption(
      LinuxContainerSecurityContext.Builder security, String text, Path seccompFile) {
    String[] option = split(text);
    String value = option[1];
    switch (option[0]) {
      case "no-new-privileges" -> {
        if (!List.of("", "true", "false").contains(value)) {
          throw notAnOption(text);
        }
        security.setNoNewPrivs(!value.equals("false"));
      }
      case "seccomp" -> addSeccomp(security, value, seccompFile);
      case "apparmor" -> security.setApparmor(apparmor(text, value));
      case "label" -> addLabel(security.getSelinuxOptionsBuilder(), value, text);
      default ->
          throw HttpError.notImplemented(
              "HostConfig.SecurityOpt " + option[0] + " with a value of its own");
    }
  }

  private static HttpError notAnOption(String text) {
    return HttpError.badRequest("invalid HostConfig.SecurityOpt: " + text);
  }

  private static void addSeccomp(
      LinuxContainerSecurityContext.Builder security, String value, Path file) {
    switch (value) {
      case "builtin" -> {}
      case UNCONFINED -> security.setSeccomp(profile(ProfileType.Unconfined));
      default ->
          security.setSeccomp(
              profile(ProfileType.Localhost).toBuilder().setLocalhostRef(file.toString()));
    }
  }

  /** The profile that docker's client has sent, which is JSON; empty if it has sent none. */
  static Optional<String> seccompProfile(Fields host) {
    return host.texts("SecurityOpt").stream()
        .map(HostSecurity::split)
        .filter(each -> each[0].equals("seccomp"))
        .map(each -> each[1])
        .reduce((_, last) -> last)
        .filter(each -> !each.equals("builtin") && !each.equals(UNCONFINED));
  }

  private static SecurityProfile apparmor(String text, String value) {
    if (value.isEmpty()) {
      throw notAnOption(text);
    }
    return value.equals(UNCONFINED)
        ? profile(ProfileType.Unconfined)
        : profile(ProfileType.Localhost).toBuilder().setLocalhostRef(value).build();
  }

  /** A part of the SELinux label. A node without SELinux ignores it, as docker does. */
  private static void addLabel(SELinuxOption.Builder label, String part, String text) {
    String[] pair = split(part);
    if (pair[1].isEmpty() != pair[0].equals("disable")) {
      throw notAnOption(text);
    }
    switch (pair[0]) {
      case "disable" -> label.setType(UNCONFINED_TYPE);
      case "user" -> label.setUser(pair[1]);
      case "role" -> label.setRole(pair[1]);
      case "type" -> label.setType(pair[1]);
      case "level" -> label.setLevel(pair[1]);
      default -> throw notAnOption(text);
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
