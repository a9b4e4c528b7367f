package io.jukung.runtime.container;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.TreeCopy;
import io.jukung.linux.mount.OverlayMount;
import io.jukung.runtime.spec.MountRules;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes of a container that come from images: images that the request mounts, whole or in
 * part and read-only (KEP-4639), and a directory for each volume that the container's own image
 * declares.
 */
public final class ImageVolumes {
  private static final Logger LOG = LoggerFactory.getLogger(ImageVolumes.class);

  /** The prefix of an error that kubelet shows as the reason why the container waits. */
  private static final String REASON = "ImageVolumeMountFailed: ";

  private static final int VOLUME_MODE = 0755;

  /** Mounted by the daemon in every container. Volumes of images must not cover them. */
  private static final List<Path> RESERVED =
      Stream.of("/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
          .map(Path::of)
          .toList();

  private final ContainerImages images;
  private final StatePaths paths;

  public ImageVolumes(ContainerImages images, StatePaths paths) {
    this.images = images;
    this.paths = paths;
  }

  /**
   * An image that a container mounts.
   *
   * @param imageId the ID that the name in the request has led to
   */
  public record Mounted(String imageId, Spec.Mount mount) {}

  /**
   * Leases the images that the request mounts until the container's own image is released.
   *
   * @param use whether a build wants the volumes
   * @throws CriException NOT_FOUND if an image was not pulled or does not have the sub-path
   */
  public List<Mounted> requested(
      String containerId, ContainerConfig config, ContainerImages.Use use) throws IOException {
    List<Mounted> mounted = new ArrayList<>();
    for (Mount mount : config.getMountsList()) {
      if (MountRules.isImage(mount)) {
        check(mount);
        ContainerImages.Found image = find(mount, use);
        List<Path> layers = images.acquireVolume(image.id(), containerId);
        if (!mount.getImageSubPath().isEmpty()) {
          checkSubPath(mount, layers);
        }
        mounted.add(new Mounted(image.id(), mount(mount, image.id(), layers)));
      }
    }
    return mounted;
  }

  private static void check(Mount mount) {
    if (!mount.getReadonly()) {
      throw invalid(mount, "an image can only be mounted readonly");
    }
    if (!mount.getHostPath().isEmpty()) {
      throw invalid(mount, "host_path must be empty");
    }
    if (mount.getPropagation() != MountPropagation.PROPAGATION_PRIVATE) {
      throw invalid(mount, "its propagation is not private");
    }
    ImageSpec image = mount.getImage();
    if (image.getImage().isEmpty()) {
      throw CriException.invalidArgument("config.mounts.image.image is empty");
    }
    checkImage("config.mounts.image", image);
    Path subPath = Path.of(mount.getImageSubPath());
    if (subPath.isAbsolute() || subPath.startsWith("..") || !subPath.normalize().equals(subPath)) {
      throw invalid(mount, "its image_sub_path is not a plain relative path");
    }
  }

  /** Refuses what a request for a container can say of an image and nobody carries out. */
  public static void checkImage(String field, ImageSpec image) {
    if (!image.getImageRef().isEmpty()) {
      throw CriException.invalidArgument(field + ".image_ref must be empty in a request");
    }
    if (!image.getRuntimeHandler().isEmpty()) {
      throw CriException.unimplementedField(field + ".runtime_handler");
    }
  }

  private ContainerImages.Found find(Mount mount, ContainerImages.Use use) throws IOException {
    String reference = mount.getImage().getImage();
    ContainerImages.Found image =
        images
            .find(reference)
            .orElseThrow(
                () -> failed(ErrorKind.NOT_FOUND, mount, "the image is not here; pull it first"));
    images.checkPolicy(image, reference, mount.getImage().getUserSpecifiedImage(), use);
    return image;
  }

  /** Resolves the sub-path as the launch will. The layers do not change until then. */
  private void checkSubPath(Mount mount, List<Path> layers) throws IOException {
    try (Fd root = OverlayMount.detachedReadOnly(withBottom(layers))) {
      Openat2.openDirectory(root, mount.getImageSubPath()).close();
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        throw failed(ErrorKind.NOT_FOUND, mount, "the image has no such path");
      }
      if (e.is(Errno.ENOTDIR)) {
        throw failed(ErrorKind.FAILED_PRECONDITION, mount, "that is not a directory in the image");
      }
      if (e.is(Errno.ELOOP)) {
        throw failed(
            ErrorKind.FAILED_PRECONDITION, mount, "that path goes through too many symbolic links");
      }
      throw e;
    }
  }

