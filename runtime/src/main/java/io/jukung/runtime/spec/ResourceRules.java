package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.CgroupSetting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks a container's limits, and converts them to the OCI specification and to cgroup v2. */
public final class ResourceRules {
  private static final long MIN_OOM_SCORE = -1000;
  private static final long MAX_OOM_SCORE = 1000;
  private static final long DEFAULT_CPU_PERIOD_MICROS = 100_000;
  private static final long MIN_CPU_MICROS = 1_000;
  private static final long MAX_CPU_PERIOD_MICROS = 1_000_000;
  private static final long MIN_SHARES = 2;
  private static final long MAX_SHARES = 262_144;

  /** A page size as in the names of hugetlb's control files, for example 2MB. */
  private static final Pattern PAGE_SIZE = Pattern.compile("[1-9][0-9]{0,3}[KMG]B");

  /** A list of numbers and ranges (cpuset(7), "List format"). */
  private static final Pattern NUMBERS =
      Pattern.compile("[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*");

  /** The name of a control file: its controller, and what it controls. */
  private static final Pattern CONTROL_FILE =
      Pattern.compile("[a-z][a-z0-9_]*(\\.[A-Za-z0-9_-]+)+");

  private ResourceRules() {}

  /**
   * Refuses limits that no kernel accepts.
   *
   * @throws CriException INVALID_ARGUMENT
   */
  public static void check(LinuxContainerResources resources) {
    if (resources.getOomScoreAdj() < MIN_OOM_SCORE || resources.getOomScoreAdj() > MAX_OOM_SCORE) {
      throw CriException.invalidArgument(
          "resources.oom_score_adj " + resources.getOomScoreAdj() + " is not in -1000 to 1000");
    }
    for (Map.Entry<String, String> entry : resources.getUnifiedMap().entrySet()) {
      if (!CONTROL_FILE.matcher(entry.getKey()).matches() || entry.getKey().startsWith("cgroup.")) {
        throw CriException.invalidArgument(
            "resources.unified: \""
                + entry.getKey()
                + "\" is not the control file of a controller");
      }
    }
    for (HugepageLimit limit : resources.getHugepageLimitsList()) {
      if (!PAGE_SIZE.matcher(limit.getPageSize()).matches()) {
        throw CriException.invalidArgument(
            "resources.hugepage_limits: \"" + limit.getPageSize() + "\" is not a page size");
      }
    }
    checkMemory(resources);
    checkCpu(resources);
  }

  private static void checkMemory(LinuxContainerResources resources) {
    if (resources.getMemorySwapLimitInBytes() <= 0) {
      return;
    }
    if (resources.getMemoryLimitInBytes() <= 0) {
      throw CriException.invalidArgument(
          "resources.memory_swap_limit_in_bytes limits memory and swap together, and needs a"
              + " memory_limit_in_bytes");
    }
    if (resources.getMemoryLimitInBytes() > resources.getMemorySwapLimitInBytes()) {
      throw CriException.invalidArgument(
          "resources.memory_swap_limit_in_bytes limits memory and swap together, and must not be"
              + " below memory_limit_in_bytes");
    }
  }

  private static void checkCpu(LinuxContainerResources resources) {
    long period = resources.getCpuPeriod();
    long quota = resources.getCpuQuota();
    if (period != 0 && (period < MIN_CPU_MICROS || period > MAX_CPU_PERIOD_MICROS)) {
      throw CriException.invalidArgument(
          "resources.cpu_period " + period + " µs is not in 1 ms to 1 s");
    }
    if (quota > 0 && quota < MIN_CPU_MICROS) {
      throw CriException.invalidArgument("resources.cpu_quota " + quota + " µs is below 1 ms");
    }
    if (resources.getCpuShares() < 0) {
      throw CriException.invalidArgument(
          "resources.cpu_shares " + resources.getCpuShares() + " is negative");
    }
    checkNumbers("cpuset_cpus", resources.getCpusetCpus());
    checkNumbers("cpuset_mems", resources.getCpusetMems());
  }

  private static void checkNumbers(String field, String list) {
    if (!list.isEmpty() && !NUMBERS.matcher(list).matches()) {
      throw CriException.invalidArgument(
          "resources." + field + " \"" + list + "\" is not a list like 0-2,7");
    }
  }

