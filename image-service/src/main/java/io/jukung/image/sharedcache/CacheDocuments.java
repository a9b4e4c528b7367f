package io.jukung.image.sharedcache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The documents of a shared cache: an OCI artifact (image-spec, manifest.md, "Guidelines for
 * Artifact Usage"), whose first file lists the steps and whose others are their layers. What is
 * read comes from anybody who can write to the registry, and is checked in each part.
 */
final class CacheDocuments {
  /** The type of the artifact. */
  static final String TYPE = "application/vnd.jukung.buildcache.v1+json";

  /** The title of the file that lists the steps. */
  static final String STEPS = "steps.json";

  /** The configuration of an artifact that needs none, and its type. */
  static final byte[] EMPTY = "{}".getBytes(UTF_8);

  private static final String EMPTY_TYPE = "application/vnd.oci.empty.v1+json";

  /** As many as the cache of a node has at most. */
  static final int MAX_STEPS = 2_000;

  /** What a manifest may name besides the list of steps. */
  static final int MAX_LAYERS = ManifestDocument.MAX_LAYERS - 1;

  /** The list of so many steps is far below this. */
  static final int MAX_STEPS_BYTES = 4 << 20;

  /** The last second of the year 9999, which is the last one that an image can state. */
  private static final long MAX_SECONDS = 253_402_300_799L;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private CacheDocuments() {}

  // ── writing ────────────────────────────────────────────────────────────────────────────────

  static byte[] steps(List<SharedStep> steps) {
    ObjectNode root = NODES.objectNode().put("version", 1);
    ArrayNode all = root.putArray("steps");
    for (SharedStep step : steps) {
      ObjectNode each = all.addObject().put("key", step.key()).put("createdAt", step.createdAt());
      step.layer()
          .ifPresent(
              layer ->
                  each.put("blob", layer.blob().digest().toString())
                      .put("diffId", layer.diffId().toString()));
    }
    return root.toString().getBytes(UTF_8);
  }

  /**
   * @param steps the document with the steps
   */
  static byte[] manifest(byte[] steps, List<Descriptor> layers) {
    ObjectNode root = NODES.objectNode().put("schemaVersion", 2);
    root.put("mediaType", MediaType.OCI_MANIFEST.text()).put("artifactType", TYPE);
    root.set("config", descriptor(EMPTY_TYPE, Digest.sha256(EMPTY), EMPTY.length));
    ArrayNode all = root.putArray("layers");
    ObjectNode list = descriptor(TYPE, Digest.sha256(steps), steps.length);
    list.putObject("annotations").put(ManifestDocument.TITLE, STEPS);
    all.add(list);
    layers.forEach(each -> all.add(descriptor(each.mediaType(), each.digest(), each.size())));
    return root.toString().getBytes(UTF_8);
  }

  private static ObjectNode descriptor(String type, Digest digest, long size) {
    return NODES
        .objectNode()
        .put("mediaType", type)
        .put("digest", digest.toString())
        .put("size", size);
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────

  /**
   * Where the list of steps is.
   *
   * @throws CriException FAILED_PRECONDITION if the document is no cache
   */
  static Descriptor stepsOf(ManifestDocument document) {
    if (!(document instanceof ArtifactManifest artifact)
        || !artifact.type().equals(TYPE)
        || artifact.files().isEmpty()
        || !artifact.files().getFirst().path().equals(STEPS)) {
      throw CriException.failedPrecondition("it is no build cache of jukung");
    }
    Descriptor steps = artifact.files().getFirst().blob();
    if (steps.size() > MAX_STEPS_BYTES) {
      throw CriException.failedPrecondition(
          "its list of steps has %d bytes, above the bound of %d"
              .formatted(steps.size(), MAX_STEPS_BYTES));
    }
    return steps;
  }

  /**
   * The steps by their keys.
   *
   * @param content the list of steps
   * @throws CriException FAILED_PRECONDITION if anything in it is not as an export writes it
   */
  static Map<String, SharedStep> parse(ArtifactManifest artifact, byte[] content) {
    Map<Digest, Descriptor> blobs = new HashMap<>();
    artifact.files().stream()
        .skip(1)
        .map(ArtifactManifest.File::blob)
        .forEach(each -> blobs.put(each.digest(), each));
    JsonDocument json = JsonDocument.parse("the list of steps", content);
    if (!json.states("steps") || json.requiredSize("version") != 1) {
      throw json.refused("it has no steps of version 1");
    }
    Map<String, SharedStep> steps = new LinkedHashMap<>();
    for (JsonDocument each : json.objects("steps", MAX_STEPS)) {
      SharedStep step = step(each, blobs);
      if (steps.put(step.key(), step) != null) {
        throw each.refused("the key is there twice");
      }
    }
    return Map.copyOf(steps);
  }

  private static SharedStep step(JsonDocument json, Map<Digest, Descriptor> blobs) {
    String key = json.requiredString("key");
    if (!key.matches("[0-9a-f]{64}")) {
      throw json.refused("its key is no digest");
    }
    long created = json.requiredSize("createdAt");
    if (created > MAX_SECONDS) {
      throw json.refused("it was created after the year 9999");
    }
    if (!json.has("blob") && !json.has("diffId")) {
      return new SharedStep(key, Optional.empty(), created);
    }
    Descriptor blob = blobs.get(json.requiredDigest("blob"));
    if (blob == null) {
      throw json.refused("its layer is not in the manifest");
    }
    boolean usable =
        MediaType.of(blob.mediaType())
            .filter(
                type ->
                    List.of(MediaType.OCI_LAYER, MediaType.OCI_LAYER_GZIP, MediaType.OCI_LAYER_ZSTD)
                        .contains(type))
            .isPresent();
    if (!usable) {
      throw json.refused("its layer is of the type " + blob.mediaType());
    }
    return new SharedStep(
        key, Optional.of(new StageLayer(json.requiredDigest("diffId"), blob)), created);
  }

  /** The layers of steps, each once. */
  static List<Descriptor> layers(List<SharedStep> steps) {
    Map<Digest, Descriptor> all = new LinkedHashMap<>();
    steps.forEach(
        step ->
            step.layer().ifPresent(layer -> all.putIfAbsent(layer.blob().digest(), layer.blob())));
    return new ArrayList<>(all.values());
  }
}
