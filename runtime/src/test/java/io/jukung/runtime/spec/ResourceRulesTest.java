package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.CgroupSetting;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResourceRulesTest {
  @Test
  void noLimitsWriteNoControlFiles() {
    assertThat(settings(LinuxContainerResources.getDefaultInstance())).isEmpty();
  }

  @Test
  void limitsBecomeControlFiles() {
    LinuxContainerResources resources =
        LinuxContainerResources.newBuilder()
            .setCpuQuota(50_000)
            .setCpuPeriod(200_000)
            .setCpuShares(1024)
            .setMemoryLimitInBytes(1 << 20)
            .setMemorySwapLimitInBytes(3 << 20)
            .setCpusetCpus("0-1")
            .setCpusetMems("0")
            .putUnified("pids.max", "10")
            .build();
    assertThat(settings(resources))
        .containsExactly(
            "memory.max=1048576",
            "memory.swap.max=2097152",
            "cpu.weight=100",
            "cpu.max=50000 200000",
            "cpuset.cpus=0-1",
            "cpuset.mems=0",
            "pids.max=10");
  }

  @Test
  void memoryLimitAloneMeansNoSwap() {
    LinuxContainerResources resources =
        LinuxContainerResources.newBuilder().setMemoryLimitInBytes(4096).build();
    assertThat(settings(resources)).containsExactly("memory.max=4096", "memory.swap.max=0");
    assertThat(all(resources).getLast().optional()).isTrue();
    assertThat(settings(resources.toBuilder().setMemorySwapLimitInBytes(-1).build()))
        .containsExactly("memory.max=4096", "memory.swap.max=max");
  }

  @Test
  void negativeLimitIsWrittenAsMax() {
    assertThat(settings(LinuxContainerResources.newBuilder().setCpuQuota(-1).build()))
        .containsExactly("cpu.max=max 100000");
    assertThat(settings(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(-1).build()))
        .containsExactly("memory.max=max");
  }

  @Test
  void hugepageLimitOfZeroIsOptional() {
    LinuxContainerResources resources =
        LinuxContainerResources.newBuilder()
            .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB"))
            .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("1GB").setLimit(1 << 30))
            .build();
    List<CgroupSetting> settings = all(resources);
    assertThat(settings(resources))
        .containsExactly("hugetlb.2MB.max=0", "hugetlb.1GB.max=1073741824");
    assertThat(settings.getFirst().optional()).isTrue();
    assertThat(settings.getLast().optional()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"2,1", "0,1", "1024,100", "262144,10000", "9999999,10000", "512,59"})
  void sharesBecomeWeights(long shares, long weight) {
    assertThat(ResourceRules.weight(shares)).isEqualTo(weight);
  }

  static Stream<Arguments> invalidLimits() {
    return Stream.of(
        Arguments.of(limits().setOomScoreAdj(1001), "oom_score_adj"),
        Arguments.of(limits().putUnified("../memory.max", "1"), "control file"),
        Arguments.of(limits().putUnified("cgroup.kill", "1"), "control file"),
        Arguments.of(
            limits().setMemoryLimitInBytes(10).setMemorySwapLimitInBytes(5),
            "memory_swap_limit_in_bytes"),
        Arguments.of(limits().setMemorySwapLimitInBytes(5), "memory_swap_limit_in_bytes"),
        Arguments.of(limits().setCpuPeriod(999), "cpu_period"),
        Arguments.of(limits().setCpuPeriod(1_000_001), "cpu_period"),
        Arguments.of(limits().setCpuQuota(999), "cpu_quota"),
        Arguments.of(limits().setCpuShares(-1), "cpu_shares"),
        Arguments.of(limits().setCpusetCpus("0\n1"), "cpuset_cpus"),
        Arguments.of(limits().setCpusetCpus("all"), "cpuset_cpus"),
        Arguments.of(limits().setCpusetMems("-1"), "cpuset_mems"),
        Arguments.of(hugepages("2M/../../cgroup.freeze"), "hugepage_limits"),
        Arguments.of(hugepages(""), "hugepage_limits"));
  }

  private static LinuxContainerResources.Builder limits() {
    return LinuxContainerResources.newBuilder();
  }

  private static LinuxContainerResources.Builder hugepages(String size) {
    return limits().addHugepageLimits(HugepageLimit.newBuilder().setPageSize(size));
  }

  @ParameterizedTest
  @MethodSource("invalidLimits")
  void invalidLimitIsRefusedByFieldName(LinuxContainerResources.Builder resources, String field) {
    assertThatThrownBy(() -> ResourceRules.check(resources.build())).hasMessageContaining(field);
  }

  @Test
  void validCpusetListIsAccepted() {
    for (String list : List.of("0", "0-1", "0,2-3,11")) {
      ResourceRules.check(limits().setCpusetCpus(list).setCpusetMems(list).build());
    }
  }

  private static List<CgroupSetting> all(LinuxContainerResources resources) {
    return ResourceRules.settings(ResourceRules.toSpec(resources, List.of()));
  }

  private static List<String> settings(LinuxContainerResources resources) {
    return all(resources).stream().map(each -> each.file() + "=" + each.value()).toList();
  }
}
