package io.jukung.runtime.doctor;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Whether pods get a network, and nobody else gives out the same addresses. */
final class NetworkCheck implements Check {
  private static final String NAME = "network";

  /** The sockets of other runtimes, which read the same CNI configuration by default. */
  private static final Map<String, String> NEIGHBOURS = neighbours();

  private final HostView host;
  private final Config.Cni settings;
  private final Supplier<Readiness> readiness;

  /**
   * A check of the pods' network.
   *
   * @param readiness asks for the configuration, the plugins and their STATUS
   */
  NetworkCheck(HostView host, Config.Cni settings, Supplier<Readiness> readiness) {
    this.host = host;
    this.settings = settings;
    this.readiness = readiness;
  }

  private static Map<String, String> neighbours() {
    Map<String, String> neighbours = new LinkedHashMap<>();
    neighbours.put("/run/containerd/containerd.sock", "containerd");
    neighbours.put("/run/crio/crio.sock", "CRI-O");
    neighbours.put("/run/cri-dockerd.sock", "cri-dockerd");
    return neighbours;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Finding> run() throws IOException {
    List<Finding> findings = new ArrayList<>();
    Readiness ready = readiness.get();
    if (!ready.ready()) {
      findings.add(
          Finding.problem(
              NAME,
              ready.message(),
              "Install a CNI plugin and its configuration: the files are looked for in "
                  + settings.confDir()
                  + ", the programs in "
                  + String.join(", ", settings.binDirs().stream().map(Path::toString).toList())
                  + "."));
    } else if (!ready.message().isEmpty()) {
      findings.add(
          Finding.warning(
              NAME,
              ready.message(),
              "Correct or remove these files in " + settings.confDir() + "."));
    } else {
      findings.add(Finding.ok(NAME, "configuration and plugins are there, and ready"));
    }
    findings.add(forwarding());
    findings.add(tools());
    findings.add(neighbour());
    return findings;
  }

  private Finding forwarding() throws IOException {
    return Sysctl.read(host.path("/proc/sys/net/ipv4/ip_forward")).equals(Optional.of("0"))
        ? Finding.warning(
            "forwarding",
            "net.ipv4.ip_forward is 0: pods on a bridge reach nothing outside the node",
            "Set net.ipv4.ip_forward=1 in /etc/sysctl.d, unless the network plugin sets it.")
        : Finding.ok("forwarding", "the node forwards packets");
  }

  private Finding tools() {
    return host.hasProgram("nft") || host.hasProgram("iptables")
        ? Finding.ok("tools", "nft or iptables is there")
        : Finding.warning(
            "tools",
            "neither nft nor iptables is installed",
            "Install nftables: plugins for host ports, masquerading and firewalls call it.");
  }

  private Finding neighbour() {
    boolean isShared = settings.confDir().equals(Path.of("/etc/cni/net.d"));
    for (Map.Entry<String, String> each : NEIGHBOURS.entrySet()) {
      if (isShared && Files.exists(host.path(each.getKey()))) {
        return Finding.warning(
            "other runtimes",
            each.getValue() + " (" + each.getKey() + ") reads the same network configuration",
            "If both run pods, give one of them a cni.conf_dir of its own, so that no address or"
                + " bridge is used twice.");
      }
    }
    return Finding.ok("other runtimes", "none shares the network configuration");
  }
}
