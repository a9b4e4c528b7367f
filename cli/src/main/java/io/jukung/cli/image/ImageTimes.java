package io.jukung.cli.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.Connection;
import io.jukung.cli.text.Json;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;

/**
 * What images say of themselves: labels, and when they were made. The daemon is asked for each of
 * them.
 */
final class ImageTimes {
  private static final long NANOS = 1_000_000_000L;

  private ImageTimes() {}

  /** Returns the whole configuration of an image; empty if the daemon does not tell. */
  static JsonNode configuration(Connection connection, String nameOrId) {
    var request =
        ImageStatusRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(nameOrId))
            .setVerbose(true)
            .build();
    var info = connection.images().imageStatus(request).getInfoMap();
    return Json.parse(info.getOrDefault("info", "{}")).path("imageSpec");
  }

  /** Returns when an image was made, in nanoseconds since the epoch; 0 if it does not say so. */
  static long created(Connection connection, String nameOrId) {
    return nanos(configuration(connection, nameOrId).path("created").asText());
  }

  /** Returns the labels of an image. */
  static Map<String, String> labels(Connection connection, String nameOrId) {
    Map<String, String> labels = new HashMap<>();
    configuration(connection, nameOrId)
        .path("config")
        .path("Labels")
        .properties()
        .forEach(each -> labels.put(each.getKey(), each.getValue().asText()));
    return labels;
  }

  /** Returns nanoseconds since the epoch; 0 for text that is no time. */
  static long nanos(String created) {
    try {
      Instant at = OffsetDateTime.parse(created).toInstant();
      return Math.addExact(Math.multiplyExact(at.getEpochSecond(), NANOS), at.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      return 0; // the image states no time, or none that can be
    }
  }
}
