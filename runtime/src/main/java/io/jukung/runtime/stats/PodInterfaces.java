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

/** Reads the interfaces' counters in pods' network namespaces. */
public final class PodInterfaces {
  /** As the pod network names it (CNI_IFNAME). */
  private static final String DEFAULT = "eth0";

  private static final String LOOPBACK = "lo";

  private final StatePaths paths;

  /** Finds the namespaces below these. */
  public PodInterfaces(StatePaths paths) {
    this.paths = paths;
  }

  /**
   * Each pod's interfaces but the loopback, by the sandbox's id. Nothing of pods with the host's
   * network, nor of those whose network is gone.
   */
  public Map<String, List<InterfaceCounters>> of(Collection<SandboxRecord> sandboxes)
      throws IOException {
    List<SandboxRecord> own =
        sandboxes.stream().filter(sandbox -> !sandbox.config().isHostNetwork()).toList();
    return own.isEmpty() ? Map.of() : FreshThread.call("pod interfaces", () -> read(own));
  }

  private Map<String, List<InterfaceCounters>> read(List<SandboxRecord> sandboxes)
      throws IOException {
    Map<String, List<InterfaceCounters>> found = new HashMap<>();
    for (SandboxRecord sandbox : sandboxes) {
      NamespacePins pins = new NamespacePins(paths.namespaces(sandbox.id()));
      if (pins.isPinned(Namespace.NETWORK) && enter(pins)) {
        found.put(sandbox.id(), withoutLoopback(InterfaceCounters.read()));
      }
    }
    return found;
  }

  /** Whether it is still there. */
  private static boolean enter(NamespacePins pins) throws IOException {
    try (Fd network = pins.open(Namespace.NETWORK)) {
      Namespace.NETWORK.enter(network);
      return true;
    } catch (ErrnoException e) {
      // EINVAL: the pin was taken off between the look and the opening, and its file is left.
      if (e.is(Errno.ENOENT) || e.is(Errno.EINVAL)) {
        return false;
      }
      throw e;
    }
  }

  private static List<InterfaceCounters> withoutLoopback(List<InterfaceCounters> all) {
    return all.stream().filter(each -> !each.name().equals(LOOPBACK)).toList();
  }

  /** The counters as CRI has them: the default interface, and the others. */
  public static NetworkUsage usage(List<InterfaceCounters> interfaces, long time) {
    NetworkUsage.Builder usage = NetworkUsage.newBuilder().setTimestamp(time);
    List<NetworkInterfaceUsage> others = new ArrayList<>();
    for (InterfaceCounters each : interfaces) {
      if (each.name().equals(DEFAULT)) {
        usage.setDefaultInterface(usage(each));
      } else {
        others.add(usage(each));
      }
    }
    return usage.addAllInterfaces(others).build();
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
