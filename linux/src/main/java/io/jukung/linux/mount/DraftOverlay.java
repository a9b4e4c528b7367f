package io.jukung.linux.mount;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An overlay mount for changes that are made before the first process uses the layers. Closing an
 * ordinary overlay mount waits until the whole file system of its writable directory has been
 * written to the disk, which takes long while others write to it. Closing this mount waits for
 * nothing ("Volatile mount" in Documentation/filesystems/overlayfs.rst): a power cut may take the
 * changes. It is attached nowhere, like every mount of {@link OverlayMount}.
 *
 * <p>The kernel refuses to mount the directories again until a mark in the work directory is
 * removed, which {@link #close} does. If the process is killed before that, the directories can
 * only be deleted.
 */
public final class DraftOverlay implements AutoCloseable {
  /** The kernel has a directory "work" in the work directory, and its mark below that. */
  private static final Path KERNELS_WORK = Path.of("work");

  private static final byte[] MARK = "incompat".getBytes(StandardCharsets.UTF_8);

  private final Fd root;
  private final Path work;

  private DraftOverlay(Fd root, Path work) {
    this.root = root;
    this.work = work;
  }

  /** Mounts as {@link OverlayMount#detached} does. */
  public static DraftOverlay mount(List<Path> lowersTopFirst, Path upper, Path work)
      throws IOException {
    return new DraftOverlay(OverlayMount.mount(layers(lowersTopFirst, upper, work)), work);
  }

  /** Mounts as {@link OverlayMount#detachedIn} does. */
  public static DraftOverlay mountIn(
      Fd userNamespace, List<Path> lowersTopFirst, Path upper, Path work) throws IOException {
    return new DraftOverlay(
        OverlayMount.mountIn(userNamespace, layers(lowersTopFirst, upper, work)), work);
  }

  private static OverlayMount.Layers layers(List<Path> lowersTopFirst, Path upper, Path work) {
    return new OverlayMount.Layers(lowersTopFirst, Optional.of(upper), Optional.of(work), true);
  }

  /** The mount, which stays this object's. */
  public Fd root() {
    return root;
  }

  @Override
  public void close() throws IOException {
    root.close();
    try (Fd kernels = HostFile.openDirectory(work.resolve(KERNELS_WORK))) {
      TreeRemoval.remove(kernels, MARK);
    }
  }
}
