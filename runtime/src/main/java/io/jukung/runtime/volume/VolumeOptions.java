package io.jukung.runtime.volume;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.mount.FilesystemContext;
import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.MountAttributes;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.mount.Propagation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The options of a volume that is mounted: those of docker's driver {@code local}, whose words are
 * those of mount(8).
 *
 * @param type the file system, as in /proc/filesystems; empty for a bind mount
 * @param device what is mounted: a directory, a block device, or a share such as {@code :/export}
 * @param recursive for a bind mount: whether the mounts below the directory are in the volume, too
 * @param data options for the file system, as {@code name} or {@code name=value}
 */
record VolumeOptions(
    String type,
    String device,
    boolean recursive,
    Set<MountAttribute> attributes,
    List<String> data) {
  private static final Set<String> KNOWN = Set.of("type", "o", "device");

  /** More than any file system has options. */
  private static final int MAX_OPTIONS = 64;

  /** The longest value that the kernel takes (fsconfig(2)). */
  private static final int MAX_OPTION_LENGTH = 255;

  /** The option of NFS and CIFS with the server's address. */
  private static final String ADDRESS = "addr=";

  VolumeOptions {
    attributes = Set.copyOf(attributes);
    data = List.copyOf(data);
  }

  /**
   * Reads the options of a request.
   *
   * @throws IllegalArgumentException if they are no mount; the message names the option
   */
  static VolumeOptions parse(Map<String, String> options) {
    Set<String> unknown = new TreeSet<>(options.keySet());
    unknown.removeAll(KNOWN);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "the driver local has no option " + String.join(", ", unknown) + " (type, o, device)");
    }
    String device = options.getOrDefault("device", "");
    if (device.isEmpty()) {
      throw new IllegalArgumentException("the option device is missing");
    }
    String named = options.getOrDefault("type", "");
    boolean bind = named.isEmpty() || named.equals("none") || named.equals("bind");
    boolean recursive = false;
    Set<MountAttribute> attributes = EnumSet.noneOf(MountAttribute.class);
    List<String> data = new ArrayList<>();
    for (String word : words(options.getOrDefault("o", ""))) {
      switch (word) {
        case "bind" -> bind = true;
        case "rbind" -> {
          bind = true;
          recursive = true;
        }
        case "ro" -> attributes.add(MountAttribute.RDONLY);
        case "nosuid" -> attributes.add(MountAttribute.NOSUID);
        case "nodev" -> attributes.add(MountAttribute.NODEV);
        case "noexec" -> attributes.add(MountAttribute.NOEXEC);
        case "noatime" -> attributes.add(MountAttribute.NOATIME);
        case "nodiratime" -> attributes.add(MountAttribute.NODIRATIME);
        case "defaults", "rw", "suid", "dev", "exec", "relatime" -> {} // a new mount has them
        default -> data.add(word);
      }
    }
    if (bind && !data.isEmpty()) {
      throw new IllegalArgumentException("a bind mount has no option " + data.getFirst());
    }
    if (bind && !device.startsWith("/")) {
      throw new IllegalArgumentException(
          "the device of a bind mount is an absolute path, not \"" + device + "\"");
    }
    return new VolumeOptions(bind ? "" : named, device, recursive, attributes, data);
  }

  private static List<String> words(String option) {
    if (option.isEmpty()) {
      return List.of();
    }
    List<String> words = List.of(option.split(",", -1));
    if (words.size() > MAX_OPTIONS) {
      throw new IllegalArgumentException("o has more than " + MAX_OPTIONS + " options");
    }
    for (String each : words) {
      if (each.isEmpty() || each.startsWith("=") || each.length() > MAX_OPTION_LENGTH) {
        throw new IllegalArgumentException(
            "o has an option that is empty or longer than " + MAX_OPTION_LENGTH + " characters");
      }
    }
    return words;
  }

  boolean isBind() {
    return type.isEmpty();
  }

  /**
   * Makes the mount, attached nowhere.
   *
   * @throws IOException with the call of the kernel that failed
   */
  Fd mount() throws IOException {
    return isBind() ? bind() : fileSystem();
  }

  private Fd bind() throws IOException {
    Path directory = Path.of(device);
    Fd mount = recursive ? Mounts.cloneRecursive(directory) : Mounts.clone(directory);
    try {
      Mounts.changeRecursive(mount, MountAttributes.propagating(Propagation.PRIVATE));
      if (!attributes.isEmpty()) {
        Mounts.change(mount, MountAttributes.setting(attributes.toArray(MountAttribute[]::new)));
      }
      return mount;
    } catch (IOException e) {
      mount.close();
      throw e;
    }
  }

  private Fd fileSystem() throws IOException {
    try (FilesystemContext context = FilesystemContext.open(type)) {
      context.set("source", device);
      if (attributes.contains(MountAttribute.RDONLY)) {
        context.flag("ro");
      }
      for (String option : data) {
        int equals = option.indexOf('=');
        if (equals < 0) {
          context.flag(option);
        } else if (option.startsWith(ADDRESS)) {
          context.set("addr", address(option.substring(ADDRESS.length())));
        } else {
          context.set(option.substring(0, equals), option.substring(equals + 1));
        }
      }
      return context.mount(attributes.toArray(MountAttribute[]::new));
    }
  }

  /** The kernel takes addresses only; mount(8) would look the name up. */
  private static String address(String host) throws IOException {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IOException("look up the server of the option addr=" + host + ": not found", e);
    }
  }
}
