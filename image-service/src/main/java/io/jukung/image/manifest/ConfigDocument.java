package io.jukung.image.manifest;

import io.jukung.image.content.Digest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * The configuration blob of an image: the part for containers, and the digests of the uncompressed
 * layers, bottom first.
 */
public record ConfigDocument(ImageConfig config, List<Digest> diffIds) {
  /** Configurations have the build history and some labels; they are rarely larger than 100 KiB. */
  public static final int MAX_BYTES = 8 * 1024 * 1024;

  private static final int MAX_ITEMS = 10_000;

  public static ConfigDocument parse(Digest digest, byte[] content) {
    JsonDocument json = JsonDocument.parse("image configuration " + digest, content);
    List<Digest> diffIds = new ArrayList<>();
    Optional<JsonDocument> rootfs = json.object("rootfs");
    if (rootfs.isEmpty()) {
      throw json.refused("it has no rootfs, so it is not an image's");
    }
    for (String diffId : rootfs.get().strings("diff_ids", MAX_ITEMS)) {
      try {
        diffIds.add(Digest.parse(diffId));
      } catch (IllegalArgumentException e) {
        throw json.refused("one of its diff_ids: " + e.getMessage());
      }
    }
    return new ConfigDocument(config(json), List.copyOf(diffIds));
  }

  private static ImageConfig config(JsonDocument json) {
    JsonDocument inner = json.object("config").orElse(EMPTY);
    return new ImageConfig(
        inner.string("User").orElse(""),
        List.copyOf(inner.strings("Env", MAX_ITEMS)),
        List.copyOf(inner.strings("Entrypoint", MAX_ITEMS)),
        List.copyOf(inner.strings("Cmd", MAX_ITEMS)),
        inner.string("WorkingDir").orElse(""),
        inner.stringMap("Labels", MAX_ITEMS),
        new LinkedHashSet<>(inner.names("Volumes", MAX_ITEMS)),
        inner.string("StopSignal").orElse(""),
        json.string("os").orElse(""),
        json.string("architecture").orElse(""),
        json.string("variant").orElse(""),
        json.string("created").orElse(""));
  }

  private static final JsonDocument EMPTY = JsonDocument.parse("no config", new byte[] {'{', '}'});
}
