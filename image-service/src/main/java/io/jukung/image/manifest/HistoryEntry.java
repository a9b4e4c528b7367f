package io.jukung.image.manifest;

import io.jukung.image.content.Digest;
import java.util.ArrayList;
import java.util.List;

/**
 * What an image's configuration tells of one step of its making (OCI image-spec, config.md,
 * history). Text that the image does not have is empty; none of it is checked.
 *
 * @param created a time in the form of RFC 3339
 * @param createdBy the command that was run
 * @param emptyLayer whether the step has made no layer
 */
public record HistoryEntry(
    String created, String createdBy, String author, String comment, boolean emptyLayer) {
  private static final int MAX_ENTRIES = 10_000;

  /**
   * The steps, the oldest first; none if the image does not tell them.
   *
   * @param content a configuration that {@link ConfigDocument#parse} has accepted
   */
  public static List<HistoryEntry> parse(Digest digest, byte[] content) {
    JsonDocument json = JsonDocument.parse("image configuration " + digest, content);
    List<HistoryEntry> entries = new ArrayList<>();
    for (JsonDocument entry : json.objects("history", MAX_ENTRIES)) {
      entries.add(
          new HistoryEntry(
              entry.string("created").orElse(""),
              entry.string("created_by").orElse(""),
              entry.string("author").orElse(""),
              entry.string("comment").orElse(""),
              entry.flag("empty_layer")));
    }
    return entries;
  }
}
