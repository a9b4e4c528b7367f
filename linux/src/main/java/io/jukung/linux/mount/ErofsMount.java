package io.jukung.linux.mount;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import java.nio.file.Path;

/**
 * Mounts EROFS images directly from their files (Linux 6.12, Documentation/filesystems/erofs.rst).
 */
public final class ErofsMount {
  /** EROFS_SUPER_MAGIC_V1 of linux/magic.h. */
  private static final long MAGIC = 0xE0F5E1E2L;

  private ErofsMount() {}

  /**
   * Makes a read-only mount that is attached nowhere.
   *
   * @throws ErrnoException ENODEV if the kernel has no EROFS, ENOTBLK if it cannot mount files,
   *     EINVAL or EUCLEAN if the file is not an image
   */
  public static Fd detached(Path image) throws ErrnoException {
    if (OverlayMount.bytes(image.toString()) <= FilesystemContext.MAX_VALUE_BYTES) {
      return mount(image.toString());
    }
    try (Fd file = HostFile.open(image.toString(), OpenFlags.O_RDONLY, 0)) {
      return detached(file);
    }
  }

  /** As {@link #detached(Path)}, of an open image, which may have been renamed. */
  public static Fd detached(Fd image) throws ErrnoException {
    return mount(image.procPath());
  }

  private static Fd mount(String source) throws ErrnoException {
    try (FilesystemContext context = FilesystemContext.open("erofs")) {
      context.set("source", source);
      context.flag("ro");
      return context.mount(MountAttribute.RDONLY, MountAttribute.NOSUID, MountAttribute.NODEV);
    }
  }

  /** Whether an open file is on an EROFS file system. */
  public static boolean holds(Fd file) throws ErrnoException {
    return (FilesystemStatus.of(file).magic() & 0xFFFF_FFFFL) == MAGIC;
  }
}
