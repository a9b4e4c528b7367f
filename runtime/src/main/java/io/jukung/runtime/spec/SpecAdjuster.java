package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.linux.cgroup.DeviceFilter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Changes a specification that is built already, as plugins ask for it. What a request may not ask
 * for is refused here, too. For one thread.
 */
public final class SpecAdjuster {
  private static final Set<String> MOUNT_TYPES = Set.of("bind", "tmpfs");
  private static final Set<String> DEVICE_TYPES = Set.of("c", "b", "u", "p");

  /** The namespaces that a container may share with others than its pod. */
  private static final Set<String> NAMESPACES = Set.of("network", "ipc", "uts", "cgroup");

  private final String who;
  private Spec.Process process;
  private List<Spec.Mount> mounts;
  private final Map<String, String> annotations;
  private Spec.Linux linux;
  private final Spec spec;

  /**
   * @param who asks for the changes, for error texts
   */
  public SpecAdjuster(Spec spec, String who) {
    this.spec = spec;
    this.who = who;
    this.process = spec.process();
    this.mounts = new ArrayList<>(spec.mounts());
    this.annotations = new LinkedHashMap<>(spec.annotations());
    this.linux = spec.linux();
  }

  /** The changed specification. */
  public Spec result() {
    // The sort is stable: of two mounts on one target the later one covers the earlier one.
    mounts.sort(Comparator.comparingInt(each -> Path.of(each.destination()).getNameCount()));
    Spec result =
        new Spec(
            spec.ociVersion(),
            process,
            spec.root(),
            spec.hostname(),
            mounts,
            annotations,
            linux,
            spec.hooks());
    SpecBuilder.refuseZeroBytes(result);
    return result;
  }

  public SpecAdjuster annotation(String key, @Nullable String value) {
    if (value == null) {
      annotations.remove(key);
    } else {
      annotations.put(key, value);
    }
    return this;
  }

  public SpecAdjuster args(List<String> args) {
    if (args.isEmpty() || args.getFirst().isEmpty()) {
      throw refused("args", "the command is empty");
    }
    process = process.with(args, process.env(), process.rlimits());
    return this;
  }

