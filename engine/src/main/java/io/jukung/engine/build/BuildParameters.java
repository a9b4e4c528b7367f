package io.jukung.engine.build;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.client.v1.BuildOptions;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Query;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The parameters of {@code POST /build} as the daemon takes them. */
final class BuildParameters {
  /** Limits of the containers of RUN, which the daemon's builder does not have. Zero: no limit. */
  private static final Set<String> LIMITS =
      Set.of("cpuperiod", "cpuquota", "cpushares", "memory", "memswap", "shmsize");

  private static final Set<String> UNSUPPORTED_TEXTS =
      Set.of("cgroupparent", "cpusetcpus", "cpusetmems", "extrahosts", "remote", "securityopt");

  private static final Set<String> UNSUPPORTED_LISTS = Set.of("outputs", "ulimits");

  private BuildParameters() {}

  /**
   * Reads the parameters. {@code rm} and {@code forcerm} say nothing: no container of a build
   * stays.
   *
   * @throws HttpError 501 that names what is set and cannot be carried out, 400 for what cannot be
   *     read
   */
  static BuildOptions.Builder options(Query query) {
    refuseUnsupported(query);
    BuildOptions.Builder options =
        BuildOptions.newBuilder()
            .addAllTags(query.all("t").stream().filter(each -> !each.isEmpty()).toList())
            .setDockerfilePath(query.text("dockerfile").orElse(""))
            .putAllArguments(texts(query, "buildargs"))
            .putAllLabels(texts(query, "labels"))
            .setPlatform(platform(query))
            .setTarget(query.text("target").orElse(""))
            .setNoCache(query.flag("nocache", false))
            .setPull(query.flag("pull", false))
            .setNetwork(network(query.text("networkmode").orElse("")));
    for (JsonNode each : query.json("cachefrom")) {
      options.addCacheFrom(each.asText());
    }
    return options;
  }

  /** Docker's classic builder makes images of one platform. */
  private static String platform(Query query) {
    String platform = query.text("platform").orElse("");
    if (platform.contains(",")) {
      throw HttpError.badRequest("invalid platform: " + platform);
    }
    return platform;
  }

  private static void refuseUnsupported(Query query) {
    if (!query.text("version").orElse("1").equals("1")) {
      throw HttpError.notImplemented("a build with BuildKit (the parameter version)");
    }
    query.refuseNumbers(LIMITS);
    for (String each : UNSUPPORTED_TEXTS) {
      String text = query.text(each).orElse("");
      if (!text.isEmpty() && !text.equals("null") && !text.equals("[]")) {
        throw HttpError.notImplemented("the parameter " + each);
      }
    }
    for (String each : UNSUPPORTED_LISTS) {
      if (isSet(query, each)) {
        throw HttpError.notImplemented("the parameter " + each);
      }
    }
    query.refuseFlags("squash");
    String isolation = query.text("isolation").orElse("default");
    if (!isolation.equals("default")) {
      throw HttpError.badRequest("the isolation " + isolation + " is none of Linux");
    }
  }

  /** Whether a list in JSON has anything. */
  private static boolean isSet(Query query, String parameter) {
    String text = query.text(parameter).orElse("").strip();
    return !text.isEmpty() && !text.equals("null") && !query.json(parameter).isEmpty();
  }

  /** An object of texts. A null is a name without a value, which leaves the Dockerfile's value. */
  private static Map<String, String> texts(Query query, String parameter) {
    JsonNode json = query.json(parameter);
    if (!json.isObject() && !json.isNull()) {
      throw HttpError.badRequest("invalid " + parameter + ": it is not an object");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      if (each.getValue().isNull()) {
        continue;
      }
      if (!each.getValue().isTextual()) {
        throw HttpError.badRequest(
            "invalid " + parameter + ": the value of " + each.getKey() + " is not a text");
      }
      texts.put(each.getKey(), each.getValue().asText());
    }
    return texts;
  }

  /** Docker's bridge is the daemon's default. What else the daemon does not know, it refuses. */
  private static String network(String mode) {
    return List.of("bridge", "default").contains(mode) ? "" : mode;
  }
}
