package io.jukung.linux.mount;

import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNS;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes overlay mounts that are attached nowhere (Documentation/filesystems/overlayfs.rst), of
 * read-only layers and a writable directory above them.
 *
 * <p>Each layer is one {@code lowerdir+} option, so the limit of one option string applies neither
 * to their number nor to the length of their paths. Kernels before 6.5 have no {@code lowerdir+}.
 * There the mount is made by mount(2) in a mount namespace that ends at once, and a clone of it is
 * returned.
 */
public final class OverlayMount {
  /**
   * With an index, a second mount of the same upper directory would fail, and a previous one may
   * still be ending. Metadata-only copies are off, because layers that are not trusted could use
   * them to show other files.
   */
  private static final List<String> FIXED_OPTIONS = List.of("index=off", "metacopy=off");

  private OverlayMount() {}

  /**
   * Mounts layers with a writable directory above them.
   *
   * @param lowersTopFirst the read-only layers, at least one
   * @param upper the directory that receives all changes, on the same file system as {@code work}
   * @param work an empty directory for the kernel's own use
   */
  public static Fd detached(List<Path> lowersTopFirst, Path upper, Path work) throws IOException {
    return mount(new Layers(lowersTopFirst, Optional.of(upper), Optional.of(work)));
  }

  /**
   * As {@link #detached}, with the ids of the layers mapped by a user namespace. The ids in the
   * writable directory are not mapped: a file that is copied up keeps the mapped ids.
   */
  public static Fd detachedIn(Fd userNamespace, List<Path> lowersTopFirst, Path upper, Path work)
      throws IOException {
    return mountIn(
        userNamespace, new Layers(lowersTopFirst, Optional.of(upper), Optional.of(work)));
  }

  static Fd mountIn(Fd userNamespace, Layers layers) throws IOException {
    return FreshThread.call(
        "overlay-mount",
        () -> {
          ownMounts();
          for (Path lower : layers.lowersTopFirst()) {
            // Overlayfs takes paths, so each mapped layer is mounted on its own path, for this
            // thread alone.
            try (Fd mapped = Mounts.clone(lower)) {
              Mounts.mapIds(mapped, userNamespace);
              Mounts.attach(mapped, lower);
            }
          }
          return mount(layers);
        });
  }

  /**
   * Gives the calling thread, which must be a {@link FreshThread}, a mount namespace of its own
   * without propagation to others.
   */
  public static void ownMounts() throws ErrnoException {
    Kernel.call(Syscall.UNSHARE, () -> "CLONE_NEWNS", CLONE_NEWNS);
    Mounts.changeRecursive(Path.of("/"), MountAttributes.propagating(Propagation.PRIVATE));
  }

  /** Mounts layers read-only. */
  public static Fd detachedReadOnly(List<Path> lowersTopFirst) throws IOException {
    if (lowersTopFirst.size() == 1) {
      // overlayfs requires two layers if none is writable. A single layer is bind-mounted.
      Fd only = Mounts.clone(lowersTopFirst.getFirst());
      try {
        Mounts.change(only, MountAttributes.setting(MountAttribute.RDONLY));
        return only;
      } catch (ErrnoException e) {
        only.close();
        throw e;
      }
    }
    return mount(new Layers(lowersTopFirst, Optional.empty(), Optional.empty()));
  }

  record Layers(
      List<Path> lowersTopFirst, Optional<Path> upper, Optional<Path> work, boolean isVolatile) {
    Layers(List<Path> lowersTopFirst, Optional<Path> upper, Optional<Path> work) {
      this(lowersTopFirst, upper, work, false);
    }

    Layers {
      lowersTopFirst = List.copyOf(lowersTopFirst);
      if (lowersTopFirst.isEmpty()) {
        throw new IllegalArgumentException("overlay without a lower directory");
      }
    }

    List<String> options() {
      List<String> options = new ArrayList<>(FIXED_OPTIONS);
      if (isVolatile) {
        options.add("volatile");
      }
      return options;
    }
  }

  static Fd mount(Layers layers) throws IOException {
    try (FilesystemContext context = FilesystemContext.open("overlay");
        LongPaths paths = new LongPaths()) {
      if (!supportsLowerdirAdd(context, paths, layers.lowersTopFirst().getFirst())) {
        return mountByOptionString(layers);
      }
      for (Path lower : layers.lowersTopFirst().subList(1, layers.lowersTopFirst().size())) {
        context.set("lowerdir+", paths.shortened(lower));
      }
      if (layers.upper().isPresent() && layers.work().isPresent()) {
        context.set("upperdir", paths.shortened(layers.upper().get()));
        context.set("workdir", paths.shortened(layers.work().get()));
      }
      for (String option : layers.options()) {
        int equals = option.indexOf('=');
        if (equals < 0) {
          context.flag(option);
        } else {
          context.set(option.substring(0, equals), option.substring(equals + 1));
        }
      }
      return context.mount();
    }
  }

  /**
   * Sets the first layer. Returns false if the kernel does not know the option, which is EINVAL.
   */
  private static boolean supportsLowerdirAdd(
      FilesystemContext context, LongPaths paths, Path firstLower) throws ErrnoException {
    try {
      context.set("lowerdir+", paths.shortened(firstLower));
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EINVAL) && lowerdirAddIsUnknown()) {
        return false;
      }
      throw e;
    }
  }

  /**
   * EINVAL may also mean that overlayfs does not accept the layer, so this tries the root
   * directory.
   */
  private static boolean lowerdirAddIsUnknown() throws ErrnoException {
    try (FilesystemContext context = FilesystemContext.open("overlay")) {
      context.set("lowerdir+", "/");
      return false;
    } catch (ErrnoException e) {
      if (e.call().equals("fsconfig") && e.is(Errno.EINVAL)) {
        return true;
      }
      throw e;
    }
  }

  /** Replaces paths that are too long for an option by those of open descriptors. */
  private static final class LongPaths implements AutoCloseable {
    private final List<Fd> open = new ArrayList<>();

    String shortened(Path path) throws ErrnoException {
      if (bytes(path.toString()) <= FilesystemContext.MAX_VALUE_BYTES) {
        return path.toString();
      }
      try (Memory name = Memory.ofString(path.toString())) {
        Fd fd =
            Fd.own(
                Kernel.call(
                    Syscall.OPENAT,
                    () -> path + ", O_PATH|O_CLOEXEC",
                    Fd.AT_FDCWD,
                    name.address(),
                    OpenFlags.O_PATH | OpenFlags.O_CLOEXEC));
        open.add(fd);
        return fd.procPath();
      }
    }

    @Override
    public void close() {
      open.forEach(Fd::close);
    }
  }

  /**
   * Mounts on kernels before 6.5. The mount is never visible in the host's mount namespace: the
   * thread has its own, which ends with the thread, and the clone remains.
   */
  static Fd mountByOptionString(Layers layers) throws IOException {
    Path target = layers.upper().orElse(layers.lowersTopFirst().getFirst());
    String options = OptionString.of(layers);
    return FreshThread.call(
        "overlay-mount",
        () -> {
          ownMounts();
          mountOverlay(target, options);
          return Mounts.clone(target);
        });
  }

  private static void mountOverlay(Path target, String options) throws ErrnoException {
    try (Memory type = Memory.ofString("overlay");
        Memory path = Memory.ofString(target.toString());
        Memory data = Memory.ofString(options)) {
      Kernel.call(
          Syscall.MOUNT,
          () -> "src=overlay, dst=" + target + ", type=overlay, data=" + options,
          type.address(),
          path.address(),
          type.address(),
          0,
          data.address());
    }
  }

  static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
