package io.jukung.image.manifest;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The document that a reference names: the manifest of an image or artifact, or an index. */
public sealed interface ManifestDocument permits ImageManifest, ArtifactManifest, ImageIndex {
  /** The annotation that names a file of an artifact (OCI image-spec, annotations.md). */
  String TITLE = "org.opencontainers.image.title";

  /** The largest document that registries accept: the limit of the Distribution project. */
  int MAX_BYTES = 4 * 1024 * 1024;

  /** The number of lower directories that one overlayfs mount can have (OVL_MAX_STACK). */
  int MAX_LAYERS = 500;

  /** Far above the few dozen entries of an index with all platforms and their attestations. */
  int MAX_INDEX_ENTRIES = 2_000;

  /**
   * Parses a document.
   *
   * @param digest the content's digest, for messages; not checked here
   * @param contentType the Content-Type that the registry sent, if any
   * @throws CriException FAILED_PRECONDITION for a document that is malformed or ambiguous
   */
  static ManifestDocument parse(Digest digest, byte[] content, Optional<String> contentType) {
    JsonDocument json = JsonDocument.parse("manifest " + digest, content);
    if (json.has("fsLayers") || json.has("signatures")) {
      throw json.refused("Docker image manifest version 1 is not supported; push the image again");
    }
    boolean index = json.has("manifests");
    if (index && (json.has("layers") || json.has("config"))) {
      throw json.refused("it is ambiguous: a manifest and an index at once");
    }
    checkMediaType(json, index, contentType);
    if (json.has("schemaVersion") && json.requiredSize("schemaVersion") != 2) {
      throw json.refused("its schemaVersion is not 2");
    }
    return index ? parseIndex(json) : parseManifest(json);
  }

  /**
   * The media type that a manifest states, or OCI's type if it states none.
   *
   * @param content a manifest that {@link #parse} has accepted
   */
  static String mediaType(Digest digest, byte[] content) {
    return JsonDocument.parse("manifest " + digest, content)
        .string("mediaType")
        .orElse(MediaType.OCI_MANIFEST.text());
  }

  private static void checkMediaType(
      JsonDocument json, boolean index, Optional<String> contentType) {
    MediaType.Role wanted = index ? MediaType.Role.INDEX : MediaType.Role.MANIFEST;
    Optional<String> inside = json.string("mediaType");
    if (inside.isPresent()
        && MediaType.of(inside.get()).map(MediaType::role).orElse(null) != wanted) {
      throw json.refused(
          "its mediaType is %s, but its content is %s"
              .formatted(inside.get(), index ? "an index" : "a manifest"));
    }
    // A Content-Type that no image document has (text/plain, application/json) is ignored.
    Optional<MediaType> header = contentType.flatMap(MediaType::of);
    if (header.isPresent() && header.get().role() != wanted) {
      throw json.refused(
          "the registry sent it as %s, but its content is %s"
              .formatted(header.get().text(), index ? "an index" : "a manifest"));
    }
  }

  private static ManifestDocument parseManifest(JsonDocument json) {
    if (!json.has("config") || !json.states("layers")) {
      throw json.refused("it has no config or no layers");
    }
    Descriptor config = descriptor(json.object("config").orElseThrow());
    if (role(config) != MediaType.Role.CONFIG && !isDockerManifest(json)) {
      return parseArtifact(json, config);
    }
    List<Descriptor> layers = new ArrayList<>();
    for (JsonDocument item : json.objects("layers", MAX_LAYERS)) {
      layers.add(layer(item));
    }
    return new ImageManifest(config, List.copyOf(layers));
  }

  /**
   * Docker's schema 2 has no artifacts: some tools give the configuration of an image the media
   * type application/octet-stream, and docker and containerd run the image all the same.
   */
  private static boolean isDockerManifest(JsonDocument json) {
    return json.string("mediaType")
        .flatMap(MediaType::of)
        .filter(type -> type == MediaType.DOCKER_MANIFEST)
        .isPresent();
  }

  private static Descriptor layer(JsonDocument json) {
    Descriptor descriptor = descriptor(json);
    if (MediaType.isEncrypted(descriptor.mediaType())) {
      throw json.refused(
          "%s is encrypted (%s), and encrypted layers are not supported"
              .formatted(descriptor.digest(), descriptor.mediaType()));
    }
    MediaType.Role role = role(descriptor);
    if (role != MediaType.Role.LAYER && role != MediaType.Role.FOREIGN) {
      throw json.refused("its mediaType " + descriptor.mediaType() + " is not that of a layer");
    }
    return descriptor;
  }

  private static ArtifactManifest parseArtifact(JsonDocument json, Descriptor config) {
    List<ArtifactManifest.File> files = new ArrayList<>();
    for (JsonDocument item : json.objects("layers", MAX_LAYERS)) {
      Descriptor blob = descriptor(item);
      String title = item.stringMap("annotations", 1_000).get(TITLE);
      if (title != null && !isPlain(title)) {
        throw item.refused("its title \"" + title + "\" is not a plain relative path");
      }
      files.add(
          new ArtifactManifest.File(blob, Objects.requireNonNullElse(title, blob.digest().hex())));
    }
    String type = json.string("artifactType").orElse(config.mediaType());
    return new ArtifactManifest(type, List.copyOf(files));
  }

  private static boolean isPlain(String path) {
    return path.length() < 4096
        && path.chars().noneMatch(Character::isISOControl)
        && Arrays.stream(path.split("/", -1))
            .noneMatch(name -> name.isEmpty() || name.equals(".") || name.equals(".."));
  }

  private static MediaType.@Nullable Role role(Descriptor descriptor) {
    return MediaType.of(descriptor.mediaType()).map(MediaType::role).orElse(null);
  }

  private static ImageIndex parseIndex(JsonDocument json) {
    List<ImageIndex.Entry> entries = new ArrayList<>();
    for (JsonDocument item : json.objects("manifests", MAX_INDEX_ENTRIES)) {
      Optional<Platform> platform =
          item.object("platform")
              .map(
                  p ->
                      new Platform(
                          p.string("os").orElse(""),
                          p.string("architecture").orElse(""),
                          p.string("variant").orElse("")));
      entries.add(
          new ImageIndex.Entry(descriptor(item), platform, item.stringMap("annotations", 1_000)));
    }
    return new ImageIndex(List.copyOf(entries));
  }

  /**
   * Reads a descriptor without its {@code urls}: an image could name an address there that only
   * this node can reach. Layers that must not be distributed are fetched from the registry, too.
   */
  private static Descriptor descriptor(JsonDocument json) {
    return new Descriptor(
        json.requiredString("mediaType"), json.requiredDigest("digest"), json.requiredSize("size"));
  }
}
