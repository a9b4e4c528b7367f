package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.runtime.store.ContainerRecord;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Converts limits between CRI messages, records and the OCI specification. */
public final class ResourceRecords {
  private static final Resources NONE = of(LinuxContainerResources.getDefaultInstance());

  private ResourceRecords() {}

  /**
   * The limits after an update, which changes only the limits that it sets.
   *
   * @param before the limits before the update; null if there were none
   */
  public static Resources updated(@Nullable Resources before, LinuxContainerResources update) {
    Resources old = before == null ? NONE : before;
    Resources changes = of(update);
    Map<String, Long> hugepages = new LinkedHashMap<>(old.hugepageLimits());
    hugepages.putAll(changes.hugepageLimits());
    Map<String, String> unified = new LinkedHashMap<>(old.unified());
    unified.putAll(changes.unified());
    return new Resources(
        orOld(changes.cpuPeriod(), old.cpuPeriod()),
        orOld(changes.cpuQuota(), old.cpuQuota()),
        orOld(changes.cpuShares(), old.cpuShares()),
        orOld(changes.memoryLimitBytes(), old.memoryLimitBytes()),
        orOld(changes.memorySwapLimitBytes(), old.memorySwapLimitBytes()),
        orOld(changes.oomScoreAdj(), old.oomScoreAdj()),
        changes.cpusetCpus().isEmpty() ? old.cpusetCpus() : changes.cpusetCpus(),
        changes.cpusetMems().isEmpty() ? old.cpusetMems() : changes.cpusetMems(),
        hugepages,
        unified);
  }

  /**
   * The pod's limits after an update, which changes only the limits that it sets.
   *
   * @param before the limits before the update; null if there were none
   * @throws CriException INVALID_ARGUMENT if the resulting limits are not valid
   */
  public static PodLimits updated(
      @Nullable PodLimits before,
      LinuxContainerResources overhead,
      LinuxContainerResources resources) {
    PodLimits next =
        new PodLimits(
            updated(before == null ? null : before.overhead(), overhead),
            updated(before == null ? null : before.resources(), resources));
    ResourceRules.check(toCri(next.overhead()));
    ResourceRules.check(toCri(next.resources()));
    return next;
  }

  private static long orOld(long value, long old) {
    return value == 0 ? old : value;
  }

  /** The specification with the limits of the record, which updates may have changed. */
  public static Spec inForce(Spec spec, ContainerRecord record) {
    Resources resources = record.resources();
    if (resources == null) {
      return spec;
    }
    LinuxContainerResources limits = toCri(resources);
    return spec.withLimits(
        ResourceRules.toSpec(limits, spec.linux().resources().devices()),
        (int) resources.oomScoreAdj());
  }

  /** The control files to write for these limits. */
  public static List<CgroupSetting> settings(Resources resources) {
    return ResourceRules.settings(ResourceRules.toSpec(toCri(resources), List.of()));
  }

  public static Resources of(LinuxContainerResources resources) {
    Map<String, Long> hugepages = new LinkedHashMap<>();
    for (HugepageLimit limit : resources.getHugepageLimitsList()) {
      hugepages.put(limit.getPageSize(), limit.getLimit());
    }
    return new Resources(
        resources.getCpuPeriod(),
        resources.getCpuQuota(),
        resources.getCpuShares(),
        resources.getMemoryLimitInBytes(),
        resources.getMemorySwapLimitInBytes(),
        resources.getOomScoreAdj(),
        resources.getCpusetCpus(),
        resources.getCpusetMems(),
        hugepages,
        resources.getUnifiedMap());
  }

  public static LinuxContainerResources toCri(@Nullable Resources resources) {
    if (resources == null) {
      return LinuxContainerResources.getDefaultInstance();
    }
    LinuxContainerResources.Builder result =
        LinuxContainerResources.newBuilder()
            .setCpuPeriod(resources.cpuPeriod())
            .setCpuQuota(resources.cpuQuota())
            .setCpuShares(resources.cpuShares())
            .setMemoryLimitInBytes(resources.memoryLimitBytes())
            .setMemorySwapLimitInBytes(resources.memorySwapLimitBytes())
            .setOomScoreAdj(resources.oomScoreAdj())
            .setCpusetCpus(resources.cpusetCpus())
            .setCpusetMems(resources.cpusetMems())
            .putAllUnified(resources.unified());
    resources
        .hugepageLimits()
        .forEach(
            (size, limit) ->
                result.addHugepageLimits(
                    HugepageLimit.newBuilder().setPageSize(size).setLimit(limit)));
    return result.build();
  }
}
