package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.runtime.store.ContainerRecord.Resources;
import org.junit.jupiter.api.Test;

class ResourceRecordsTest {
  private static LinuxContainerResources.Builder limits() {
    return LinuxContainerResources.newBuilder();
  }

  private static HugepageLimit hugepages(String size, long limit) {
    return HugepageLimit.newBuilder().setPageSize(size).setLimit(limit).build();
  }

  private static final LinuxContainerResources ALL =
      limits()
          .setCpuPeriod(100_000)
          .setCpuQuota(50_000)
          .setCpuShares(512)
          .setMemoryLimitInBytes(1 << 20)
          .setMemorySwapLimitInBytes(2 << 20)
          .setOomScoreAdj(300)
          .setCpusetCpus("0-1")
          .setCpusetMems("0")
          .addHugepageLimits(hugepages("2MB", 4))
          .putUnified("pids.max", "10")
          .build();

  @Test
  void recordKeepsAllLimitsOfTheRequest() {
    assertThat(ResourceRecords.toCri(ResourceRecords.of(ALL))).isEqualTo(ALL);
    assertThat(ResourceRecords.toCri(null)).isEqualTo(LinuxContainerResources.getDefaultInstance());
  }

  @Test
  void updateChangesOnlyTheLimitsThatItSets() {
    Resources updated =
        ResourceRecords.updated(
            ResourceRecords.of(ALL),
            limits()
                .setMemoryLimitInBytes(2 << 20)
                .setCpusetCpus("3")
                .addHugepageLimits(hugepages("1GB", 8))
                .putUnified("pids.max", "20")
                .putUnified("memory.high", "5")
                .build());
    assertThat(ResourceRecords.toCri(updated))
        .isEqualTo(
            ALL.toBuilder()
                .setMemoryLimitInBytes(2 << 20)
                .setCpusetCpus("3")
                .addHugepageLimits(hugepages("1GB", 8))
                .putUnified("pids.max", "20")
                .putUnified("memory.high", "5")
                .build());
  }

  @Test
  void updateOfNoLimitsSetsItsOwn() {
    LinuxContainerResources update = limits().setCpuShares(2).build();
    assertThat(ResourceRecords.toCri(ResourceRecords.updated(null, update))).isEqualTo(update);
  }

  /** The update is valid alone, but not together with the limits that stay. */
  @Test
  void podUpdateWithAnInvalidResultIsRefused() {
    LinuxContainerResources none = LinuxContainerResources.getDefaultInstance();
    assertThatThrownBy(
            () ->
                ResourceRecords.updated(
                    ResourceRecords.updated(
                        null, none, limits().setMemoryLimitInBytes(2 << 20).build()),
                    none,
                    limits().setMemorySwapLimitInBytes(1 << 20).build()))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("memory_swap_limit_in_bytes");
  }
}
