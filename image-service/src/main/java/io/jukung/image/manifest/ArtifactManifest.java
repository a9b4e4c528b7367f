package io.jukung.image.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import java.util.List;

/**
 * The manifest of an artifact (OCI image-spec, manifest.md, artifact usage): files such as models
 * and data, which can be mounted but not run.
 *
 * @param type the type that the artifact states, for messages
 */
public record ArtifactManifest(String type, List<File> files) implements ManifestDocument {
  /**
   * One file of an artifact.
   *
   * @param blob the file's content
   * @param path the file's title, a relative path without "." and ".."; for a file without a title
   *     the hexadecimal digits of its digest
   */
  public record File(Descriptor blob, String path) {
    /**
     * The ID of the layer that contains only this file. No layer of an image can have the same ID,
     * because those are the digests of archives.
     */
    public Digest layerId() {
      return Digest.sha256(("artifact file\0" + path + "\0" + blob.digest()).getBytes(UTF_8));
    }
  }
}
