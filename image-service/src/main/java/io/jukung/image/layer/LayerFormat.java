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

/** How an unpacked layer is stored. A store can have layers of both formats. */
public enum LayerFormat {
  /** Files in a directory of the host's file system. */
  DIRECTORY,

  /** One file with an EROFS image, which is mounted when a container first uses the layer. */
  EROFS;

  private static final Logger log = LoggerFactory.getLogger(LayerFormat.class);
  private static final String PROBE = "erofs-probe";
  private static final String IMAGE = "image";

  /**
   * Chooses EROFS if this kernel can mount images from files in this directory, overlayfs on such a
   * mount, and another overlayfs on that, as a container may do. Chooses directories otherwise.
   *
   * @param temporary an existing directory of the store
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
   * Checks that this node can mount layers of the format, by mounting an empty one.
   *
   * @throws ErrnoException if the kernel does not support what the format needs
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

  /**
   * Mounts in a mount namespace of the thread, so that nobody sees the mounts and they end with the
   * thread.
   */
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
