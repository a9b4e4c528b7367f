package io.jukung.image.copy;

import io.jukung.image.dockerfile.IgnoreFile;
import io.jukung.linux.fs.FileStatus;
import java.util.Optional;

/**
 * How files are copied: the options of COPY and ADD.
 *
 * @param owner of all copies; empty: as the tree has it
 * @param mode the permission bits of all copies that are no links; empty: those of the files
 * @param excluded what is left out, by the path below the source
 */
public record CopyRules(Optional<Owner> owner, Optional<Integer> mode, IgnoreFile excluded) {
  /** Copies everything as it is. */
  public static final CopyRules PLAIN =
      new CopyRules(Optional.empty(), Optional.empty(), IgnoreFile.parse(""));

  /** A user and a group. */
  public record Owner(int uid, int gid) {
    public static final Owner ROOT = new Owner(0, 0);
  }

  /** The owner of the copy of a file. */
  Owner ownerOf(FileStatus status, SourceTree tree) {
    return owner.orElseGet(
        () -> tree.keepsOwners() ? new Owner(status.uid(), status.gid()) : Owner.ROOT);
  }

  /** The owner of directories that are made on the way to the destination. */
  Owner ownerOfParents() {
    return owner.orElse(Owner.ROOT);
  }

  int modeOf(FileStatus status) {
    return mode.orElse(status.mode());
  }
}
