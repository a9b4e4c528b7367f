package io.jukung.runtime.nri;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.jukung.cri.CriException;
import io.jukung.nri.v1alpha1.CDIDevice;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerAdjustment;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.Field;
import io.jukung.nri.v1alpha1.HugepageLimit;
import io.jukung.nri.v1alpha1.KeyValue;
import io.jukung.nri.v1alpha1.LinuxContainer;
import io.jukung.nri.v1alpha1.LinuxContainerAdjustment;
import io.jukung.nri.v1alpha1.LinuxDevice;
import io.jukung.nri.v1alpha1.LinuxNamespace;
import io.jukung.nri.v1alpha1.LinuxResources;
import io.jukung.nri.v1alpha1.Mount;
import io.jukung.nri.v1alpha1.POSIXRlimit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Puts the adjustments of several plugins to one container together. A plugin sees the container
 * with the adjustments of those before it. Two plugins that set the same are a conflict, unless the
 * later one first takes away what the earlier one has set: it marks the key with a "-" before it.
 */
final class AdjustmentMerge {
  private static final String REMOVAL = "-";

  /** The leaf fields of memory and cpu, and the field numbers that stand for them. */
  private static final Map<String, Field> LIMITS =
      Map.ofEntries(
          Map.entry("memory.limit", Field.MemLimit),
          Map.entry("memory.reservation", Field.MemReservation),
          Map.entry("memory.swap", Field.MemSwapLimit),
          Map.entry("memory.kernel", Field.MemKernelLimit),
          Map.entry("memory.kernel_tcp", Field.MemTCPLimit),
          Map.entry("memory.swappiness", Field.MemSwappiness),
          Map.entry("memory.disable_oom_killer", Field.MemDisableOomKiller),
          Map.entry("memory.use_hierarchy", Field.MemUseHierarchy),
          Map.entry("cpu.shares", Field.CPUShares),
          Map.entry("cpu.quota", Field.CPUQuota),
          Map.entry("cpu.period", Field.CPUPeriod),
          Map.entry("cpu.realtime_runtime", Field.CPURealtimeRuntime),
          Map.entry("cpu.realtime_period", Field.CPURealtimePeriod),
          Map.entry("cpu.cpus", Field.CPUSetCPUs),
          Map.entry("cpu.mems", Field.CPUSetMems),
          Map.entry("pids", Field.PidsLimit),
          Map.entry("blockio_class", Field.BlockioClass),
          Map.entry("rdt_class", Field.RdtClass));

  private final FieldOwners owners = new FieldOwners();
  private final Container.Builder container;
  private final String id;
  private final ContainerAdjustment.Builder adjustment = ContainerAdjustment.newBuilder();
  private final Map<String, ContainerUpdate> updates = new LinkedHashMap<>();
  private final LinuxContainer.Builder linux;
  private final LinuxContainerAdjustment.Builder linuxAdjustment;

  AdjustmentMerge(Container container) {
    this.container = container.toBuilder();
    this.id = container.getId();
    this.linux = this.container.getLinuxBuilder();
    this.linuxAdjustment = adjustment.getLinuxBuilder();
  }

  /** The container as the next plugin sees it. */
  Container container() {
    return container.build();
  }

  ContainerAdjustment adjustment() {
    return adjustment.build();
  }

  /** Updates of other containers, one for each of them. */
  List<ContainerUpdate> updates() {
    return List.copyOf(updates.values());
  }

  FieldOwners owners() {
    return owners;
  }

  /**
   * Adds what one plugin has answered.
   *
   * @throws CriException if it contradicts another plugin, or cannot be done
   */
  void add(ContainerAdjustment more, String plugin) {
    refuse(more, plugin);
    addMaps(more, plugin);
    entries(
        Field.Mounts,
        "mounts",
        plugin,
        new Lists<>(
            more.getMountsList(),
            Mount::getDestination,
            adjustment.getMountsList(),
            container.getMountsList()),
        merged -> adjustment.clearMounts().addAllMounts(merged.adjusted()).build(),
        merged -> container.clearMounts().addAllMounts(merged.seen()));
    addEnv(more.getEnvList(), plugin);
    addArgs(more.getArgsList(), plugin);
    addLinux(more.getLinux(), plugin);
    for (POSIXRlimit each : more.getRlimitsList()) {
      owners.claim(id, Field.Rlimits, each.getType(), "rlimits " + each.getType(), plugin);
      adjustment.addRlimits(each);
      container.addRlimits(each);
    }
    for (CDIDevice each : more.getCDIDevicesList()) {
      owners.claim(id, Field.CdiDevices, each.getName(), "CDI_devices " + each.getName(), plugin);
      adjustment.addCDIDevices(each);
      container.addCDIDevices(each);
    }
  }

