package io.jukung.runtime.service;

import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.runtime.store.ContainerRecord.Resources;
import java.util.LinkedHashMap;
import java.util.Map;

/** CRI's limits and the record's. */
final class ResourceRecords {
  private ResourceRecords() {}

  static Resources of(LinuxContainerResources resources) {
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

  static LinuxContainerResources toCri(Resources resources) {
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
