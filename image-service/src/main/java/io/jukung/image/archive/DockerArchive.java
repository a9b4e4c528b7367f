package io.jukung.image.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.tar.Decompression;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An archive that {@code docker save} has written (Docker 1.10 or newer). Its manifest.json names
 * the configuration and the layers of each image; most layers are not compressed. The archive has
 * no manifests of the kind that registries have, so this class makes them. The older file {@code
 * repositories} is ignored: it has no further information.
 */
public final class DockerArchive implements ImageArchive {
  public static final String MANIFEST = "manifest.json";
  private static final int MAX_IMAGES = 1_000;
  private static final int MAX_TAGS = 1_000;

  /**
   * File names that contain the digest of the file: {@code <hex>.json}, {@code blobs/sha256/<hex>}.
   */
  private static final Pattern NAMED_BY_DIGEST =
      Pattern.compile("(?:blobs/sha256/([0-9a-f]{64})|([0-9a-f]{64})\\.json)");

  private final ArchiveFiles files;
  private final Map<Digest, String> names = new HashMap<>();

  DockerArchive(ArchiveFiles files) {
    this.files = files;
  }

  @Override
  public List<ArchivedImage> images() throws IOException {
    List<ArchivedImage> images = new ArrayList<>();
    byte[] content = files.read(MANIFEST, ManifestDocument.MAX_BYTES);
    for (JsonDocument item : JsonDocument.parseList(MANIFEST, content, MAX_IMAGES)) {
      images.add(
          new ArchivedImage(
              manifest(item), item.strings("RepoTags", MAX_TAGS), /* registryForm= */ false));
    }
    return images;
  }

  @Override
  public FetchedManifest manifest(Digest digest) {
    throw new IllegalStateException("the manifests of a docker archive lead to no others");
  }

  @Override
  public void fetch(Digest digest, long size, Sink sink) throws IOException {
    String name = names.get(digest);
    if (name == null) {
      throw new IllegalStateException("no manifest of the archive has led to " + digest);
    }
    try (InputStream in = files.open(name)) {
      OciLayout.copy(in, sink);
    }
  }

  private FetchedManifest manifest(JsonDocument item) throws IOException {
    String configName = item.requiredString("Config");
    byte[] config = files.read(present(configName), ConfigDocument.MAX_BYTES);
    Digest id = Digest.sha256(config);
    Matcher named = NAMED_BY_DIGEST.matcher(configName);
    if (named.matches() && !configName.contains(id.hex())) {
      throw CriException.failedPrecondition("%s has the digest %s".formatted(configName, id));
    }
    List<Digest> diffIds = ConfigDocument.parse(id, config).diffIds();
    List<String> layers = item.strings("Layers", ManifestDocument.MAX_LAYERS);
    if (layers.size() != diffIds.size()) {
      throw item.refused(
          "it has %d layers and its configuration %d".formatted(layers.size(), diffIds.size()));
    }
    ObjectNode manifest = JsonNodeFactory.instance.objectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MediaType.DOCKER_MANIFEST.text());
    names.put(id, configName);
    manifest.set("config", descriptor(MediaType.DOCKER_CONFIG, id, config.length));
    ArrayNode descriptors = manifest.putArray("layers");
    for (int i = 0; i < layers.size(); i++) {
      descriptors.add(layer(layers.get(i), diffIds.get(i)));
    }
    byte[] content = manifest.toString().getBytes(UTF_8);
    return new FetchedManifest(
        Digest.sha256(content), content, Optional.of(MediaType.DOCKER_MANIFEST.text()));
  }

  private ObjectNode layer(String name, Digest diffId) throws IOException {
    long size = files.size(present(name)).orElseThrow();
    byte[] head;
    try (InputStream in = files.open(name)) {
      head = in.readNBytes(Decompression.PEEKED_BYTES);
    }
    boolean compressed = Decompression.isCompressed(head);
    Digest digest =
        compressed ? digest(name) : diffId; // the digest is verified when the layer is unpacked
    names.put(digest, name);
    boolean gzip = compressed && (head[0] & 0xFF) == 0x1f;
    MediaType type =
        gzip
            ? MediaType.DOCKER_LAYER_GZIP
            : compressed ? MediaType.DOCKER_LAYER_ZSTD : MediaType.DOCKER_LAYER;
    return descriptor(type, digest, size);
  }

  private Digest digest(String name) throws IOException {
    MessageDigest computation = Digest.Algorithm.SHA256.start();
    byte[] buffer = new byte[256 * 1024];
    try (InputStream in = files.open(name)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        computation.update(buffer, 0, count);
      }
    }
    return Digest.of(Digest.Algorithm.SHA256, computation);
  }

  private String present(String name) throws IOException {
    if (files.size(name).isEmpty()) {
      throw CriException.failedPrecondition("it does not have the file that it names: " + name);
    }
    return name;
  }

  private static ObjectNode descriptor(MediaType type, Digest digest, long size) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("mediaType", type.text())
        .put("size", size)
        .put("digest", digest.toString());
  }
}