  private static void refuse(ContainerAdjustment more, String plugin) {
    Unknown.refuse(more, "", plugin);
    Unknown.refuse(more.getLinux(), "linux.", plugin);
    if (more.hasHooks() && more.getHooks().getSerializedSize() > 0) {
      FieldDescriptor field =
          more.getHooks().getAllFields().keySet().stream().findFirst().orElse(null);
      throw Unknown.refused("hooks." + (field == null ? "" : field.getName()), plugin);
    }
    LinuxContainerAdjustment linux = more.getLinux();
    for (FieldDescriptor field : linux.getAllFields().keySet()) {
      switch (field.getName()) {
        case "devices", "resources", "oom_score_adj", "seccomp_policy", "namespaces" -> {}
        default -> throw Unknown.refused("linux." + field.getName(), plugin);
      }
    }
    var _ = ResourceMessages.toCri(linux.getResources(), plugin);
  }

  private void addMaps(ContainerAdjustment more, String plugin) {
    Map<String, String> annotations = more.getAnnotationsMap();
    annotations.keySet().stream()
        .filter(AdjustmentMerge::isRemoval)
        .forEach(
            marked -> {
              String key = unmarked(marked);
              owners.release(id, Field.Annotations, key);
              container.removeAnnotations(key);
              adjustment.removeAnnotations(key);
              adjustment.putAnnotations(marked, "");
            });
    annotations.forEach(
        (key, value) -> {
          if (!isRemoval(key)) {
            owners.claim(id, Field.Annotations, key, "annotation " + key, plugin);
            container.putAnnotations(key, value);
            adjustment.putAnnotations(key, value);
          }
        });
  }

  private void addEnv(List<KeyValue> env, String plugin) {
    List<KeyValue> seen = new ArrayList<>();
    for (String variable : container.getEnvList()) {
      int equals = variable.indexOf('=');
      seen.add(
          KeyValue.newBuilder()
              .setKey(equals < 0 ? variable : variable.substring(0, equals))
              .setValue(equals < 0 ? "" : variable.substring(equals + 1))
              .build());
    }
    entries(
        Field.Env,
        "env",
        plugin,
        new Lists<>(env, KeyValue::getKey, adjustment.getEnvList(), seen),
        merged -> adjustment.clearEnv().addAllEnv(merged.adjusted()).build(),
        merged -> {
          container.clearEnv();
          merged.seen().forEach(each -> container.addEnv(each.getKey() + "=" + each.getValue()));
          return container;
        });
  }

  /** An empty first argument takes away the arguments of an earlier plugin. */
  private void addArgs(List<String> args, String plugin) {
    if (args.isEmpty()) {
      return;
    }
    List<String> wanted = args;
    if (args.getFirst().isEmpty()) {
      owners.release(id, Field.Args, "");
      wanted = args.subList(1, args.size());
    }
    owners.claim(id, Field.Args, "", "args", plugin);
    adjustment.clearArgs().addAllArgs(wanted);
    container.clearArgs().addAllArgs(wanted);
  }

  private void addLinux(LinuxContainerAdjustment more, String plugin) {
    entries(
        Field.Devices,
        "linux.devices",
        plugin,
        new Lists<>(
            more.getDevicesList(),
            LinuxDevice::getPath,
            linuxAdjustment.getDevicesList(),
            linux.getDevicesList()),
        merged -> linuxAdjustment.clearDevices().addAllDevices(merged.adjusted()).build(),
        merged -> linux.clearDevices().addAllDevices(merged.seen()));
    entries(
        Field.Namespace,
        "linux.namespaces",
        plugin,
        new Lists<>(
            more.getNamespacesList(),
            LinuxNamespace::getType,
            linuxAdjustment.getNamespacesList(),
            linux.getNamespacesList()),
        merged -> linuxAdjustment.clearNamespaces().addAllNamespaces(merged.adjusted()).build(),
        merged -> linux.clearNamespaces().addAllNamespaces(merged.seen()));
    if (more.hasOomScoreAdj()) {
      owners.claim(id, Field.OomScoreAdj, "", "linux.oom_score_adj", plugin);
      linuxAdjustment.setOomScoreAdj(more.getOomScoreAdj());
      linux.setOomScoreAdj(more.getOomScoreAdj());
    }
    if (more.hasSeccompPolicy()) {
      owners.claim(id, Field.SeccompPolicy, "", "linux.seccomp_policy", plugin);
      linuxAdjustment.setSeccompPolicy(more.getSeccompPolicy());
      linux.setSeccompPolicy(more.getSeccompPolicy());
    }
    if (more.hasResources()) {
      claim(id, more.getResources(), plugin);
      linuxAdjustment.getResourcesBuilder().mergeFrom(more.getResources());
      linux.getResourcesBuilder().mergeFrom(more.getResources());
    }
  }

