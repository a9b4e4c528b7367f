package io.jukung.runtime.spec;

import io.jukung.linux.cgroup.DeviceFilter.Allowed;
import io.jukung.linux.cgroup.DeviceFilter.DeviceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Combines the device rules of a specification into a list of allowed devices. */
public final class DeviceAccess {
  private static final String EVERYTHING = "rwm";
  private static final String FIFO = "p";

  private DeviceAccess() {}

  /**
   * The devices that a container may use; empty if it may use all devices.
   *
   * @throws IllegalArgumentException if a rule denies only some devices
   */
  public static Optional<List<Allowed>> of(List<Spec.DeviceRule> rules) {
    List<Allowed> allowed = new ArrayList<>();
    boolean everything = true; // the state of a cgroup without rules
    for (Spec.DeviceRule rule : rules) {
      boolean all = rule.type().equals("a") && rule.major() == null && rule.minor() == null;
      if (all && rule.access().equals(EVERYTHING)) {
        everything = rule.allow();
        allowed.clear();
      } else if (!rule.allow()) {
        throw new IllegalArgumentException("device rule " + rule + " denies only some devices");
      } else if (!rule.type().equals(FIFO)) { // CDI files may list FIFOs, which need no permission
        allowed.add(new Allowed(type(rule.type()), rule.major(), rule.minor(), rule.access()));
      }
    }
    return everything ? Optional.empty() : Optional.of(allowed);
  }

  private static @Nullable DeviceType type(String type) {
    return switch (type) {
      case "a" -> null;
      case "b" -> DeviceType.BLOCK;
      case "c", "u" -> DeviceType.CHARACTER;
      default -> throw new IllegalArgumentException("there are no devices of type " + type);
    };
  }
}
