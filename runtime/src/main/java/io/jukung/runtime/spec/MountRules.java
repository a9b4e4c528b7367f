package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.IDMapping;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.linux.lsm.FileLabels;
import io.jukung.linux.lsm.SelinuxLabel;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.cdi.CdiEdits;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides what is mounted in a container: the usual file systems, and the request's mounts. */
public final class MountRules {
  private static final Path PROC = Path.of("/proc");
  private static final Path DEV = Path.of("/dev");

  /**
   * The files of /proc on which a file may be mounted, so that tools see a container's limits as
   * the machine (LXCFS). They are the ones that runc allows: nothing that protects the node depends
   * on them.
   */
  private static final Set<Path> MOUNTABLE_IN_PROC =
      Stream.of(
              "cpuinfo",
              "diskstats",
              "loadavg",
              "meminfo",
              "slabinfo",
              "stat",
              "swaps",
              "uptime",
              "sys/crypto/fips_enabled",
              "sys/kernel/ns_last_pid")
          .map(PROC::resolve)
          .collect(Collectors.toUnmodifiableSet());

  /** The options that {@code Mount.mount_options} may have. */
  private static final Set<String> MORE_OPTIONS = Set.of("noexec", "nodev", "nosuid");

  /**
   * Directories of the node that are never relabelled, as the node's services need their labels.
   */
  private static final List<Path> NEVER_RELABELLED =
      Stream.of("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr")
          .map(Path.of("/")::resolve)
          .toList();

  private final StatePaths paths;

  MountRules(StatePaths paths) {
    this.paths = paths;
  }

  /**
   * Facts on which the mounts depend, besides the requested mounts.
   *
   * @param label the SELinux label of the container's files
   */
  record Facts(
      String sandboxId,
      boolean privileged,
      boolean readonlyRoot,
      boolean hostIpc,
      Optional<IdMappings> ids,
      Optional<String> label) {}

  /**
   * All mounts of a container, each parent before the mounts inside it. Sources of the request that
   * do not exist are created as directories. Sources that belong to the pod or the container get
   * the container's label.
   *
   * @param requested the mounts of the request
   * @param described the mounts of the requested CDI devices
   * @param volumes mounts that come from images
   */
  List<Spec.Mount> of(
      List<Mount> requested, List<CdiEdits.Mount> described, List<Spec.Mount> volumes, Facts facts)
      throws IOException {
    List<Spec.Mount> result = new ArrayList<>();
    Set<Path> overridden =
        requested.stream().map(MountRules::destination).collect(Collectors.toSet());
    for (Spec.Mount each : defaults(facts)) {
      Path destination = Path.of(each.destination());
      boolean belowOwnDev = overridden.contains(DEV) && destination.startsWith(DEV);
      if (!overridden.contains(destination) && !belowOwnDev) {
        result.add(each);
      }
    }
    result.addAll(volumes);
    if (facts.label().isPresent()) {
      labelOwn(result, facts);
    }
    for (Mount each : requested) {
      checkMappings(each, facts.ids());
      if (!isImage(each)) {
        result.add(bind(each, facts));
      }
    }
    for (CdiEdits.Mount each : described) {
      result.add(bind(each));
    }
    // The sort is stable: of two mounts on one target the later one covers the earlier one.
    result.sort((first, second) -> Integer.compare(depth(first), depth(second)));
    return result;
  }

  private static int depth(Spec.Mount mount) {
    return Path.of(mount.destination()).getNameCount();
  }

