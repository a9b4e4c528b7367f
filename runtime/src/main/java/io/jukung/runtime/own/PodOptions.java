package io.jukung.runtime.own;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.Json;
import io.jukung.runtime.store.SandboxRecord;
import java.util.List;
import java.util.Map;

/**
 * What a pod of jukung's own asks for beyond CRI.
 *
 * @param hosts more entries of /etc/hosts
 * @param shmBytes the size of /dev/shm; 0 for the usual one
 * @param networks the networks that the pod joins, by name or id; empty for that of all pods
 */
public record PodOptions(List<HostEntry> hosts, long shmBytes, List<NetworkOption> networks) {
  private static final PodOptions NONE = new PodOptions(List.of(), 0, List.of());

  public PodOptions {
    hosts = Json.orEmpty(hosts);
    networks = Json.orEmpty(networks);
    if (shmBytes < 0) {
      throw CriException.invalidArgument("options.shmBytes is negative");
    }
  }

  /** An entry of /etc/hosts. */
  public record HostEntry(String address, String name) {
    public HostEntry {
      address = Json.orEmpty(address);
      name = Json.orEmpty(name);
    }
  }

  /**
   * A network that the pod joins.
   *
   * @param network the name of the network, its id or the beginning of one
   * @param aliases names besides that of the container
   * @param links the names of other containers by the names that this one finds them under
   * @param ip an address of IPv4; empty: any
   * @param ip6 an address of IPv6; empty: any
   * @param mac the hardware address; empty: any
   */
  public record NetworkOption(
      String network,
      List<String> aliases,
      Map<String, String> links,
      String ip,
      String ip6,
      String mac) {
    public NetworkOption {
      network = Json.orEmpty(network);
      aliases = Json.orEmpty(aliases);
      links = Json.orEmpty(links);
      ip = Json.orEmpty(ip);
      ip6 = Json.orEmpty(ip6);
      mac = Json.orEmpty(mac);
    }
  }

  /** The options of a pod; none if it is not jukung's own. */
  public static PodOptions of(SandboxRecord sandbox) {
    return OwnContainers.isOwn(sandbox)
        ? OwnOptions.read(sandbox.config().annotations(), PodOptions.class, NONE)
        : NONE;
  }
}
