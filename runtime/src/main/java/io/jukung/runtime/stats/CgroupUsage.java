package io.jukung.runtime.stats;

import io.jukung.cri.UInt64;
import io.jukung.cri.v1.CpuUsage;
import io.jukung.cri.v1.IoUsage;
import io.jukung.cri.v1.MemoryUsage;
import io.jukung.cri.v1.PsiData;
import io.jukung.cri.v1.PsiStats;
import io.jukung.cri.v1.SwapUsage;
import io.jukung.cri.v1.UInt64Value;
import io.jukung.linux.cgroup.ControlFiles;
import io.jukung.linux.cgroup.Pressure;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The resource usage of a cgroup at one time, as CRI messages. Values of missing controllers are
 * not set. For a cgroup that does not exist every result is empty.
 */
public final class CgroupUsage {
  private final ControlFiles cgroup;
  private final long time;
  private final boolean exists;

  /**
   * The usage of a cgroup. The cgroup's files are read by the other methods.
   *
   * @param time the time of the messages, in nanoseconds since the epoch
   */
  public CgroupUsage(ControlFiles cgroup, long time) {
    this.cgroup = cgroup;
    this.time = time;
    this.exists = cgroup.exists();
  }

  /**
   * The processor time used so far, and its rate since the previous reading.
   *
   * @param rates keeps the previous reading
   * @param id the object whose usage this is, for {@code rates}
   * @param since when the object had used nothing, in nanoseconds since the epoch
   */
  public Optional<CpuUsage> cpu(CpuRates rates, String id, long since) throws IOException {
    Long micros = cgroup.counters("cpu.stat").get("usage_usec");
    if (micros == null) {
      return Optional.empty();
    }
    long used = TimeUnit.MICROSECONDS.toNanos(micros);
    CpuUsage.Builder usage =
        CpuUsage.newBuilder()
            .setTimestamp(time)
            .setUsageCoreNanoSeconds(UInt64.of(used))
            .setUsageNanoCores(UInt64.of(rates.nanoCores(id, since, time, used)));
    pressure("cpu").ifPresent(usage::setPsi);
    return Optional.of(usage.build());
  }

  public Optional<MemoryUsage> memory() throws IOException {
    if (!exists) {
      return Optional.empty();
    }
    MemoryUsage.Builder usage = MemoryUsage.newBuilder().setTimestamp(time);
    Map<String, Long> stat = cgroup.counters("memory.stat");
    OptionalLong current = cgroup.number("memory.current");
    if (current.isPresent()) {
      long workingSet = workingSet(current.getAsLong(), stat);
      usage.setUsageBytes(UInt64.of(current.getAsLong())).setWorkingSetBytes(UInt64.of(workingSet));
      OptionalLong limit = cgroup.number("memory.max");
      if (limit.isPresent()) {
        usage.setAvailableBytes(UInt64.of(Math.max(0, limit.getAsLong() - workingSet)));
      }
    }
    find(stat, "anon").ifPresent(usage::setRssBytes);
    find(stat, "pgfault").ifPresent(usage::setPageFaults);
    find(stat, "pgmajfault").ifPresent(usage::setMajorPageFaults);
    pressure("memory").ifPresent(usage::setPsi);
    return Optional.of(usage.build());
  }

  /** Empty if the kernel does not account for swap. */
  public Optional<SwapUsage> swap() throws IOException {
    OptionalLong current = cgroup.number("memory.swap.current");
    if (current.isEmpty()) {
      return Optional.empty();
    }
    SwapUsage.Builder usage =
        SwapUsage.newBuilder().setTimestamp(time).setSwapUsageBytes(UInt64.of(current.getAsLong()));
    OptionalLong limit = cgroup.number("memory.swap.max");
    if (limit.isPresent()) {
      usage.setSwapAvailableBytes(UInt64.of(Math.max(0, limit.getAsLong() - current.getAsLong())));
    }
    return Optional.of(usage.build());
  }

  public Optional<IoUsage> io() throws IOException {
    return pressure("io")
        .map(stalls -> IoUsage.newBuilder().setTimestamp(time).setPsi(stalls).build());
  }

  /** The memory that is hard to reclaim: all but the page cache of files not used lately. */
  static long workingSet(long current, Map<String, Long> stat) {
    return Math.max(0, current - stat.getOrDefault("inactive_file", 0L));
  }

  private Optional<PsiStats> pressure(String resource) throws IOException {
    return cgroup
        .find(resource + ".pressure")
        .map(Pressure::parse)
        .map(
            pressure ->
                PsiStats.newBuilder()
                    .setSome(stall(pressure.some()))
                    .setFull(stall(pressure.full()))
                    .build());
  }

  private static PsiData stall(Pressure.Stall stall) {
    return PsiData.newBuilder()
        .setAvg10(stall.average10())
        .setAvg60(stall.average60())
        .setAvg300(stall.average300())
        .setTotal(TimeUnit.MICROSECONDS.toNanos(stall.totalMicros()))
        .build();
  }

  private static Optional<UInt64Value> find(Map<String, Long> stat, String key) {
    return Optional.ofNullable(stat.get(key)).map(UInt64::of);
  }
}
