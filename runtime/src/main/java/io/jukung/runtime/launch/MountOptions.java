package io.jukung.runtime.launch;

import io.jukung.linux.mount.MountAttribute;
import io.jukung.linux.mount.Propagation;
import io.jukung.runtime.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The options of one OCI mount, sorted into attributes of the mount, its propagation, and options
 * of the file system (config.md "Mounts", mount_setattr(2)).
 *
 * @param attributes the MOUNT_ATTR_* flags
 * @param recursiveReadOnly {@code rro}: every mount of the tree becomes read-only
 * @param recursiveBind {@code rbind}
 * @param mapIds {@code ridmap}: the tree's ids are shown as the container's user namespace maps
 *     them
 * @param propagation MS_PRIVATE, MS_SLAVE or MS_SHARED
 * @param recursivePropagation whether the propagation also applies to the mounts below
 * @param subdirectory the directory of the file system that is mounted (libmount's option {@code
 *     X-mount.subdir}); empty for the whole file system
 * @param data options for the file system, as {@code name} or {@code name=value}
 */
record MountOptions(
    long attributes,
    boolean recursiveReadOnly,
    boolean recursiveBind,
    boolean mapIds,
    long propagation,
    boolean recursivePropagation,
    Optional<String> subdirectory,
    List<String> data) {
  static final long RDONLY = MountAttribute.RDONLY.bit();
  static final long NOSUID = MountAttribute.NOSUID.bit();
  static final long NODEV = MountAttribute.NODEV.bit();
  static final long NOEXEC = MountAttribute.NOEXEC.bit();
  static final long NOATIME = MountAttribute.NOATIME.bit();
  static final long STRICTATIME = MountAttribute.STRICTATIME.bit();
  static final long NODIRATIME = MountAttribute.NODIRATIME.bit();

  static final long MS_PRIVATE = Propagation.PRIVATE.flag();
  static final long MS_SLAVE = Propagation.SLAVE.flag();
  static final long MS_SHARED = Propagation.SHARED.flag();

  static MountOptions parse(List<String> words) {
    long attributes = 0;
    boolean recursiveReadOnly = false;
    boolean recursiveBind = false;
    boolean mapIds = false;
    long propagation = MS_PRIVATE;
    boolean recursivePropagation = true;
    Optional<String> subdirectory = Optional.empty();
    List<String> data = new ArrayList<>();
    for (String word : words) {
      switch (word) {
        case "ro" -> attributes |= RDONLY;
        case "rro" -> recursiveReadOnly = true;
        case "nosuid" -> attributes |= NOSUID;
        case "nodev" -> attributes |= NODEV;
        case "noexec" -> attributes |= NOEXEC;
        case "noatime" -> attributes |= NOATIME;
        case "strictatime" -> attributes |= STRICTATIME;
        case "nodiratime" -> attributes |= NODIRATIME;
        case "rw", "suid", "dev", "exec", "relatime", "bind" -> {} // the defaults of a new mount
        case "rbind" -> recursiveBind = true;
        case "ridmap" -> mapIds = true;
        case "private", "slave", "shared" -> {
          propagation = propagation(word);
          recursivePropagation = false;
        }
        case "rprivate", "rslave", "rshared" -> propagation = propagation(word.substring(1));
        default -> {
          if (word.startsWith(Spec.Mount.SUBDIRECTORY)) {
            subdirectory = Optional.of(word.substring(Spec.Mount.SUBDIRECTORY.length()));
          } else {
            data.add(word);
          }
        }
      }
    }
    return new MountOptions(
        attributes,
        recursiveReadOnly,
        recursiveBind,
        mapIds,
        propagation,
        recursivePropagation,
        subdirectory,
        data);
  }

  private static long propagation(String word) {
    return switch (word) {
      case "private" -> MS_PRIVATE;
      case "slave" -> MS_SLAVE;
      case "shared" -> MS_SHARED;
      default -> throw new IllegalArgumentException("there is no mount propagation " + word);
    };
  }
}
