package io.jukung.image.buildcache;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import java.util.List;

/** The documents of images that are built (OCI image-spec, manifest.md and config.md). */
public final class BuiltDocuments {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private BuiltDocuments() {}

  /** The configuration of an image without anything. */
  public static ObjectNode empty(Platform platform) {
    ObjectNode root = NODES.objectNode().put("architecture", platform.architecture());
    if (!platform.variant().isEmpty()) {
      root.put("variant", platform.variant());
    }
    root.put("os", platform.os());
    root.putObject("config");
    root.putObject("rootfs").put("type", "layers").putArray("diff_ids");
    root.putArray("history");
    return root;
  }

  /**
   * The configuration of an intermediate image. It depends on the layers alone, and has an author
   * so that no image for users has the same ID.
   */
  public static byte[] intermediate(List<Digest> diffIds) {
    ObjectNode root =
        empty(Platform.current()).put("author", "intermediate result of jukung build");
    setDiffIds(root, diffIds);
    return root.toString().getBytes(UTF_8);
  }

  public static void setDiffIds(ObjectNode root, List<Digest> diffIds) {
    ArrayNode all = root.withObjectProperty("rootfs").put("type", "layers").putArray("diff_ids");
    diffIds.forEach(each -> all.add(each.toString()));
  }

  /** An image of an index. */
  public record Listed(Platform platform, byte[] manifest) {}

  /** An index of the same image for several platforms (image-index.md). */
  public static byte[] index(List<Listed> images) {
    ObjectNode root = NODES.objectNode().put("schemaVersion", 2);
    root.put("mediaType", MediaType.OCI_INDEX.text());
    ArrayNode all = root.putArray("manifests");
    for (Listed image : images) {
      ObjectNode entry =
          all.addObject()
              .put("mediaType", MediaType.OCI_MANIFEST.text())
              .put("digest", Digest.sha256(image.manifest).toString())
              .put("size", image.manifest.length);
      ObjectNode platform = entry.putObject("platform");
      platform.put("architecture", image.platform.architecture()).put("os", image.platform.os());
      if (!image.platform.variant().isEmpty()) {
        platform.put("variant", image.platform.variant());
      }
    }
    return root.toString().getBytes(UTF_8);
  }

  public static byte[] manifest(byte[] configuration, List<StageLayer> layers) {
    ObjectNode root = NODES.objectNode().put("schemaVersion", 2);
    root.put("mediaType", MediaType.OCI_MANIFEST.text());
    root.putObject("config")
        .put("mediaType", MediaType.OCI_CONFIG.text())
        .put("digest", Digest.sha256(configuration).toString())
        .put("size", configuration.length);
    ArrayNode all = root.putArray("layers");
    for (StageLayer layer : layers) {
      all.addObject()
          .put("mediaType", layer.blob().mediaType())
          .put("digest", layer.blob().digest().toString())
          .put("size", layer.blob().size());
    }
    return root.toString().getBytes(UTF_8);
  }
}
