package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Knows which pod has which ports of the host. Plugins do not check: with two pods on one port, the
 * traffic would keep going to the first, and the second would get none. Thread-safe.
 */
final class HostPorts {
  private final Map<String, List<HostPort>> bySandbox = new HashMap<>();

  /**
   * A port of the host, on one of the host's addresses or on all of them.
   *
   * @param address null: all addresses of both families
   */
  private record HostPort(
      String pod, String protocol, int port, @Nullable InetAddress address, String text) {
    static HostPort of(String pod, PortMapping mapping) {
      String protocol = mapping.protocol().toLowerCase(Locale.ROOT);
      InetAddress address = HostPorts.address(mapping.hostIp());
      String text = (address == null ? "" : mapping.hostIp() + " ") + mapping.hostPort();
      return new HostPort(pod, protocol, mapping.hostPort(), address, text + "/" + protocol);
    }

    boolean overlaps(HostPort other) {
      return port == other.port
          && protocol.equals(other.protocol)
          && (address == null
              || other.address == null
              || address.equals(other.address)
              || (isSameFamily(other.address)
                  && (address.isAnyLocalAddress() || other.address.isAnyLocalAddress())));
    }

    private boolean isSameFamily(InetAddress other) {
      return address instanceof Inet4Address == other instanceof Inet4Address;
    }
  }

  /**
   * Returns the address in the host_ip of a port mapping; null if the field is empty.
   *
   * @throws CriException INVALID_ARGUMENT if the field is not an address
   */
  static @Nullable InetAddress address(String hostIp) {
    if (hostIp.isEmpty()) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(hostIp);
    } catch (IllegalArgumentException e) {
      throw CriException.invalidArgument("port_mappings.host_ip is not an address: " + hostIp);
    }
  }

  /**
   * Reserves the ports of a sandbox in place of those that it had. After a failure the sandbox has
   * no ports.
   *
   * @throws CriException FAILED_PRECONDITION if another pod has one of the ports, INVALID_ARGUMENT
   *     if the request names a port twice
   */
  void reserve(PodNetworkRequest request) {
    List<HostPort> wanted = wanted(request);
    for (int i = 0; i < wanted.size(); i++) {
      HostPort port = wanted.get(i);
      if (wanted.subList(0, i).stream().anyMatch(port::overlaps)) {
        throw CriException.invalidArgument("port_mappings has host port " + port.text() + " twice");
      }
    }
    synchronized (bySandbox) {
      bySandbox.remove(request.sandboxId());
      for (List<HostPort> taken : bySandbox.values()) {
        for (HostPort port : wanted) {
          refuseOverlap(port, taken);
        }
      }
      put(request, wanted);
    }
  }

  /** Records the ports that a sandbox already uses, even if other sandboxes have them too. */
  void take(PodNetworkRequest request) {
    synchronized (bySandbox) {
      put(request, wanted(request));
    }
  }

  /** Releases the ports of a sandbox. Does nothing if the sandbox has none. */
  void release(String sandboxId) {
    synchronized (bySandbox) {
      bySandbox.remove(sandboxId);
    }
  }

  private void put(PodNetworkRequest request, List<HostPort> ports) {
    if (!ports.isEmpty()) {
      bySandbox.put(request.sandboxId(), ports);
    }
  }

  private static List<HostPort> wanted(PodNetworkRequest request) {
    String pod = request.podNamespace() + "/" + request.podName();
    return request.portMappings().stream()
        .filter(mapping -> mapping.hostPort() > 0)
        .map(mapping -> HostPort.of(pod, mapping))
        .toList();
  }

  private static void refuseOverlap(HostPort port, List<HostPort> taken) {
    for (HostPort other : taken) {
      if (port.overlaps(other)) {
        throw CriException.failedPrecondition(
            "host port " + port.text() + " is taken by pod " + other.pod());
      }
    }
  }
}
