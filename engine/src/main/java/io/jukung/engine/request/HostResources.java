package io.jukung.engine.request;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.Device;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.engine.http.HttpError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The limits and devices of a HostConfig. */
public final class HostResources {
  private static final long NANO_CPU = 1_000_000_000L;

  /** The kernel refuses quotas below a millisecond. */
  private static final long LEAST_QUOTA_MICROSECONDS = 1_000;

  /** As docker: a container needs some memory to be started. */
  private static final long LEAST_MEMORY_BYTES = 6 << 20;

  private HostResources() {}

  /** The limits, which an update can change too. */
  public static LinuxContainerResources limits(Fields host) {
    var resources = LinuxContainerResources.newBuilder();
    long nanoCpus = host.number("NanoCpus");
    long quota = host.number("CpuQuota");
    long period = host.number("CpuPeriod");
    if (nanoCpus > 0) {
      if (quota != 0 || period != 0) {
        throw HttpError.badRequest(
            "Conflicting options: Nano CPUs and CPU Period or Quota cannot both be set");
      }
      quota = nanoCpus * OwnContainers.CPU_PERIOD_MICROSECONDS / NANO_CPU;
      period = OwnContainers.CPU_PERIOD_MICROSECONDS;
    }
    if (quota > 0 && quota < LEAST_QUOTA_MICROSECONDS) {
      throw HttpError.badRequest("CPU cfs quota can not be less than 1ms");
    }
    resources
        .setCpuQuota(quota)
        .setCpuPeriod(quota > 0 && period == 0 ? OwnContainers.CPU_PERIOD_MICROSECONDS : period);
    resources.setCpuShares(host.number("CpuShares"));
    resources.setCpusetCpus(host.text("CpusetCpus")).setCpusetMems(host.text("CpusetMems"));
    long memory = host.number("Memory");
    if (memory > 0 && memory < LEAST_MEMORY_BYTES) {
      throw HttpError.badRequest("Minimum memory limit allowed is 6MB");
    }
    resources.setMemoryLimitInBytes(memory);
    long swap = host.number("MemorySwap");
    if (swap != 0) {
      resources.setMemorySwapLimitInBytes(swap);
    }
    long reservation = host.number("MemoryReservation");
    if (reservation > 0) {
      resources.putUnified("memory.low", Long.toString(reservation));
    }
    long pids = host.number("PidsLimit");
    if (pids != 0) {
      resources.putUnified("pids.max", pids < 0 ? "max" : Long.toString(pids));
    }
    if (host.get("MemorySwappiness").asLong(-1) != -1) {
      throw host.notImplemented("MemorySwappiness");
    }
    return resources.build();
  }

  /** The limits of a new container, and how soon the kernel kills it if memory is short. */
  static LinuxContainerResources ofContainer(Fields host) {
    long score = host.number("OomScoreAdj");
    if (score < -1000 || score > 1000) {
      throw HttpError.badRequest(
          "Invalid value " + score + ", range for oom score adj is [-1000, 1000]");
    }
    return limits(host).toBuilder().setOomScoreAdj(score).build();
  }

  /** How much the container may write into its root file system; empty: what the node says. */
  static Optional<Long> writableLayer(Fields host) {
    Fields options = host.object("StorageOpt");
    String size = options.text("size");
    options.requireNoOther();
    return size.isEmpty()
        ? Optional.empty()
        : Optional.of(ByteSize.parse("HostConfig.StorageOpt.size", size));
  }

  static List<Device> devices(Fields host) {
    List<Device> devices = new ArrayList<>();
    for (Fields each : host.objects("Devices")) {
      String path = each.text("PathOnHost");
      String inside = each.text("PathInContainer");
      String permissions = each.text("CgroupPermissions");
      each.requireNoOther();
      devices.add(
          Device.newBuilder()
              .setHostPath(path)
              .setContainerPath(inside.isEmpty() ? path : inside)
              .setPermissions(permissions.isEmpty() ? "rwm" : permissions)
              .build());
    }
    return devices;
  }

  /** The limits of setrlimit(2), as the daemon reads them. */
  static void ulimits(Fields host, ArrayNode into) {
    for (Fields each : host.objects("Ulimits")) {
      into.addObject()
          .put("name", each.text("Name").toLowerCase(Locale.ROOT))
          .put("soft", each.number("Soft"))
          .put("hard", each.number("Hard"));
      each.requireNoOther();
    }
  }
}