  /** Records that a plugin sets limits of a container. */
  private void claim(String of, LinuxResources limits, String plugin) {
    limits
        .getAllFields()
        .forEach(
            (field, value) -> {
              switch (field.getName()) {
                case "memory", "cpu" ->
                    ((Message) value)
                        .getAllFields()
                        .keySet()
                        .forEach(leaf -> claim(of, field.getName() + "." + leaf.getName(), plugin));
                case "hugepage_limits" -> {
                  for (HugepageLimit each : limits.getHugepageLimitsList()) {
                    String name = "linux.resources.hugepage_limits " + each.getPageSize();
                    owners.claim(of, Field.HugepageLimits, each.getPageSize(), name, plugin);
                  }
                }
                case "unified" ->
                    limits
                        .getUnifiedMap()
                        .keySet()
                        .forEach(
                            key ->
                                owners.claim(
                                    of,
                                    Field.CgroupsUnified,
                                    key,
                                    "linux.resources.unified " + key,
                                    plugin));
                case "devices" -> {} // rules add up
                default -> claim(of, field.getName(), plugin);
              }
            });
  }

  private void claim(String of, String limit, String plugin) {
    owners.claim(
        of, LIMITS.getOrDefault(limit, Field.None), "", "linux.resources." + limit, plugin);
  }

  /**
   * Adds updates of other containers.
   *
   * @throws CriException if one is for the container that is being created, or contradicts another
   *     plugin
   */
  void addUpdates(List<ContainerUpdate> more, String plugin) {
    for (ContainerUpdate each : more) {
      if (each.getContainerId().equals(id)) {
        throw CriException.failedPrecondition(
            "NRI plugin " + plugin + " updates container " + id + ", which is being created");
      }
      addUpdate(each, plugin);
    }
  }

  /** Adds an update of any container. */
  void addUpdate(ContainerUpdate more, String plugin) {
    Unknown.refuse(more, "update.", plugin);
    LinuxResources limits = more.getLinux().getResources();
    var _ = ResourceMessages.toCri(limits, plugin);
    claim(more.getContainerId(), limits, plugin);
    updates.merge(
        more.getContainerId(),
        more,
        (before, added) ->
            before.toBuilder()
                .mergeFrom(added)
                .setIgnoreFailure(before.getIgnoreFailure() && added.getIgnoreFailure())
                .build());
  }

  private static boolean isRemoval(String key) {
    return key.startsWith(REMOVAL);
  }

  private static String unmarked(String key) {
    return isRemoval(key) ? key.substring(1) : key;
  }

  /**
   * Entries of one kind.
   *
   * @param more what the plugin answers
   * @param adjusted the adjustments so far
   * @param seen what the container has
   */
  private record Lists<T>(List<T> more, Function<T, String> key, List<T> adjusted, List<T> seen) {

    private List<T> without(List<T> from, Set<String> keys) {
      return from.stream().filter(each -> !keys.contains(unmarked(key.apply(each)))).toList();
    }
  }

  private record Merged<T>(List<T> adjusted, List<T> seen) {}

  private <T> void entries(
      Field field,
      String name,
      String plugin,
      Lists<T> lists,
      Function<Merged<T>, ?> setAdjusted,
      Function<Merged<T>, ?> setSeen) {
    if (lists.more().isEmpty()) {
      return;
    }
    Set<String> removed = new HashSet<>();
    Set<String> set = new HashSet<>();
    List<T> removals = new ArrayList<>();
    List<T> additions = new ArrayList<>();
    for (T each : lists.more()) {
      String key = lists.key().apply(each);
      if (isRemoval(key)) {
        removed.add(unmarked(key));
        removals.add(each);
        owners.release(id, field, unmarked(key));
      } else {
        set.add(key);
        additions.add(each);
      }
    }
    for (String key : set) {
      owners.claim(id, field, key, name + " " + key, plugin);
    }
    List<T> adjusted = new ArrayList<>(lists.without(lists.adjusted(), removed));
    adjusted.addAll(removals);
    adjusted.addAll(additions);
    removed.addAll(set);
    List<T> seen = new ArrayList<>(lists.without(lists.seen(), removed));
    seen.addAll(additions);
    Merged<T> merged = new Merged<>(adjusted, seen);
    var _ = setAdjusted.apply(merged);
    var _ = setSeen.apply(merged);
  }
}
