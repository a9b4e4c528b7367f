package io.jukung.image.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import java.util.List;

/**
 * Something else than a container image (OCI image-spec, manifest.md, artifact usage): files that
 * can be mounted, as models and data are.
 *
 * @param type what it says it is, for messages
 */
public record ArtifactManifest(String type, List<File> files) implements ManifestDocument {
  /**
   * One file.
   *
   * @param path relative and plain: its title, else the digits of its digest
   */
  public record File(Descriptor blob, String path) {
    /**
     * Names the layer that has this file alone. No image's layer has the same: those are named by
     * the digests of archives.
     */
    public Digest layerId() {
      return Digest.sha256(("artifact file\0" + path + "\0" + blob.digest()).getBytes(UTF_8));
    }
  }
}
