package io.jukung.runtime.nri;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.nri.v1alpha1.HugepageLimit;
import io.jukung.nri.v1alpha1.LinuxCPU;
import io.jukung.nri.v1alpha1.LinuxMemory;
import io.jukung.nri.v1alpha1.LinuxResources;
import io.jukung.nri.v1alpha1.OptionalInt64;
import io.jukung.nri.v1alpha1.OptionalUInt64;
import java.util.Set;

/** Converts limits between the messages of CRI and those of NRI. */
final class ResourceMessages {
  /** What cgroup v2 has no file for, or jukung no code. */
  private static final Set<String> REFUSED =
      Set.of(
          "memory.kernel",
          "memory.kernel_tcp",
          "memory.swappiness",
          "memory.disable_oom_killer",
          "memory.use_hierarchy",
          "cpu.realtime_runtime",
          "cpu.realtime_period",
          "blockio_class",
          "rdt_class");

  private ResourceMessages() {}

  /** What plugins see of the limits. */
  static LinuxResources of(LinuxContainerResources limits) {
    LinuxMemory.Builder memory = LinuxMemory.newBuilder();
    if (limits.getMemoryLimitInBytes() != 0) {
      memory.setLimit(signed(limits.getMemoryLimitInBytes()));
    }
    if (limits.getMemorySwapLimitInBytes() != 0) {
      memory.setSwap(signed(limits.getMemorySwapLimitInBytes()));
    }
    LinuxCPU.Builder cpu =
        LinuxCPU.newBuilder().setCpus(limits.getCpusetCpus()).setMems(limits.getCpusetMems());
    if (limits.getCpuShares() != 0) {
      cpu.setShares(OptionalUInt64.newBuilder().setValue(limits.getCpuShares()));
    }
    if (limits.getCpuQuota() != 0) {
      cpu.setQuota(signed(limits.getCpuQuota()));
    }
    if (limits.getCpuPeriod() != 0) {
      cpu.setPeriod(OptionalUInt64.newBuilder().setValue(limits.getCpuPeriod()));
    }
    LinuxResources.Builder result =
        LinuxResources.newBuilder()
            .setMemory(memory)
            .setCpu(cpu)
            .putAllUnified(limits.getUnifiedMap());
    for (var each : limits.getHugepageLimitsList()) {
      result.addHugepageLimits(
          HugepageLimit.newBuilder().setPageSize(each.getPageSize()).setLimit(each.getLimit()));
    }
    return result.build();
  }

  private static OptionalInt64 signed(long value) {
    return OptionalInt64.newBuilder().setValue(value).build();
  }

  /**
   * The limits that a plugin asks for. What CRI has no field for goes to a control file of cgroup
   * v2. A limit of 0 is left as it is, as in CRI.
   *
   * @throws CriException UNIMPLEMENTED if one of them cannot be set; the message names it
   */
  static LinuxContainerResources toCri(LinuxResources wanted, String plugin) {
    refuse(wanted, "", plugin);
    LinuxMemory memory = wanted.getMemory();
    LinuxCPU cpu = wanted.getCpu();
    LinuxContainerResources.Builder result =
        LinuxContainerResources.newBuilder()
            .setMemoryLimitInBytes(memory.getLimit().getValue())
            .setMemorySwapLimitInBytes(memory.getSwap().getValue())
            .setCpuShares(cpu.getShares().getValue())
            .setCpuQuota(cpu.getQuota().getValue())
            .setCpuPeriod(cpu.getPeriod().getValue())
            .setCpusetCpus(cpu.getCpus())
            .setCpusetMems(cpu.getMems())
            .putAllUnified(wanted.getUnifiedMap());
    if (memory.hasReservation()) {
      result.putUnified("memory.low", orMax(memory.getReservation().getValue()));
    }
    if (wanted.hasPids()) {
      result.putUnified("pids.max", orMax(wanted.getPids().getLimit()));
    }
    for (HugepageLimit each : wanted.getHugepageLimitsList()) {
      result.addHugepageLimits(
          io.jukung.cri.v1.HugepageLimit.newBuilder()
              .setPageSize(each.getPageSize())
              .setLimit(each.getLimit()));
    }
    return result.build();
  }

  private static String orMax(long limit) {
    return limit < 0 ? "max" : Long.toString(limit);
  }

  private static void refuse(Message message, String path, String plugin) {
    Unknown.refuse(message, "linux.resources." + path, plugin);
    for (FieldDescriptor field : message.getAllFields().keySet()) {
      String name = path + field.getName();
      if (REFUSED.contains(name)) {
        throw Unknown.refused("linux.resources." + name, plugin);
      }
      if (name.equals("memory") || name.equals("cpu")) {
        refuse((Message) message.getField(field), name + ".", plugin);
      }
    }
  }
}
