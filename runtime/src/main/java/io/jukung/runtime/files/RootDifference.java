package io.jukung.runtime.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.DiffRequest;
import io.jukung.client.v1.FileDifference;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.runtime.container.ContainerSpecs;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lists what containers have changed in their root file systems: from the writable layer, with the
 * whiteouts and opaque marks of overlayfs, and the layers of the image below it
 * (Documentation/filesystems/overlayfs.rst). What jukung itself has made there, to mount volumes
 * and system files on, is no change of the container's.
 */
public final class RootDifference {
  private static final String OPAQUE = "trusted.overlay.opaque";

  /** Deeper than any tree in use. Each level keeps descriptors open. */
  private static final int MAX_DEPTH = 500;

  private final ContainerStore containers;
  private final ContainerSpecs specs;
  private final ContainerRoots roots;

  public RootDifference(ContainerStore containers, ContainerSpecs specs, ContainerRoots roots) {
    this.containers = containers;
    this.specs = specs;
    this.roots = roots;
  }

  /** Gives the sink each difference, in the order of the paths. */
  public void call(DiffRequest request, Consumer<FileDifference> sink) throws IOException {
    Container container = containers.get(request.getContainerId());
    Set<String> targets =
        specs.of(container.id()).mounts().stream()
            .map(Spec.Mount::destination)
            .collect(Collectors.toCollection(HashSet::new));
    try (Fd upper = HostFile.openDirectory(roots.upper(container.record()));
        Fd lower = OverlayMount.detachedReadOnly(roots.lowers(container.record()))) {
      var _ = new Walk(targets, roots.owners(container), sink).directory("", upper, lower, 0);
    }
  }

  /** One comparison of a writable layer with the layers below. */
  static final class Walk {
    private final Set<String> targets;
    private final OwnerMap owners;
    private final Consumer<FileDifference> sink;

    /**
     * @param targets paths at which something is mounted
     * @param owners of the files in the writable layer; those below have the container's own ids
     */
    Walk(Set<String> targets, OwnerMap owners, Consumer<FileDifference> sink) {
      this.targets = targets;
      this.owners = owners;
      this.sink = sink;
    }

    /**
     * Compares a directory of the writable layer with that of the layers below.
     *
     * @param path of the directory; empty for the root
     * @param lower null: there is no such directory below
     * @return whether anything in it is different
     */
    boolean directory(String path, Fd upper, @Nullable Fd lower, int depth) throws IOException {
      if (depth > MAX_DEPTH) {
        throw new IOException(path + " is deeper than " + MAX_DEPTH + " directories");
      }
      boolean opaque = lower != null && isOpaque(upper);
      List<byte[]> names = sorted(DirectoryListing.names(upper));
      List<byte[]> hidden = opaque ? hidden(names, lower) : List.of();
      List<byte[]> all = sorted(hidden.isEmpty() ? names : joined(names, hidden));
      Set<String> gone =
          hidden.stream().map(name -> new String(name, ISO_8859_1)).collect(Collectors.toSet());
      boolean different = false;
      for (byte[] name : all) {
        String text = new String(name, ISO_8859_1);
        String inner = path + "/" + text;
        if (gone.contains(text)) {
          send(FileDifference.Kind.DELETED, inner);
          different = true;
        } else {
          different |= entry(inner, name, upper, lower, depth);
        }
      }
      return different;
    }

    private boolean entry(String path, byte[] name, Fd upper, @Nullable Fd lower, int depth)
        throws IOException {
      FileStatus above = FileStatus.of(upper, name);
      Optional<FileStatus> below = lower == null ? Optional.empty() : FileStatus.find(lower, name);
      if (above.isWhiteout()) {
        if (below.isPresent()) {
          send(FileDifference.Kind.DELETED, path);
        }
        return below.isPresent();
      }
      if (!above.isDirectory()) {
        if (below.isEmpty() && targets.contains(path)) {
          return false; // made by jukung, to mount on
        }
        send(below.isEmpty() ? FileDifference.Kind.ADDED : FileDifference.Kind.CHANGED, path);
        return true;
      }
      return subdirectory(path, name, upper, above, lower, below, depth);
    }

    /**
     * A directory that was copied up because jukung has made a mount point in it is the same, and
     * so is one that jukung has made to mount on. The order of the answer has a directory before
     * what is in it, so what is in it is collected first.
     */
    private boolean subdirectory(
        String path,
        byte[] name,
        Fd upper,
        FileStatus above,
        @Nullable Fd lower,
        Optional<FileStatus> below,
        int depth)
        throws IOException {
      List<FileDifference> inside = new ArrayList<>();
      Walk inner = new Walk(targets, owners, inside::add);
      boolean different;
      try (Fd directory = DirectoryEntry.openDirectory(upper, name)) {
        if (lower != null && below.filter(FileStatus::isDirectory).isPresent()) {
          try (Fd lowerDirectory = DirectoryEntry.openDirectory(lower, name)) {
            different = inner.directory(path, directory, lowerDirectory, depth + 1);
          }
        } else {
          different = inner.directory(path, directory, null, depth + 1);
        }
      }
      boolean isTarget = isAboveTarget(path);
      if (below.isEmpty()) {
        if (!different && isTarget) {
          return false;
        }
        send(FileDifference.Kind.ADDED, path);
      } else if (different || !isTarget || !sameOwnerAndMode(above, below.get())) {
        send(FileDifference.Kind.CHANGED, path);
      } else {
        return false;
      }
      inside.forEach(sink);
      return true;
    }

    /** Whether something is mounted at the path or below it. */
    private boolean isAboveTarget(String path) {
      return targets.stream()
          .anyMatch(target -> target.equals(path) || target.startsWith(path + "/"));
    }

    private boolean sameOwnerAndMode(FileStatus above, FileStatus below) {
      return below.isDirectory()
          && above.mode() == below.mode()
          && owners.isUser(above.uid(), below.uid())
          && owners.isGroup(above.gid(), below.gid());
    }

    private static boolean isOpaque(Fd directory) throws IOException {
      try {
        return ExtendedAttributes.get(directory, OPAQUE)
            .filter(value -> Arrays.equals(value, new byte[] {'y'}))
            .isPresent();
      } catch (ErrnoException e) {
        if (e.is(Errno.EOPNOTSUPP)) {
          return false;
        }
        throw e;
      }
    }

    /** The names below that an opaque directory hides. */
    private static List<byte[]> hidden(List<byte[]> names, @Nullable Fd lower) throws IOException {
      if (lower == null) {
        return List.of();
      }
      Set<String> shown =
          names.stream().map(name -> new String(name, ISO_8859_1)).collect(Collectors.toSet());
      return DirectoryListing.names(lower).stream()
          .filter(name -> !shown.contains(new String(name, ISO_8859_1)))
          .toList();
    }

    private static List<byte[]> joined(List<byte[]> first, List<byte[]> second) {
      return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static List<byte[]> sorted(List<byte[]> names) {
      return names.stream().sorted(Arrays::compareUnsigned).toList();
    }

    private void send(FileDifference.Kind kind, String path) {
      sink.accept(
          FileDifference.newBuilder()
              .setKind(kind)
              .setPath(ByteString.copyFrom(path, ISO_8859_1))
              .build());
    }
  }
}
