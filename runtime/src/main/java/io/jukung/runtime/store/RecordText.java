package io.jukung.runtime.store;

import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.store.ContainerRecord.ImageReference;
import io.jukung.runtime.store.ContainerRecord.Mount;
import io.jukung.runtime.store.ContainerRecord.Resources;
import io.jukung.runtime.store.ContainerRecord.User;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.SandboxRecord.Membership;
import io.jukung.runtime.store.SandboxRecord.PodLimits;
import io.jukung.runtime.store.SandboxRecord.PortMapping;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes records as JSON, member by member. Each method writes all components of its record, under
 * their names and in their order, and leaves out what {@link Json#read} puts there anyway.
 */
final class RecordText {
  private RecordText() {}

  static byte[] of(SandboxRecord sandbox) {
    JsonText json = new JsonText().begin();
    json.number("version", sandbox.version());
    json.text("id", sandbox.id());
    name(json, sandbox.name());
    json.constant("state", sandbox.state());
    json.number("createdAt", sandbox.createdAt());
    json.text("runtimeHandler", sandbox.runtimeHandler());
    config(json, sandbox.config());
    json.truth("networkSetUp", sandbox.networkSetUp());
    json.texts("addresses", sandbox.addresses());
    json.number("shimPid", sandbox.shimPid());
    PodLimits limits = sandbox.limits();
    if (limits != null) {
      json.begin("limits");
      resources(json, "overhead", limits.overhead());
      resources(json, "resources", limits.resources());
      json.end();
    }
    memberships(json, sandbox.memberships());
    return json.end().toBytes();
  }

  private static void memberships(JsonText json, List<Membership> memberships) {
    if (memberships.isEmpty()) {
      return;
    }
    json.beginList("memberships");
    for (Membership each : memberships) {
      json.begin();
      json.text("networkId", each.networkId());
      json.text("interfaceName", each.interfaceName());
      json.texts("aliases", each.aliases());
      json.texts("links", each.links());
      json.text("ip", each.ip());
      json.text("ip6", each.ip6());
      json.text("mac", each.mac());
      json.texts("addresses", each.addresses());
      json.end();
    }
    json.endList();
  }

  static byte[] of(ContainerRecord container) {
    JsonText json = new JsonText().begin();
    json.number("version", container.version());
    json.text("id", container.id());
    name(json, container.name());
    json.number("createdAt", container.createdAt());
    image(json, container.image());
    json.text("imageId", container.imageId());
    json.texts("labels", container.labels());
    json.texts("annotations", container.annotations());
    json.text("logPath", container.logPath());
    json.truth("tty", container.tty());
    json.truth("stdin", container.stdin());
    json.truth("stdinOnce", container.stdinOnce());
    json.text("requestedStopSignal", container.requestedStopSignal());
    json.number("stopSignal", container.stopSignal());
    json.constant("pidMode", container.pidMode());
    json.text("pidTarget", container.pidTarget());
    user(json, container.user());
    mounts(json, container.mounts());
    resources(json, "resources", container.resources());
    json.text("cgroup", container.cgroup());
    json.texts("lowerDirectories", container.lowerDirectories());
    return json.end().toBytes();
  }

  static byte[] of(ContainerStatusRecord status) {
    JsonText json = new JsonText().begin();
    json.numberUnlessZero("version", status.version());
    json.constant("state", status.state());
    json.numberUnlessZero("pid", status.pid());
    json.numberUnlessZero("startedAt", status.startedAt());
    json.numberUnlessZero("finishedAt", status.finishedAt());
    json.numberUnlessZero("exitCode", status.exitCode());
    json.text("reason", status.reason());
    json.text("message", status.message());
    return json.end().toBytes();
  }

  private static void name(JsonText json, SandboxName name) {
    json.begin("name");
    json.textAlsoEmpty("name", name.name());
    json.textAlsoEmpty("uid", name.uid());
    json.textAlsoEmpty("namespace", name.namespace());
    json.number("attempt", name.attempt());
    json.end();
  }

  private static void name(JsonText json, ContainerName name) {
    json.begin("name");
    json.textAlsoEmpty("sandboxId", name.sandboxId());
    json.textAlsoEmpty("name", name.name());
    json.number("attempt", name.attempt());
    json.end();
  }

  private static void config(JsonText json, SandboxConfig config) {
    json.begin("config");
    json.text("hostname", config.hostname());
    json.text("logDirectory", config.logDirectory());
    dns(json, config.dns());
    portMappings(json, config.portMappings());
    json.texts("labels", config.labels());
    json.texts("annotations", config.annotations());
    json.text("cgroupParent", config.cgroupParent());
    json.texts("sysctls", config.sysctls());
    json.constant("network", config.network());
    json.constant("pid", config.pid());
    json.constant("ipc", config.ipc());
    json.truth("privileged", config.privileged());
    IdMappings user = config.user();
    if (user != null) {
      json.begin("user");
      range(json, "users", user.users());
      range(json, "groups", user.groups());
      json.end();
    }
    json.end();
  }

  private static void dns(JsonText json, @Nullable Dns dns) {
    if (dns == null) {
      return;
    }
    json.begin("dns");
    json.texts("servers", dns.servers());
    json.texts("searches", dns.searches());
    json.texts("options", dns.options());
    json.end();
  }

  private static void portMappings(JsonText json, List<PortMapping> mappings) {
    if (mappings.isEmpty()) {
      return;
    }
    json.beginList("portMappings");
    for (PortMapping each : mappings) {
      json.begin();
      json.textAlsoEmpty("protocol", each.protocol());
      json.number("containerPort", each.containerPort());
      json.number("hostPort", each.hostPort());
      json.textAlsoEmpty("hostIp", each.hostIp());
      json.end();
    }
    json.endList();
  }

  private static void range(JsonText json, String name, IdMappings.Range range) {
    json.begin(name);
    json.number("firstHostId", range.firstHostId());
    json.number("length", range.length());
    json.end();
  }

  private static void image(JsonText json, @Nullable ImageReference image) {
    if (image == null) {
      return;
    }
    json.begin("image");
    json.text("image", image.image());
    json.text("userSpecifiedImage", image.userSpecifiedImage());
    json.text("runtimeHandler", image.runtimeHandler());
    json.texts("annotations", image.annotations());
    json.end();
  }

  private static void user(JsonText json, User user) {
    json.begin("user");
    json.number("uid", user.uid());
    json.number("gid", user.gid());
    json.numbers("supplementalGroups", user.supplementalGroups());
    json.end();
  }

  private static void mounts(JsonText json, List<Mount> mounts) {
    if (mounts.isEmpty()) {
      return;
    }
    json.beginList("mounts");
    for (Mount each : mounts) {
      json.begin();
      json.text("containerPath", each.containerPath());
      json.text("hostPath", each.hostPath());
      json.truth("readonly", each.readonly());
      json.truth("recursiveReadOnly", each.recursiveReadOnly());
      json.truth("selinuxRelabel", each.selinuxRelabel());
      json.constant("propagation", each.propagation());
      image(json, each.image());
      json.text("imageId", each.imageId());
      json.text("imageSubPath", each.imageSubPath());
      json.end();
    }
    json.endList();
  }

  private static void resources(JsonText json, String name, @Nullable Resources resources) {
    if (resources == null) {
      return;
    }
    json.begin(name);
    json.numberUnlessZero("cpuPeriod", resources.cpuPeriod());
    json.numberUnlessZero("cpuQuota", resources.cpuQuota());
    json.numberUnlessZero("cpuShares", resources.cpuShares());
    json.numberUnlessZero("memoryLimitBytes", resources.memoryLimitBytes());
    json.numberUnlessZero("memorySwapLimitBytes", resources.memorySwapLimitBytes());
    json.numberUnlessZero("oomScoreAdj", resources.oomScoreAdj());
    json.text("cpusetCpus", resources.cpusetCpus());
    json.text("cpusetMems", resources.cpusetMems());
    json.numbers("hugepageLimits", resources.hugepageLimits());
    json.texts("unified", resources.unified());
    json.end();
  }
}
