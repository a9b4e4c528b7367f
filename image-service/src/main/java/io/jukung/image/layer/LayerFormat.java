package io.jukung.image.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.erofs.ErofsWriter;
import io.jukung.image.erofs.Inode;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import io.jukung.linux.mount.ErofsMount;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How an unpacked layer is kept. A store may have layers of both kinds. */
public enum LayerFormat {
  /** Files in a directory of the host's file system. */
  DIRECTORY,

  /** One file, an EROFS image, that is mounted while containers use it. */
  EROFS;

  private static final Logger log = LoggerFactory.getLogger(LayerFormat.class);
  private static final String PROBE = "erofs-probe";
  private static final String IMAGE = "image";

  /**
   * EROFS where this kernel mounts images from files in this directory, and overlayfs on them, with
   * one more overlayfs on that, which is a container's own. Else directories.
   *
   * @param temporary an existing directory of the store's
   */
  public static LayerFormat best(Path temporary) throws IOException {
    try {
      probe(temporary, /* nested= */ true);
      return EROFS;
    } catch (ErrnoException e) {
      log.info("layers become directories: {}", e.getMessage());
      return DIRECTORY;
    }
  }

  /**
   * Tries what containers will need.
   *
   * @throws ErrnoException where the kernel has not what the format takes
   */
  public void check(Path temporary) throws IOException {
    if (this == EROFS) {
      probe(temporary, /* nested= */ false);
    }
  }

  private static void probe(Path temporary, boolean nested) throws IOException {
    byte[] name = PROBE.getBytes(UTF_8);
    try (Fd parent = HostFile.openDirectory(temporary)) {
      DirectoryEntry.makeDirectory(parent, name, 0700);
      try {
        Path probe = temporary.resolve(PROBE);
        writeEmpty(probe);
        FreshThread.run("erofs-probe", () -> mountAll(probe, nested));
      } finally {
        TreeRemoval.remove(parent, name);
      }
    }
  }

  /** In mounts of the thread's own, so that nobody sees them and none is left. */
  private static void mountAll(Path probe, boolean nested) throws IOException {
    Path lower = Files.createDirectory(probe.resolve("lower"));
    Path merged = Files.createDirectory(probe.resolve("merged"));
    OverlayMount.ownMounts();
    try (Fd mount = ErofsMount.detached(probe.resolve(IMAGE))) {
      Mounts.attach(mount, lower);
    }
    try (Fd container = overlay(lower, probe, "container")) {
      Mounts.attach(container, merged);
    }
    if (nested) {
      overlay(merged, probe, "nested").close();
    }
  }

  private static Fd overlay(Path lower, Path probe, String name) throws IOException {
    Path upper = Files.createDirectory(probe.resolve(name + "-upper"));
    Path work = Files.createDirectory(probe.resolve(name + "-work"));
    return OverlayMount.detached(List.of(lower), upper, work);
  }

  private static void writeEmpty(Path directory) throws IOException {
    try (Fd parent = HostFile.openDirectory(directory);
        Fd file = DirectoryEntry.createFile(parent, IMAGE.getBytes(UTF_8), 0600);
        ErofsWriter writer = new ErofsWriter(file)) {
      writer.finish(Inode.directory());
    }
  }
}