  /** Sets a variable; null takes it away. */
  public SpecAdjuster env(String name, @Nullable String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw refused("env \"" + name + "\"", "this is not the name of a variable");
    }
    List<String> env = new ArrayList<>(process.env());
    int at = indexOf(env, name);
    if (value == null) {
      if (at >= 0) {
        env.remove(at);
      }
    } else if (at >= 0) {
      env.set(at, name + "=" + value);
    } else {
      env.add(name + "=" + value);
    }
    process = process.with(process.args(), env, process.rlimits());
    return this;
  }

  private static int indexOf(List<String> env, String name) {
    for (int i = 0; i < env.size(); i++) {
      if (env.get(i).startsWith(name + "=")) {
        return i;
      }
    }
    return -1;
  }

  /** Sets a limit of setrlimit(2). */
  public SpecAdjuster rlimit(Spec.Rlimit limit) {
    if (!Rlimits.NAMES.contains(limit.type())) {
      throw refused("rlimits \"" + limit.type() + "\"", "there is no such limit");
    }
    if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
      throw refused("rlimits " + limit.type(), "the soft limit is above the hard limit");
    }
    List<Spec.Rlimit> rlimits = new ArrayList<>(process.rlimits());
    rlimits.removeIf(each -> each.type().equals(limit.type()));
    rlimits.add(limit);
    process = process.with(process.args(), process.env(), rlimits);
    return this;
  }

  public SpecAdjuster oomScoreAdj(long score) {
    if (score < -1000 || score > 1000) {
      throw refused("linux.oom_score_adj " + score, "it is not in -1000 to 1000");
    }
    process = process.withOomScoreAdj((int) score);
    return this;
  }

  public SpecAdjuster removeMount(String destination) {
    Path target = target(destination);
    mounts.removeIf(each -> Path.of(each.destination()).equals(target));
    return this;
  }

  /** Adds a mount in place of those with its destination. */
  public SpecAdjuster mount(Spec.Mount mount) {
    String field = "mounts \"" + mount.destination() + "\"";
    Path target = target(mount.destination());
    boolean binds =
        mount.type().equals("bind")
            || mount.options().contains("bind")
            || mount.options().contains("rbind");
    String type = binds ? "bind" : mount.type();
    if (!MOUNT_TYPES.contains(type)) {
      throw refused(field, "the type \"" + mount.type() + "\" is not bind or tmpfs");
    }
    if (binds && !isCleanPath(mount.source())) {
      throw refused(field, "the source \"" + mount.source() + "\" is not an absolute path");
    }
    List<String> options = new ArrayList<>(mount.options());
    if (binds && !options.contains("rbind") && !options.contains("bind")) {
      options.add("rbind");
    }
    removeMount(mount.destination());
    mounts.add(new Spec.Mount(target.toString(), type, mount.source(), options));
    return this;
  }

  private Path target(String destination) {
    String field = "mounts \"" + destination + "\"";
    if (destination.indexOf('\0') >= 0) {
      throw refused("mounts", "a path contains a zero byte");
    }
    Path target = Path.of("/").resolve(destination).normalize();
    if (target.getNameCount() == 0) {
      throw refused(field, "a container's root cannot be mounted on");
    }
    if (!MountRules.mayBeMountedOn(target)) {
      throw refused(field, "nothing can be mounted inside /proc, except on files like meminfo");
    }
    return target;
  }

  private static boolean isCleanPath(String path) {
    return path.startsWith("/") && path.indexOf('\0') < 0;
  }

  public SpecAdjuster removeDevice(String path) {
    List<Spec.Device> devices = new ArrayList<>(linux.devices());
    devices.removeIf(each -> each.path().equals(path));
    linux = linux.withDevices(devices);
    return this;
  }

  /** Adds a device, which the container may use. */
  public SpecAdjuster device(Spec.Device device) {
    String field = "linux.devices \"" + device.path() + "\"";
    if (!isCleanPath(device.path())) {
      throw refused(field, "the path is not absolute");
    }
    Path path = Path.of(device.path()).normalize();
    if (!path.startsWith("/dev") || path.getNameCount() < 2) {
      throw refused(field, "the path is not inside /dev");
    }
    if (!DEVICE_TYPES.contains(device.type())) {
      throw refused(field, "the type \"" + device.type() + "\" is not c, b, u or p");
    }
    removeDevice(path.toString());
    List<Spec.Device> devices = new ArrayList<>(linux.devices());
    devices.add(
        new Spec.Device(
            path.toString(),
            device.type(),
            device.major(),
            device.minor(),
            device.fileMode() & 07777,
            device.uid(),
            device.gid()));
    linux = linux.withDevices(devices);
    return device.type().equals("p")
        ? this
        : deviceRule(
            new Spec.DeviceRule(
                true,
                device.type().equals("b") ? "b" : "c",
                device.major(),
                device.minor(),
                "rwm"));
  }

  /** Adds a rule, which counts more than those before it. */
  public SpecAdjuster deviceRule(Spec.DeviceRule rule) {
    if (!Set.of("a", "b", "c").contains(rule.type())
        || rule.access().isEmpty()
        || !rule.access().chars().allMatch(c -> "rwm".indexOf(c) >= 0)) {
      throw refused("linux.resources.devices", "a rule has a wrong type or access");
    }
    Spec.Resources old = linux.resources();
    List<Spec.DeviceRule> rules = new ArrayList<>(old.devices());
    rules.add(rule);
    if (rules.size() > DeviceFilter.MAX_RULES) {
      throw refused("linux.devices", "there are more than " + DeviceFilter.MAX_RULES + " rules");
    }
    linux =
        linux.withResources(
            new Spec.Resources(rules, old.memory(), old.cpu(), old.pids(), old.unified()));
    return this;
  }

  /** Replaces the limits; the device rules stay. */
  public SpecAdjuster limits(Spec.Resources limits) {
    linux =
        linux.withResources(
            new Spec.Resources(
                linux.resources().devices(),
                limits.memory(),
                limits.cpu(),
                limits.pids(),
                limits.unified()));
    return this;
  }

  /**
   * Replaces the namespace of this type.
   *
   * @param path the namespace to join; empty for a new one; null for that of the node
   */
  public SpecAdjuster namespace(String type, @Nullable String path) {
    String field = "linux.namespaces \"" + type + "\"";
    if (!NAMESPACES.contains(type)) {
      throw refused(field, "only network, ipc, uts and cgroup can be changed");
    }
    if (path != null && !path.isEmpty() && !isCleanPath(path)) {
      throw refused(field, "the path is not absolute");
    }
    if (type.equals("cgroup") && path != null && !path.isEmpty()) {
      throw refused(field, "a container cannot join another cgroup namespace");
    }
    List<Spec.Namespace> namespaces = new ArrayList<>(linux.namespaces());
    namespaces.removeIf(each -> each.type().equals(type));
    if (path != null) {
      namespaces.add(new Spec.Namespace(type, path.isEmpty() ? null : path));
    }
    linux = linux.withNamespaces(namespaces);
    return this;
  }

  public SpecAdjuster seccomp(Spec.Seccomp profile) {
    linux = linux.withSeccomp(profile);
    return this;
  }

  private CriException refused(String field, String why) {
    return CriException.invalidArgument(who + ": " + field + ": " + why);
  }

  /** The names of setrlimit(2). */
  private static final class Rlimits {
    private static final Set<String> NAMES =
        new LinkedHashSet<>(
            List.of(
                "RLIMIT_AS",
                "RLIMIT_CORE",
                "RLIMIT_CPU",
                "RLIMIT_DATA",
                "RLIMIT_FSIZE",
                "RLIMIT_LOCKS",
                "RLIMIT_MEMLOCK",
                "RLIMIT_MSGQUEUE",
                "RLIMIT_NICE",
                "RLIMIT_NOFILE",
                "RLIMIT_NPROC",
                "RLIMIT_RSS",
                "RLIMIT_RTPRIO",
                "RLIMIT_RTTIME",
                "RLIMIT_SIGPENDING",
                "RLIMIT_STACK"));

    private Rlimits() {}
  }
}
