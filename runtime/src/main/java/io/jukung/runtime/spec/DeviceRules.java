package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.Device;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.cgroup.DeviceFilter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.runtime.cdi.CdiEdits;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which device files a container has, and which devices it may use. */
final class DeviceRules {
  private static final Path DEV = Path.of("/dev");
  private static final int DEFAULT_MODE = 0666;

  /** Why no file can have a path, in the words of strerror(3), which is all that the JDK says. */
  private static final Set<String> NO_PATH =
      Set.of("Not a directory", "Too many levels of symbolic links");

  /** Entries of /dev that contain no device, or of which the container has its own. */
  private static final Set<String> NOT_DEVICES =
      Set.of("pts", "shm", "mqueue", "fd", "hugepages", "console", ".lxc", ".lxd-mounts", ".udev");

  /** How deep a directory is searched for devices. Real /dev directories are not as deep. */
  private static final int MAX_DEPTH = 8;

  private static final int MAX_DEVICES = 10_000;

  private final Map<String, Spec.Device> devices = new LinkedHashMap<>();
  private final List<Spec.DeviceRule> rules = new ArrayList<>();

  private DeviceRules() {}

  /**
   * The devices of a container.
   *
   * @param devices the device files to make
   * @param rules the rules for the container's cgroup
   */
  record Result(List<Spec.Device> devices, List<Spec.DeviceRule> rules) {}

  /**
   * The devices of one container.
   *
   * @param requested the devices that the request names
   * @param described the device nodes of the requested CDI devices
   * @param privileged whether the container has all devices of the node
   */
  static Result of(List<Device> requested, List<CdiEdits.DeviceNode> described, boolean privileged)
      throws IOException {
    DeviceRules result = new DeviceRules();
    result.addDefaults();
    if (privileged) {
      result.rules.add(new Spec.DeviceRule(true, "a", null, null, "rwm"));
      result.addAll(DEV, DEV, "rwm", 0);
    }
    for (Device each : requested) {
      result.add(each);
    }
    for (CdiEdits.DeviceNode each : described) {
      result.add(each);
    }
    if (!privileged && result.rules.size() > DeviceFilter.MAX_RULES) {
      throw CriException.invalidArgument(
          "config.devices: there are more than "
              + DeviceFilter.MAX_RULES
              + " devices, which the device filter cannot hold");
    }
    return new Result(List.copyOf(result.devices.values()), List.copyOf(result.rules));
  }

  /** Adds the devices of config-linux.md "Default Devices", and the usual rules for terminals. */
  private void addDefaults() {
    rules.add(new Spec.DeviceRule(false, "a", null, null, "rwm"));
    // The container may make any device file, but needs another rule to use one.
    rules.add(new Spec.DeviceRule(true, "c", null, null, "m"));
    rules.add(new Spec.DeviceRule(true, "b", null, null, "m"));
    addDefault("null", 1, 3);
    addDefault("zero", 1, 5);
    addDefault("full", 1, 7);
    addDefault("random", 1, 8);
    addDefault("urandom", 1, 9);
    addDefault("tty", 5, 0);
    rules.add(new Spec.DeviceRule(true, "c", 5L, 1L, "rwm")); // console
    rules.add(new Spec.DeviceRule(true, "c", 5L, 2L, "rwm")); // ptmx
    rules.add(new Spec.DeviceRule(true, "c", 136L, null, "rwm")); // pts
    // VPN pods mount /dev/net/tun as a volume. Using it needs CAP_NET_ADMIN.
    rules.add(new Spec.DeviceRule(true, "c", 10L, 200L, "rwm"));
  }

  private void addDefault(String name, long major, long minor) {
    String path = "/dev/" + name;
    devices.put(path, new Spec.Device(path, "c", major, minor, DEFAULT_MODE, 0, 0));
    rules.add(new Spec.DeviceRule(true, "c", major, minor, "rwm"));
  }

  private void add(Device requested) throws IOException {
    String permissions = permissions("config.devices", requested.getPermissions());
    Path destination = destination("config.devices: container_path", requested.getContainerPath());
    Path source;
    try {
      source = Path.of(requested.getHostPath()).toRealPath();
    } catch (NoSuchFileException e) {
      throw CriException.invalidArgument(
          "config.devices: host_path \"" + requested.getHostPath() + "\" does not exist");
    } catch (FileSystemException e) {
      if (e.getReason() == null || !NO_PATH.contains(e.getReason())) {
        throw e;
      }
      throw CriException.invalidArgument(
          "config.devices: host_path \"" + requested.getHostPath() + "\": " + e.getReason());
    }
    if (Files.isDirectory(source)) {
      int before = devices.size();
      addAll(source, destination, permissions, 0);
      if (devices.size() == before) {
        throw CriException.invalidArgument(
            "config.devices: host_path \"" + requested.getHostPath() + "\" has no device in it");
      }
    } else if (!addOne(source, destination, permissions)) {
      throw CriException.invalidArgument(
          "config.devices: host_path \"" + requested.getHostPath() + "\" is not a device");
    }
  }

