package io.jukung.runtime.volume;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Tells which volume the source of a mount belongs to. A source is compared as the kernel would
 * walk it, without {@code //}, {@code .} and a slash at its end, and may lie anywhere in the
 * content of the volume. Symbolic links are not followed: the content may be on a server that does
 * not answer.
 */
final class VolumeSources {
  private final Path root;

  /**
   * @param root the directory of the volumes
   */
  VolumeSources(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  /** The id of the volume whose content has the source; no volume need have this id. */
  Optional<String> id(String source) {
    return below(source)
        .filter(each -> each.getNameCount() >= 2)
        .filter(each -> each.getName(1).toString().equals(VolumeContent.DATA))
        .map(each -> each.getName(0).toString());
  }

  /** Whether the source is all the content of a volume, and not something in it. */
  boolean isWhole(String source) {
    return id(source).isPresent() && below(source).filter(p -> p.getNameCount() == 2).isPresent();
  }

  /** The source relative to the directory of the volumes; empty if it is not below. */
  private Optional<Path> below(String source) {
    if (!source.startsWith("/")) {
      return Optional.empty();
    }
    try {
      return Optional.of(Path.of(source).normalize())
          .filter(each -> each.startsWith(root) && !each.equals(root))
          .map(root::relativize);
    } catch (InvalidPathException e) {
      return Optional.empty(); // no file can have this name
    }
  }
}
