package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cri.v1.LinuxContainerResources;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that limit what a container may use, named as docker's. Picocli fills the fields. */
final class LimitOptions {
  private static final long CPU_PERIOD_MICROSECONDS = 100_000;

  /** CRI leaves a limit alone that is 0, so that no limit is written as a negative number. */
  private static final String NO_LIMIT = "-1";

  @Option(
      names = "--cpus",
      paramLabel = "N",
      description = "Limit the processor time to that of N processors, such as 1.5.")
  @Nullable BigDecimal cpus;

  @Option(
      names = {"-c", "--cpu-shares"},
      paramLabel = "N",
      description = "The weight of the container where processor time is scarce; 1024 is usual.")
  @Nullable Long cpuShares;

  @Option(
      names = "--cpu-period",
      paramLabel = "MICROSECONDS",
      description = "The period of --cpu-quota.")
  @Nullable Long cpuPeriod;

  @Option(
      names = "--cpu-quota",
      paramLabel = "MICROSECONDS",
      description = "The processor time that the container gets in each period.")
  @Nullable Long cpuQuota;

  @Option(
      names = "--cpuset-cpus",
      paramLabel = "LIST",
      description = "The processors on which the container runs, such as 0-2,5.")
  @Nullable String cpusetCpus;

  @Option(
      names = "--cpuset-mems",
      paramLabel = "LIST",
      description = "The memory nodes that the container uses, such as 0.")
  @Nullable String cpusetMems;

  @Option(
      names = {"-m", "--memory"},
      paramLabel = "SIZE",
      description = "Limit the memory, for example to 64m or 1.5g.")
  @Nullable String memory;

  @Option(
      names = "--memory-swap",
      paramLabel = "SIZE",
      description = "Limit memory and swap together, not less than --memory; -1: no limit of swap.")
  @Nullable String memorySwap;

  @Option(
      names = "--memory-reservation",
      paramLabel = "SIZE",
      description = "Memory that is taken from the container only if nothing else is left.")
  @Nullable String memoryReservation;

  @Option(
      names = "--pids-limit",
      paramLabel = "N",
      description = "Limit the number of processes and threads; -1: no limit.")
  @Nullable Long pidsLimit;

  /**
   * Returns the limits; those that are not given are not set.
   *
   * @throws CliException with the exit code for wrong usage
   */
  LinuxContainerResources.Builder resources() {
    var resources = LinuxContainerResources.newBuilder();
    if (cpus != null) {
      if (cpuPeriod != null || cpuQuota != null) {
        throw CliException.usage("--cpus does not go with --cpu-period and --cpu-quota");
      }
      resources.setCpuPeriod(CPU_PERIOD_MICROSECONDS).setCpuQuota(quota(cpus));
    }
    if (cpuPeriod != null) {
      resources.setCpuPeriod(cpuPeriod);
    }
    if (cpuQuota != null) {
      resources.setCpuQuota(cpuQuota);
      if (cpuPeriod == null) {
        resources.setCpuPeriod(CPU_PERIOD_MICROSECONDS);
      }
    }
    if (cpuShares != null) {
      resources.setCpuShares(cpuShares);
    }
    if (cpusetCpus != null) {
      resources.setCpusetCpus(cpusetCpus);
    }
    if (cpusetMems != null) {
      resources.setCpusetMems(cpusetMems);
    }
    if (memory != null) {
      resources.setMemoryLimitInBytes(MemorySize.parse(memory));
    }
    if (memorySwap != null) {
      resources.setMemorySwapLimitInBytes(swap(memorySwap));
    }
    if (memoryReservation != null) {
      resources.putUnified("memory.low", Long.toString(MemorySize.parse(memoryReservation)));
    }
    if (pidsLimit != null) {
      resources.putUnified("pids.max", ExtraOptions.pids(pidsLimit));
    }
    return resources;
  }

  private long swap(String text) {
    if (memory == null) {
      throw CliException.usage("--memory-swap goes with --memory");
    }
    if (text.equals(NO_LIMIT)) {
      return -1;
    }
    long swap = MemorySize.parse(text);
    if (swap < MemorySize.parse(memory)) {
      throw CliException.usage("--memory-swap is less than --memory, which is a part of it");
    }
    return swap;
  }

  private static long quota(BigDecimal cpus) {
    long quota =
        cpus.multiply(BigDecimal.valueOf(CPU_PERIOD_MICROSECONDS))
            .setScale(0, RoundingMode.DOWN)
            .longValue();
    // The kernel refuses quotas below a millisecond.
    if (quota < 1_000 || cpus.compareTo(BigDecimal.valueOf(100_000)) > 0) {
      throw CliException.usage("--cpus must be between 0.01 and 100000, is " + cpus);
    }
    return quota;
  }
}