  private Spec.Mount mount(Mount mount, String imageId, List<Path> layers) {
    String destination = MountRules.destination(mount).toString();
    if (layers.isEmpty()) {
      String nothing = paths.emptyDirectory().toString();
      return new Spec.Mount(destination, "bind", nothing, List.of("rbind", "rprivate", "ro"));
    }
    List<String> options = new ArrayList<>(List.of("ro", "nodev"));
    options.addAll(MountRules.moreOptions(mount));
    for (Path layer : withBottom(layers)) {
      options.add("lowerdir+=" + layer);
    }
    if (!mount.getImageSubPath().isEmpty()) {
      options.add(Spec.Mount.SUBDIRECTORY + mount.getImageSubPath());
    }
    return new Spec.Mount(destination, "overlay", imageId, List.copyOf(options));
  }

  /** Adds an empty layer to a single one: without a writable layer overlayfs needs two. */
  private List<Path> withBottom(List<Path> layers) {
    if (layers.size() > 1) {
      return layers;
    }
    List<Path> all = new ArrayList<>(layers);
    all.add(paths.emptyDirectory());
    return all;
  }

  /**
   * Makes a directory for each volume that the image declares, with a copy of what the image has
   * there. Volumes on which the request mounts something are left out.
   *
   * @param root the container's root file system; symbolic links do not lead out of it
   */
  public List<Spec.Mount> declared(
      String containerId, Set<String> volumes, ContainerConfig config, Fd root) throws IOException {
    if (volumes.isEmpty()) {
      return List.of();
    }
    Set<Path> taken =
        config.getMountsList().stream().map(MountRules::destination).collect(Collectors.toSet());
    List<Spec.Mount> mounts = new ArrayList<>();
    Path parent = paths.containerVolumes(containerId);
    StatePaths.createPrivate(parent);
    for (String volume : new TreeSet<>(volumes)) {
      Path destination = destination(volume);
      if (!taken.add(destination)) {
        continue;
      }
      if (destination.getNameCount() == 0 || RESERVED.stream().anyMatch(destination::startsWith)) {
        LOG.info(
            "container {}: the image's volume {} is left out: the daemon mounts that path",
            containerId,
            destination);
        continue;
      }
      String name = Integer.toString(mounts.size());
      fill(parent, name, root, destination);
      mounts.add(
          new Spec.Mount(
              destination.toString(),
              "bind",
              parent.resolve(name).toString(),
              List.of("rbind", "rprivate", "rw")));
    }
    return mounts;
  }

  private static Path destination(String volume) {
    if (volume.indexOf('\0') >= 0) {
      throw CriException.failedPrecondition("the image declares a volume with a zero byte in it");
    }
    return Path.of("/").resolve(volume).normalize();
  }

  private static void fill(Path parent, String name, Fd root, Path source) throws IOException {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    try (Fd directory = HostFile.openDirectory(parent)) {
      DirectoryEntry.makeDirectory(directory, bytes, VOLUME_MODE);
      try (Fd volume = DirectoryEntry.openDirectory(directory, bytes);
          Fd content = openContent(root, source, volume)) {
        if (!FileStatus.of(content).isDirectory()) {
          throw CriException.failedPrecondition(
              "the image declares the volume " + source + ", which is not a directory in it");
        }
        try (Fd readable = Openat2.openDirectory(content, ".")) {
          TreeCopy.copy(readable, volume);
        }
      } catch (ErrnoException e) {
        if (!e.is(Errno.ENOENT) || !e.call().equals("openat2")) {
          throw e;
        } // the image has nothing there: the volume stays empty
      }
    }
  }

  private static Fd openContent(Fd root, Path source, Fd volume) throws ErrnoException {
    // A volume for which the image has nothing belongs to the owner of the container's root.
    FileStatus owner = FileStatus.of(root);
    FileAttributes.setOwner(volume, owner.uid(), owner.gid());
    return Openat2.openPath(root, source.toString());
  }

  private static CriException invalid(Mount mount, String why) {
    return CriException.invalidArgument(describe(mount) + ": " + why);
  }

  private static CriException failed(ErrorKind kind, Mount mount, String why) {
    return new CriException(kind, REASON + describe(mount) + ": " + why);
  }

  private static String describe(Mount mount) {
    String part =
        mount.getImageSubPath().isEmpty() ? "" : "\"" + mount.getImageSubPath() + "\" of ";
    return "mount of %simage \"%s\" on \"%s\""
        .formatted(part, mount.getImage().getImage(), mount.getContainerPath());
  }
}
