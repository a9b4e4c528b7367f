package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.NetworkInterfaceUsage;
import io.jukung.cri.v1.NetworkUsage;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.namespace.Namespace;
import io.jukung.linux.namespace.NamespacePins;
import io.jukung.linux.net.InterfaceCounters;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the counters of network interfaces in the pods' network namespaces. Thread-safe. */
public final class PodInterfaces {
  private static final Logger LOG = LoggerFactory.getLogger(PodInterfaces.class);

  /** The interface name that the pod network passes to CNI plugins (CNI_IFNAME). */
  private static final String DEFAULT = "eth0";

  private static final String LOOPBACK = "lo";

  private final StatePaths paths;

  /**
   * A reader of the pods' interfaces.
   *
   * @param paths locates the pins of the namespaces
   */
  public PodInterfaces(StatePaths paths) {
    this.paths = paths;
  }

  /**
   * The interfaces of each pod except the loopback, by sandbox id. There is no entry for a pod in
   * the host's network, for one whose network is gone, and for one that cannot be read.
   */
  public Map<String, List<InterfaceCounters>> of(Collection<SandboxRecord> sandboxes)
      throws IOException {
    List<SandboxRecord> own =
        sandboxes.stream().filter(sandbox -> !sandbox.config().isHostNetwork()).toList();
    return own.isEmpty() ? Map.of() : FreshThread.call("pod interfaces", () -> read(own));
  }

  private Map<String, List<InterfaceCounters>> read(List<SandboxRecord> sandboxes) {
    Map<String, List<InterfaceCounters>> found = new HashMap<>();
    for (SandboxRecord sandbox : sandboxes) {
      NamespacePins pins = new NamespacePins(paths.namespaces(sandbox.id()));
      try {
        if (pins.isPinned(Namespace.NETWORK) && tryEnter(pins)) {
          found.put(sandbox.id(), withoutLoopback(InterfaceCounters.read()));
        }
      } catch (IOException e) {
        LOG.warn("the interfaces of sandbox {} cannot be read: {}", sandbox.id(), e.getMessage());
      }
    }
    return found;
  }

  /** Joins the pod's network namespace with this thread. Returns false if it no longer exists. */
  private static boolean tryEnter(NamespacePins pins) throws IOException {
    try (Fd network = pins.open(Namespace.NETWORK)) {
      Namespace.NETWORK.enter(network);
      return true;
    } catch (ErrnoException e) {
      // EINVAL: the pin was unmounted after the check, and the plain file below it was opened.
      if (e.is(Errno.ENOENT) || e.is(Errno.EINVAL)) {
        return false;
      }
      throw e;
    }
  }

  private static List<InterfaceCounters> withoutLoopback(List<InterfaceCounters> all) {
    return all.stream().filter(each -> !each.name().equals(LOOPBACK)).toList();
  }

  /**
   * The counters as a CRI message, which has the default interface apart from the others. Empty
   * without a default interface, as in a pod whose network is being removed: kubelet 1.36 reads the
   * default interface of each message unchecked, and ends with a panic if there is none.
   *
   * @param time in nanoseconds since the epoch
   */
  public static Optional<NetworkUsage> usage(List<InterfaceCounters> interfaces, long time) {
    NetworkUsage.Builder usage = NetworkUsage.newBuilder().setTimestamp(time);
    List<NetworkInterfaceUsage> others = new ArrayList<>();
    for (InterfaceCounters each : interfaces) {
      if (each.name().equals(DEFAULT)) {
        usage.setDefaultInterface(usage(each));
      } else {
        others.add(usage(each));
      }
    }
    return usage.hasDefaultInterface()
        ? Optional.of(usage.addAllInterfaces(others).build())
        : Optional.empty();
  }

  private static NetworkInterfaceUsage usage(InterfaceCounters counters) {
    return NetworkInterfaceUsage.newBuilder()
        .setName(counters.name())
        .setRxBytes(UInt64.of(counters.received().bytes()))
        .setRxErrors(UInt64.of(counters.received().errors()))
        .setTxBytes(UInt64.of(counters.sent().bytes()))
        .setTxErrors(UInt64.of(counters.sent().errors()))
        .build();
  }
}
