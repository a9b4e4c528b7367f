package io.jukung.engine.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import io.jukung.engine.http.Query;

/** The platform of this node, the only one whose images and containers there are. */
public final class Platform {
  private Platform() {}

  /** The architecture in the words of Go and the OCI. */
  public static String architecture() {
    return System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
  }

  /**
   * Refuses a request whose parameter {@code platform} asks for another one.
   *
   * @throws HttpError 501 that names the platform
   */
  public static void require(Query query) {
    String platform = query.text("platform").orElse("");
    if (!platform.isEmpty() && !isOwn(platform, architecture())) {
      throw HttpError.notImplemented("the platform " + platform + " on this node");
    }
  }

  /**
   * As {@link #require}, of a route whose parameter {@code platform} is a JSON object of the OCI.
   *
   * @throws HttpError 501 that names the platform, 400 if it is no JSON
   */
  public static void requireJson(Query query) {
    for (String each : query.all("platform")) {
      if (each.isEmpty()) {
        continue;
      }
      JsonNode platform;
      try {
        platform = Json.parse(each);
      } catch (IllegalArgumentException e) {
        throw HttpError.badRequest("invalid platform: " + each);
      }
      String text = platform.path("os").asText("") + "/" + platform.path("architecture").asText("");
      String variant = platform.path("variant").asText("");
      String whole = variant.isEmpty() ? text : text + "/" + variant;
      if (!isOwn(whole, architecture())) {
        throw HttpError.notImplemented("the platform " + whole + " on this node");
      }
    }
  }

  static boolean isOwn(String platform, String architecture) {
    return platform.equals("linux")
        || platform.equals("linux/" + architecture)
        || (platform.equals("linux/arm64/v8") && architecture.equals("arm64"));
  }
}
