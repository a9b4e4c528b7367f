package io.jukung.image.copy;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The extended attributes of a file that belong to it wherever it is. */
final class FileAttributeCopy {
  private FileAttributeCopy() {}

  /** Security labels and the attributes of overlayfs belong to the host. */
  private static boolean isKept(String name) {
    return (name.startsWith("user.") && !name.startsWith("user.overlay."))
        || name.equals("security.capability")
        || name.startsWith("system.posix_acl_");
  }

  /** Reads the attributes, in the order of their names. */
  static Map<String, byte[]> of(Fd file) throws ErrnoException {
    Map<String, byte[]> kept = new TreeMap<>();
    try {
      for (String name : ExtendedAttributes.list(file)) {
        Optional<byte[]> value =
            isKept(name) ? ExtendedAttributes.get(file, name) : Optional.empty();
        value.ifPresent(bytes -> kept.put(name, bytes));
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.EOPNOTSUPP)) {
        throw e;
      }
    }
    return kept;
  }

  /** Gives the attributes to another file. */
  static void copy(Fd from, Fd to) throws ErrnoException {
    for (Map.Entry<String, byte[]> each : of(from).entrySet()) {
      ExtendedAttributes.set(to, each.getKey(), each.getValue());
    }
  }
}
