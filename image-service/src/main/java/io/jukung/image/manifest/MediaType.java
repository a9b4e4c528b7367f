package io.jukung.image.manifest;

import java.util.Arrays;
import java.util.Optional;

/** The media types of images (OCI image-spec media-types.md, Docker image manifest schema 2). */
public enum MediaType {
  OCI_INDEX("application/vnd.oci.image.index.v1+json", Role.INDEX),
  DOCKER_INDEX("application/vnd.docker.distribution.manifest.list.v2+json", Role.INDEX),
  OCI_MANIFEST("application/vnd.oci.image.manifest.v1+json", Role.MANIFEST),
  DOCKER_MANIFEST("application/vnd.docker.distribution.manifest.v2+json", Role.MANIFEST),
  DOCKER_SCHEMA1("application/vnd.docker.distribution.manifest.v1+json", Role.SCHEMA1),
  DOCKER_SCHEMA1_SIGNED("application/vnd.docker.distribution.manifest.v1+prettyjws", Role.SCHEMA1),
  OCI_CONFIG("application/vnd.oci.image.config.v1+json", Role.CONFIG),
  DOCKER_CONFIG("application/vnd.docker.container.image.v1+json", Role.CONFIG),
  OCI_LAYER("application/vnd.oci.image.layer.v1.tar", Role.LAYER),
  OCI_LAYER_GZIP("application/vnd.oci.image.layer.v1.tar+gzip", Role.LAYER),
  OCI_LAYER_ZSTD("application/vnd.oci.image.layer.v1.tar+zstd", Role.LAYER),
  DOCKER_LAYER("application/vnd.docker.image.rootfs.diff.tar", Role.LAYER),
  DOCKER_LAYER_GZIP("application/vnd.docker.image.rootfs.diff.tar.gzip", Role.LAYER),
  DOCKER_LAYER_ZSTD("application/vnd.docker.image.rootfs.diff.tar.zstd", Role.LAYER),
  OCI_FOREIGN_LAYER("application/vnd.oci.image.layer.nondistributable.v1.tar", Role.FOREIGN),
  OCI_FOREIGN_LAYER_GZIP(
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Role.FOREIGN),
  OCI_FOREIGN_LAYER_ZSTD(
      "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Role.FOREIGN),
  DOCKER_FOREIGN_LAYER_GZIP(
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Role.FOREIGN);

  /** The kind of document or blob that has the type. */
  public enum Role {
    INDEX,
    MANIFEST,
    SCHEMA1,
    CONFIG,
    LAYER,
    FOREIGN
  }

  private final String text;
  private final Role role;

  MediaType(String text, Role role) {
    this.text = text;
    this.role = role;
  }

  /** The type's text in documents and headers. */
  public String text() {
    return text;
  }

  /** The kind of document or blob that has this type. */
  public Role role() {
    return role;
  }

  /** Whether a layer of this type must not be distributed and may be missing in a registry. */
  public boolean isForeign() {
    return role == Role.FOREIGN;
  }

  /**
   * Whether a text is the type of an encrypted layer, whatever it is without encryption (ocicrypt).
   */
  static boolean isEncrypted(String text) {
    return text.endsWith("+encrypted");
  }

  /**
   * The media type with this text; empty for a type that images do not have. Case does not matter,
   * and parameters after a semicolon are ignored.
   */
  public static Optional<MediaType> of(String text) {
    int semicolon = text.indexOf(';');
    String bare = (semicolon < 0 ? text : text.substring(0, semicolon)).strip();
    return Arrays.stream(values()).filter(type -> type.text.equalsIgnoreCase(bare)).findFirst();
  }
}
