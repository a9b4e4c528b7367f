package io.jukung.runtime.pod;

import io.jukung.cri.CriException;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.linux.namespace.Sysctl;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The kernel parameters of a pod: those that it asks for, and what a pod with a network of its own
 * gets besides, as from containerd 2. In such a network no port and no ping concerns the node.
 *
 * @param settings which parameters a pod gets without asking
 */
record PodSysctls(Config.Network settings) {
  /** The largest group id that the kernel accepts in ping_group_range. */
  private static final long MAX_GROUP = Integer.MAX_VALUE;

  /**
   * Those that the pod asks for.
   *
   * @throws CriException INVALID_ARGUMENT if a pod must not set one of them
   */
  static List<Sysctl> requested(SandboxConfig config) {
    try {
      return config.sysctls().entrySet().stream()
          .map(each -> new Sysctl(each.getKey(), each.getValue()))
          .toList();
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument("config.linux.sysctls: " + e.getMessage());
    }
  }

  /** All parameters of the pod. What it asks for wins. */
  List<Sysctl> of(SandboxConfig config) {
    List<Sysctl> all = new ArrayList<>(requested(config));
    if (config.isHostNetwork()) {
      return all;
    }
    if (settings.unprivilegedPorts()) {
      addIfAbsent(all, new Sysctl("net.ipv4.ip_unprivileged_port_start", "0"));
    }
    if (settings.unprivilegedPing()) {
      addIfAbsent(all, new Sysctl("net.ipv4.ping_group_range", "0 " + lastGroup(config.user())));
    }
    return all;
  }

  /** The kernel refuses groups that the pod's user namespace does not map. */
  private static long lastGroup(@Nullable IdMappings user) {
    return user == null ? MAX_GROUP : Math.min(MAX_GROUP, user.groups().length() - 1);
  }

  private static void addIfAbsent(List<Sysctl> all, Sysctl wanted) {
    if (all.stream().noneMatch(wanted::isSameParameter)) {
      all.add(wanted);
    }
  }
}
