package io.jukung.image.layer;

import io.jukung.image.content.Digest;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** Unpacks a changeset into the upper directory of an overlay that nobody has mounted. */
public final class ChangesetUnpacker {
  private ChangesetUnpacker() {}

  /**
   * Unpacks a changeset (OCI image-spec, layer.md) with the checks and limits of an image's layer.
   * On a failure, what was unpacked stays; the caller removes the directory.
   *
   * @param changeset gzip, zstd or plain tar, not trusted; closed at the end
   * @param upper empty
   * @param lower the merged layers below
   * @throws LayerFormatException if the archive is none, or would leave the directory
   */
  public static void unpack(InputStream changeset, Path upper, LowerTree lower)
      throws IOException, InterruptedException {
    GroupSync sync = new GroupSync(upper);
    try (changeset;
        LayerTree tree =
            DirectoryTree.in(HostFile.openDirectory(upper), LayerLimits.DEFAULT, sync)) {
      Digest unused =
          LayerUnpacker.unpack(
              changeset,
              tree,
              LayerUnpacker.Position.UPPER,
              Digest.Algorithm.SHA256,
              LayerLimits.DEFAULT);
      tree.settle(new LowerView(List.of(lower)));
      if (tree.hidesLower()) {
        throw new LayerFormatException(
            "changeset hides the whole image, which no container's can: " + unused);
      }
    }
  }
}
