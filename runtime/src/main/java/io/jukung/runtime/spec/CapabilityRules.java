package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.linux.process.Capability;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Decides which capabilities a container has. */
final class CapabilityRules {
  /** The default of Docker, containerd and CRI-O. */
  private static final Set<Capability> DEFAULTS =
      EnumSet.of(
          Capability.CAP_CHOWN,
          Capability.CAP_DAC_OVERRIDE,
          Capability.CAP_FSETID,
          Capability.CAP_FOWNER,
          Capability.CAP_MKNOD,
          Capability.CAP_NET_RAW,
          Capability.CAP_SETGID,
          Capability.CAP_SETUID,
          Capability.CAP_SETFCAP,
          Capability.CAP_SETPCAP,
          Capability.CAP_NET_BIND_SERVICE,
          Capability.CAP_SYS_CHROOT,
          Capability.CAP_KILL,
          Capability.CAP_AUDIT_WRITE);

  private static final String ALL = "ALL";

  private CapabilityRules() {}

  static Spec.Capabilities of(LinuxContainerSecurityContext security) {
    Set<Capability> ambient =
        named(
            "add_ambient_capabilities", security.getCapabilities().getAddAmbientCapabilitiesList());
    Set<Capability> allowed =
        security.getPrivileged() ? EnumSet.copyOf(Capability.all()) : allowed(security);
    if (!allowed.containsAll(ambient)) {
      // The kernel raises only what is permitted (capabilities(7)).
      throw CriException.invalidArgument(
          "capabilities.add_ambient_capabilities has "
              + names(ambient)
              + ", but the container has only "
              + names(allowed));
    }
    // Inheritable stays empty: executing a file with inheritable capabilities would grant them.
    return new Spec.Capabilities(
        names(allowed), names(allowed), List.of(), names(allowed), names(ambient));
  }

  /** All capabilities there are. */
  static Spec.Capabilities all() {
    return of(LinuxContainerSecurityContext.newBuilder().setPrivileged(true).build());
  }

  /** ALL is applied first, so that single names refine it. Dropped names are applied last. */
  private static Set<Capability> allowed(LinuxContainerSecurityContext security) {
    List<String> add = security.getCapabilities().getAddCapabilitiesList();
    List<String> drop = security.getCapabilities().getDropCapabilitiesList();
    EnumSet<Capability> allowed = EnumSet.copyOf(DEFAULTS);
    if (hasAll(add)) {
      allowed.addAll(Capability.all());
    }
    if (hasAll(drop)) {
      allowed.clear();
    }
    allowed.addAll(named("add_capabilities", withoutAll(add)));
    allowed.removeAll(named("drop_capabilities", withoutAll(drop)));
    return allowed;
  }

  private static boolean hasAll(List<String> names) {
    return names.stream().anyMatch(CapabilityRules::isAll);
  }

  private static List<String> withoutAll(List<String> names) {
    return names.stream().filter(name -> !isAll(name)).toList();
  }

  private static boolean isAll(String name) {
    return name.toUpperCase(Locale.ROOT).equals(ALL);
  }

  private static Set<Capability> named(String field, List<String> names) {
    EnumSet<Capability> found = EnumSet.noneOf(Capability.class);
    for (String name : names) {
      if (isAll(name)) {
        return EnumSet.copyOf(Capability.all());
      }
      found.add(
          Capability.named(name)
              .orElseThrow(
                  () ->
                      CriException.invalidArgument(
                          "capabilities." + field + ": there is no capability " + name)));
    }
    return found;
  }

  private static List<String> names(Set<Capability> capabilities) {
    List<String> names = new ArrayList<>();
    for (Capability each : capabilities) {
      names.add(each.name());
    }
    return names;
  }
}
