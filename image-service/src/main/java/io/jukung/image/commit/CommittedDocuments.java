package io.jukung.image.commit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.store.StoredManifest;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** The documents of an image that has one layer more than another one. */
final class CommittedDocuments {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** What Docker's older releases have written about the step before. */
  private static final List<String> OUTDATED = List.of("container", "container_config", "id");

  private CommittedDocuments() {}

  /**
   * The layer that is added.
   *
   * @param diffId the digest of the archive
   * @param digest the digest of the archive, compressed
   * @param size the bytes of the compressed archive
   */
  record NewLayer(Digest diffId, Digest digest, long size) {}

  /**
   * What the image's history says of the layer.
   *
   * @param createdBy the command that has made the layer
   */
  record Made(Instant at, String createdBy, String author, String comment) {}

  /**
   * The configuration with one layer more.
   *
   * @param base a configuration that was accepted when its image came here
   * @param changes instructions that change the part for containers
   */
  static byte[] configuration(byte[] base, NewLayer layer, Made made, List<String> changes)
      throws IOException {
    if (!(JSON.readTree(base) instanceof ObjectNode root)
        || !(root.get("rootfs") instanceof ObjectNode rootfs)) {
      throw CriException.failedPrecondition("the image's configuration is not an image's");
    }
    root.remove(OUTDATED);
    root.put("created", made.at.toString());
    if (!made.author.isEmpty()) {
      root.put("author", made.author);
    }
    new ConfigChanges(root.withObjectProperty("config")).apply(changes);
    ArrayNode diffIds =
        rootfs.get("diff_ids") instanceof ArrayNode known ? known : rootfs.putArray("diff_ids");
    int below = diffIds.size();
    diffIds.add(layer.diffId.toString());
    ArrayNode history =
        root.get("history") instanceof ArrayNode known ? known : root.putArray("history");
    completeHistory(history, below);
    ObjectNode entry = history.addObject().put("created", made.at.toString());
    putUnlessEmpty(entry, "created_by", made.createdBy);
    putUnlessEmpty(entry, "author", made.author);
    putUnlessEmpty(entry, "comment", made.comment);
    return root.toString().getBytes(UTF_8);
  }

  /** Each layer has an entry of the history, or none has: add those that the image left out. */
  private static void completeHistory(ArrayNode history, int layers) {
    int told = 0;
    for (JsonNode entry : history) {
      told += entry.path("empty_layer").asBoolean(false) ? 0 : 1;
    }
    for (; told < layers; told++) {
      history.addObject().put("comment", "the image does not say how this layer was made");
    }
  }

  private static void putUnlessEmpty(ObjectNode entry, String field, String value) {
    if (!value.isEmpty()) {
      entry.put(field, value);
    }
  }

  /** A manifest with one layer more and another configuration, in the form of the one below. */
  static byte[] manifest(StoredManifest base, byte[] configuration, NewLayer layer)
      throws IOException {
    if (!(JSON.readTree(base.content()) instanceof ObjectNode root)
        || !(root.get("config") instanceof ObjectNode config)
        || !(root.get("layers") instanceof ArrayNode layers)) {
      throw CriException.failedPrecondition("manifest " + base.digest() + " is not an image's");
    }
    // Annotations, a subject and the like are about the image below.
    root.retain(List.of("schemaVersion", "mediaType", "config", "layers"));
    config.retain(List.of("mediaType"));
    config.put("digest", Digest.sha256(configuration).toString()).put("size", configuration.length);
    boolean docker = base.mediaType().equals(MediaType.DOCKER_MANIFEST.text());
    MediaType type = docker ? MediaType.DOCKER_LAYER_GZIP : MediaType.OCI_LAYER_GZIP;
    layers
        .addObject()
        .put("mediaType", type.text())
        .put("digest", layer.digest.toString())
        .put("size", layer.size);
    return root.toString().getBytes(UTF_8);
  }
}