  /**
   * The limits in the form of the OCI specification.
   *
   * @param devices the device rules, which are part of the same message
   */
  public static Spec.Resources toSpec(
      LinuxContainerResources resources, List<Spec.DeviceRule> devices) {
    Map<String, String> unified = new LinkedHashMap<>(resources.getUnifiedMap());
    for (HugepageLimit limit : resources.getHugepageLimitsList()) {
      unified.putIfAbsent(
          "hugetlb." + limit.getPageSize() + ".max", Long.toUnsignedString(limit.getLimit()));
    }
    return new Spec.Resources(
        devices,
        new Spec.Memory(
            ifSet(resources.getMemoryLimitInBytes()), ifSet(resources.getMemorySwapLimitInBytes())),
        new Spec.Cpu(
            ifSet(resources.getCpuShares()),
            ifSet(resources.getCpuQuota()),
            ifSet(resources.getCpuPeriod()),
            ifSet(resources.getCpusetCpus()),
            ifSet(resources.getCpusetMems())),
        null,
        unified);
  }

  /** The control files to write for the limits, in an order that the kernel accepts. */
  public static List<CgroupSetting> settings(Spec.Resources resources) {
    List<CgroupSetting> settings = new ArrayList<>();
    Spec.Memory memory = resources.memory();
    if (memory != null) {
      addMemory(settings, memory);
    }
    Spec.Cpu cpu = resources.cpu();
    if (cpu != null) {
      addCpu(settings, cpu);
    }
    Spec.Pids pids = resources.pids();
    if (pids != null) {
      settings.add(new CgroupSetting("resources.pids", "pids.max", Long.toString(pids.limit())));
    }
    resources.unified().forEach((file, value) -> addUnified(settings, file, value));
    return settings;
  }

  /** Each line of a value needs a write of its own, for example io.max of several devices. */
  private static void addUnified(List<CgroupSetting> settings, String file, String value) {
    for (String line : value.split("\n", -1)) {
      if (!line.isEmpty() || value.isEmpty()) {
        settings.add(
            new CgroupSetting("resources.unified " + file, file, line, isNoHugepages(file, line)));
      }
    }
  }

  /** kubelet sends every page size of the host, with limit 0 if the container requests none. */
  private static boolean isNoHugepages(String file, String value) {
    return file.startsWith("hugetlb.") && value.equals("0");
  }

  private static void addMemory(List<CgroupSetting> settings, Spec.Memory memory) {
    Long limit = memory.limit();
    Long swap = memory.swap();
    if (limit != null) {
      settings.add(
          new CgroupSetting("resources.memory_limit_in_bytes", "memory.max", bytes(limit)));
    }
    if (swap != null && swap < 0) {
      settings.add(
          new CgroupSetting("resources.memory_swap_limit_in_bytes", "memory.swap.max", "max"));
    } else if (limit != null && limit > 0) {
      // CRI and cgroup v1 limit memory and swap together. A memory limit alone means no swap.
      long both = swap == null ? limit : swap;
      settings.add(
          new CgroupSetting(
              swap == null
                  ? "resources.memory_limit_in_bytes"
                  : "resources.memory_swap_limit_in_bytes",
              "memory.swap.max",
              Long.toString(both - limit),
              swap == null));
    }
  }

  private static void addCpu(List<CgroupSetting> settings, Spec.Cpu cpu) {
    Long shares = cpu.shares();
    if (shares != null) {
      settings.add(
          new CgroupSetting("resources.cpu_shares", "cpu.weight", Long.toString(weight(shares))));
    }
    Long quota = cpu.quota();
    Long period = cpu.period();
    if (quota != null || period != null) {
      String max = quota == null || quota < 0 ? "max" : Long.toString(quota);
      long each = period == null ? DEFAULT_CPU_PERIOD_MICROS : period;
      settings.add(new CgroupSetting("resources.cpu_quota", "cpu.max", max + " " + each));
    }
    String cpus = cpu.cpus();
    if (cpus != null) {
      settings.add(new CgroupSetting("resources.cpuset_cpus", "cpuset.cpus", cpus));
    }
    String mems = cpu.mems();
    if (mems != null) {
      settings.add(new CgroupSetting("resources.cpuset_mems", "cpuset.mems", mems));
    }
  }

  /**
   * cgroup v2's weight for v1's shares. The curve goes through the ends of both ranges and maps one
   * default to the other, 1024 to 100, where the straight line between the ends gives 39 and
   * starves containers beside the system's own (runtime-tools' and Kubernetes' conversion since
   * 2025).
   */
  static long weight(long shares) {
    double log = Math.log((double) Math.clamp(shares, MIN_SHARES, MAX_SHARES)) / Math.log(2);
    double exponent = (log * log + 125 * log) / 612.0 - 7.0 / 34.0;
    return (long) Math.ceil(Math.pow(10, exponent));
  }

  private static String bytes(long limit) {
    return limit < 0 ? "max" : Long.toString(limit);
  }

  private static @Nullable Long ifSet(long value) {
    return value == 0 ? null : value;
  }

  private static @Nullable String ifSet(String value) {
    return value.isEmpty() ? null : value;
  }
}
