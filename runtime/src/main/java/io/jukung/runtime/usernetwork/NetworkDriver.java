package io.jukung.runtime.usernetwork;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How a network connects its containers, in docker's words; each is a CNI plugin of the name. */
enum NetworkDriver {
  /** A bridge of the host, with routes and address translation to other networks. */
  @JsonProperty("bridge")
  BRIDGE(ImmutableMap.of()),

  /** Interfaces with hardware addresses of their own on an interface of the host. */
  @JsonProperty("macvlan")
  MACVLAN(
      ImmutableMap.of(
          "macvlan_mode",
          ImmutableSet.of("bridge", "private", "vepa", "passthru"),
          "parent",
          ImmutableSet.of())),

  /** Interfaces that share the hardware address of an interface of the host. */
  @JsonProperty("ipvlan")
  IPVLAN(
      ImmutableMap.of(
          "ipvlan_mode", ImmutableSet.of("l2", "l3", "l3s"), "parent", ImmutableSet.of()));

  private final ImmutableMap<String, ImmutableSet<String>> options;

  NetworkDriver(ImmutableMap<String, ImmutableSet<String>> options) {
    this.options = options;
  }

  /** The driver with docker's name for it. */
  static Optional<NetworkDriver> find(String name) {
    return Arrays.stream(values()).filter(each -> each.toString().equals(name)).findFirst();
  }

  /**
   * Checks the options of a network.
   *
   * @throws IllegalArgumentException if one is unknown, has a wrong value or is missing
   */
  void check(Map<String, String> given) {
    given.forEach(
        (name, value) -> {
          Set<String> allowed = options.get(name);
          if (allowed == null) {
            throw new IllegalArgumentException(
                "driver " + this + " has no option " + name + described());
          }
          if (!allowed.isEmpty() && !allowed.contains(value)) {
            throw new IllegalArgumentException(
                "option " + name + " cannot be \"" + value + "\", only one of " + allowed);
          }
        });
    if (options.containsKey("parent") && !isInterface(given.getOrDefault("parent", ""))) {
      throw new IllegalArgumentException(
          "driver " + this + " needs the option parent: the name of an interface of the host");
    }
  }

  private String described() {
    return options.isEmpty() ? "" : ", only " + String.join(" and ", options.keySet());
  }

  private static boolean isInterface(String name) {
    return name.matches("[^\\s/:]{1,15}");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