  private List<Spec.Mount> defaults(Facts facts) {
    String writable = facts.privileged() ? "rw" : "ro";
    String sandbox = facts.sandboxId();
    return List.of(
        new Spec.Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
        new Spec.Mount(
            "/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
        new Spec.Mount(
            "/dev/pts",
            "devpts",
            "devpts",
            List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
        new Spec.Mount("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
        new Spec.Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", writable)),
        new Spec.Mount(
            "/sys/fs/cgroup",
            "cgroup2",
            "cgroup",
            List.of("nosuid", "noexec", "nodev", "relatime", writable)),
        new Spec.Mount(
            "/dev/shm",
            "bind",
            facts.hostIpc() ? "/dev/shm" : paths.shm(sandbox).toString(),
            List.of("rbind", "rprivate", "nosuid", "nodev", "noexec", "rw")),
        file("/etc/hosts", paths.hosts(sandbox), facts),
        file("/etc/hostname", paths.hostname(sandbox), facts),
        file("/etc/resolv.conf", paths.resolvConf(sandbox), facts));
  }

  private static Spec.Mount file(String destination, Path source, Facts facts) {
    return new Spec.Mount(
        destination,
        "bind",
        source.toString(),
        List.of("rbind", "rprivate", facts.readonlyRoot() ? "ro" : "rw"));
  }

  /** Labels the sandbox's files and shared memory, and the volumes that the image declares. */
  private void labelOwn(List<Spec.Mount> mounts, Facts facts) throws IOException {
    String label = facts.label().orElseThrow();
    for (Spec.Mount each : mounts) {
      boolean isNodes = facts.hostIpc() && each.destination().equals("/dev/shm");
      boolean isShared = each.source().equals(paths.emptyDirectory().toString());
      if (each.type().equals("bind") && !isNodes && !isShared) {
        FileLabels.set(Path.of(each.source()), label);
      }
    }
  }

  private Spec.Mount bind(Mount mount, Facts facts) throws IOException {
    if (!mount.getImageSubPath().isEmpty()) {
      throw invalid(mount, "image_sub_path without an image");
    }
    Path destination = destination(mount);
    boolean isPrivate = mount.getPropagation() == MountPropagation.PROPAGATION_PRIVATE;
    if (mount.getRecursiveReadOnly() && !(mount.getReadonly() && isPrivate)) {
      throw invalid(mount, "recursive_read_only takes readonly and private propagation");
    }
    Path source = source(mount);
    relabel(mount, source, facts);
    String access = mount.getRecursiveReadOnly() ? "rro" : mount.getReadonly() ? "ro" : "rw";
    List<String> options = new ArrayList<>(List.of("rbind", propagation(mount, source), access));
    if (mount.getUidMappingsCount() > 0 || mount.getGidMappingsCount() > 0) {
      options.add("ridmap");
    }
    options.addAll(moreOptions(mount));
    return new Spec.Mount(destination.toString(), "bind", source.toString(), options);
  }

  /**
   * The options that take something from a mount. Others would contradict the request's fields.
   *
   * @throws CriException INVALID_ARGUMENT if there are others
   */
  public static List<String> moreOptions(Mount mount) {
    for (String option : mount.getMountOptionsList()) {
      if (!MORE_OPTIONS.contains(option)) {
        throw invalid(
            mount,
            "mount_options has \"" + option + "\", which is none of noexec, nodev and nosuid");
      }
    }
    return mount.getMountOptionsList().stream().distinct().toList();
  }

  /** A mount that a CDI file describes. The source must exist: the vendor has installed it. */
  private static Spec.Mount bind(CdiEdits.Mount mount) throws IOException {
    String purpose = "CDI mount of \"" + mount.hostPath() + "\" on \"" + mount.containerPath();
    Path destination = Path.of("/").resolve(mount.containerPath()).normalize();
    if (destination.getNameCount() == 0 || !mayBeMountedOn(destination)) {
      throw CriException.failedPrecondition(
          purpose + "\": it would hide the root or /proc of the container");
    }
    try {
      List<String> options = new ArrayList<>(mount.options());
      if (!options.contains("bind")) {
        options.add("rbind");
      }
      String source = Path.of(mount.hostPath()).toRealPath().toString();
      return new Spec.Mount(destination.toString(), "bind", source, options);
    } catch (NoSuchFileException e) {
      throw CriException.failedPrecondition(purpose + "\": the source does not exist");
    }
  }

  /** Labels the source if the request asks for this and the container has an SELinux label. */
  private void relabel(Mount mount, Path source, Facts facts) throws IOException {
    if (!mount.getSelinuxRelabel() || facts.label().isEmpty()) {
      return;
    }
    if (source.getNameCount() < 2 || NEVER_RELABELLED.stream().anyMatch(source::startsWith)) {
      throw invalid(mount, "selinux_relabel would change the labels of the node's own files");
    }
    FileLabels.set(source, labelOf(source, facts.label().get()));
  }

  /**
   * The label for the source of a mount. Volumes with a name are for several containers: the
   * categories of one pod would take the volume from the others.
   *
   * @param source a real path
   * @param own the label of the container's files
   */
  String labelOf(Path source, String own) throws IOException {
    return source.startsWith(paths.volumes().toRealPath())
        ? SelinuxLabel.parse(own).map(each -> each.withoutCategories().toString()).orElse(own)
        : own;
  }

  /** kubelet requests the pod's own mappings for each volume. Image volumes always have them. */
  private static void checkMappings(Mount mount, Optional<IdMappings> ids) {
    if (mount.getUidMappingsCount() == 0 && mount.getGidMappingsCount() == 0) {
      return;
    }
    List<IDMapping> users =
        ids.stream().map(each -> UserNamespaceOption.mapping(each.users())).toList();
    List<IDMapping> groups =
        ids.stream().map(each -> UserNamespaceOption.mapping(each.groups())).toList();
    if (!mount.getUidMappingsList().equals(users) || !mount.getGidMappingsList().equals(groups)) {
      throw invalid(mount, "its id mappings are not those of the pod's user namespace");
    }
  }

  /** Whether the mount's source is an image. */
  public static boolean isImage(Mount mount) {
    return !mount.getImage().equals(ImageSpec.getDefaultInstance());
  }

  /**
   * The normalized target in the container.
   *
   * @throws CriException INVALID_ARGUMENT if it is the root, or inside /proc and none of the files
   *     on which a file may be mounted
   */
  public static Path destination(Mount mount) {
    if (mount.getContainerPath().isEmpty()) {
      throw CriException.invalidArgument("config.mounts: container_path is empty");
    }
    Path destination = Path.of("/").resolve(mount.getContainerPath()).normalize();
    if (destination.getNameCount() == 0) {
      throw invalid(mount, "a container's root cannot be mounted on");
    }
    if (!mayBeMountedOn(destination)) {
      throw invalid(
          mount, "nothing can be mounted inside /proc, except on files such as /proc/meminfo");
    }
    return destination;
  }

  /** Whether a mount on this path leaves /proc a view of the kernel. */
  static boolean mayBeMountedOn(Path destination) {
    return !destination.startsWith(PROC) || MOUNTABLE_IN_PROC.contains(destination);
  }

  /** The real path of the source, which is created as a directory if it does not exist. */
  private static Path source(Mount mount) throws IOException {
    Path path = Path.of(mount.getHostPath());
    if (!path.isAbsolute()) {
      throw invalid(mount, "host_path is not absolute");
    }
    try {
      return path.toRealPath();
    } catch (NoSuchFileException e) {
      try {
        return Files.createDirectories(path).toRealPath();
      } catch (FileAlreadyExistsException dangling) {
        throw invalid(mount, "host_path is a dangling symbolic link");
      }
    } catch (FileSystemException e) { // below a file, or a loop of links
      throw invalid(mount, "host_path: " + e.getReason());
    }
  }

  private static String propagation(Mount mount, Path source) throws IOException {
    return switch (mount.getPropagation()) {
      case PROPAGATION_PRIVATE -> "rprivate";
      case PROPAGATION_HOST_TO_CONTAINER -> {
        Optional<MountinfoLine> on = MountTable.read().containing(source);
        if (on.filter(each -> each.isShared() || each.isSlave()).isEmpty()) {
          throw refused(mount, on, "a shared or slave mount");
        }
        yield "rslave";
      }
      case PROPAGATION_BIDIRECTIONAL -> {
        Optional<MountinfoLine> on = MountTable.read().containing(source);
        if (on.filter(MountinfoLine::isShared).isEmpty()) {
          throw refused(mount, on, "a shared mount");
        }
        yield "rshared";
      }
      case UNRECOGNIZED -> throw CriException.unimplementedField("config.mounts.propagation");
    };
  }

  private static CriException refused(Mount mount, Optional<MountinfoLine> on, String needed) {
    return CriException.failedPrecondition(
        describe(mount)
            + ": its propagation needs "
            + needed
            + ", and "
            + on.map(MountinfoLine::mountPoint).orElse("its mount")
            + " is none");
  }

  private static CriException invalid(Mount mount, String why) {
    return CriException.invalidArgument(describe(mount) + ": " + why);
  }

  private static String describe(Mount mount) {
    return "config.mounts: mount of \""
        + mount.getHostPath()
        + "\" on \""
        + mount.getContainerPath()
        + "\"";
  }
}