  private static String permissions(String field, String permissions) {
    if (permissions.isEmpty() || !permissions.chars().allMatch(c -> "rwm".indexOf(c) >= 0)) {
      throw CriException.invalidArgument(
          field + ": permissions \"" + permissions + "\" must be some of r, w and m");
    }
    return permissions;
  }

  private static Path destination(String field, String path) {
    Path destination = Path.of("/").resolve(path).normalize();
    if (!destination.startsWith(DEV) || destination.equals(DEV)) {
      throw CriException.invalidArgument(field + " \"" + path + "\" is not inside /dev");
    }
    return destination;
  }

  /** Adds a CDI device. What the CDI file does not specify is taken from the node's device file. */
  private void add(CdiEdits.DeviceNode node) throws IOException {
    String permissions =
        permissions("CDI device node " + node.path(), orElse(node.permissions(), "rwm"));
    Path destination = destination("CDI device node", node.path());
    String source = orElse(node.hostPath(), node.path());
    Spec.Device base = existing(source, destination);
    if (base == null) {
      base = described(node, source, destination);
    }
    put(
        new Spec.Device(
            destination.toString(),
            orElse(node.type(), base.type()),
            orElse(node.major(), base.major()),
            orElse(node.minor(), base.minor()),
            orElse(node.fileMode(), base.fileMode()),
            orElse(node.uid(), base.uid()),
            orElse(node.gid(), base.gid())),
        permissions);
  }

  /** The device file at this path of the node; null if there is none. */
  private static Spec.@Nullable Device existing(String source, Path destination)
      throws IOException {
    try {
      return device(Path.of(source).toRealPath(), destination);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static Spec.Device described(CdiEdits.DeviceNode node, String source, Path destination) {
    String type = node.type();
    Long major = node.major();
    Long minor = node.minor();
    if (type == null || major == null || minor == null) {
      throw CriException.failedPrecondition(
          "CDI device node " + source + " is not a device of this node");
    }
    return new Spec.Device(destination.toString(), type, major, minor, DEFAULT_MODE, 0, 0);
  }

  private static <T> T orElse(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }

  private void addAll(Path source, Path destination, String permissions, int depth)
      throws IOException {
    if (depth > MAX_DEPTH) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(source)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (Files.isSymbolicLink(entry) || (source.equals(DEV) && NOT_DEVICES.contains(name))) {
          continue;
        }
        if (Files.isDirectory(entry)) {
          addAll(entry, destination.resolve(name), permissions, depth + 1);
        } else {
          addOne(entry, destination.resolve(name), permissions);
        }
      }
    } catch (NoSuchFileException e) {
      return; // a directory of devices was removed
    }
  }

  private boolean addOne(Path source, Path destination, String permissions) throws IOException {
    Spec.Device device = device(source, destination);
    if (device == null) {
      return false;
    }
    put(device, permissions);
    return true;
  }

  private void put(Spec.Device device, String permissions) throws IOException {
    if (devices.size() >= MAX_DEVICES) {
      throw new IOException(
          "add device " + device.path() + ": the container has " + MAX_DEVICES + " devices");
    }
    devices.put(device.path(), device);
    rules.add(
        new Spec.DeviceRule(true, device.type(), device.major(), device.minor(), permissions));
  }

  /** The device file as it is on the node; null if the file is not a device, or does not exist. */
  private static Spec.@Nullable Device device(Path source, Path destination) throws IOException {
    FileStatus status;
    Path parent = source.getParent();
    if (parent == null) {
      return null;
    }
    try (Fd directory = HostFile.openDirectory(parent);
        Fd node = Openat2.openPathNoFollow(directory, String.valueOf(source.getFileName()))) {
      status = FileStatus.of(node);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return null; // drivers add and remove devices at any time
      }
      throw new IOException("examine device " + source + ": " + e.getMessage(), e);
    }
    String type;
    if (status.type() == FileType.CHARACTER_DEVICE) {
      type = "c";
    } else if (status.type() == FileType.BLOCK_DEVICE) {
      type = "b";
    } else {
      return null;
    }
    return new Spec.Device(
        destination.toString(),
        type,
        status.deviceMajor(),
        status.deviceMinor(),
        status.mode(),
        status.uid(),
        status.gid());
  }
}
