package io.jukung.runtime.spec;

import io.jukung.linux.cgroup.DeviceFilter.Allowed;
import io.jukung.linux.cgroup.DeviceFilter.DeviceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a specification's device rules come to when they are taken together. */
public final class DeviceAccess {
  private static final String EVERYTHING = "rwm";
  private static final String FIFO = "p";

  private DeviceAccess() {}

  /** What may be used; empty: everything. */
  public static Optional<List<Allowed>> of(List<Spec.DeviceRule> rules) {
    List<Allowed> allowed = new ArrayList<>();
    boolean everything = true; // as in a cgroup that nobody has said anything about
    for (Spec.DeviceRule rule : rules) {
      boolean all = rule.type().equals("a") && rule.major() == null && rule.minor() == null;
      if (all && rule.access().equals(EVERYTHING)) {
        everything = rule.allow();
        allowed.clear();
      } else if (!rule.allow()) {
        throw new IllegalArgumentException("device rule " + rule + " denies a part of the devices");
      } else if (!rule.type().equals(FIFO)) { // a CDI file may list one; it is no device
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
