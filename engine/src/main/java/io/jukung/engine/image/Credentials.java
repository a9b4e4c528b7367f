package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The credentials that a client sends with a request. They are secret: no message has them. */
public final class Credentials {
  private static final String HEADER = "X-Registry-Auth";
  private static final String OF_BUILDS = "X-Registry-Config";

  private Credentials() {}

  /** Reads the header; no credentials if there is none. */
  static AuthConfig of(Exchange exchange) {
    return header(exchange, HEADER).map(Credentials::of).orElse(AuthConfig.getDefaultInstance());
  }

  /**
   * Reads the header of a build: an AuthConfig for each registry that the client knows.
   *
   * @return with the registry as the server's address
   * @throws HttpError 400 if the header cannot be read
   */
  public static List<AuthConfig> ofBuild(Exchange exchange) {
    List<AuthConfig> all = new ArrayList<>();
    JsonNode registries = header(exchange, OF_BUILDS).orElse(Json.object());
    for (Map.Entry<String, JsonNode> each : registries.properties()) {
      AuthConfig auth = of(each.getValue());
      boolean any =
          !(auth.getUsername().isEmpty()
              && auth.getIdentityToken().isEmpty()
              && auth.getRegistryToken().isEmpty());
      if (any && !each.getKey().isEmpty()) {
        all.add(auth.toBuilder().setServerAddress(each.getKey()).build());
      }
    }
    return all;
  }

  private static Optional<JsonNode> header(Exchange exchange, String name) {
    Optional<String> header = exchange.header(name);
    if (header.isEmpty()) {
      return Optional.empty();
    }
    try {
      String text = header.get().replace('+', '-').replace('/', '_').replaceAll("=+$", "");
      byte[] json = Base64.getUrlDecoder().decode(text);
      return Optional.of(Json.parse(new String(json, StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException e) {
      // The cause is left out: its message may quote a part of the secret.
      throw HttpError.badRequest("invalid " + name + " header");
    }
  }

  /** Reads docker's AuthConfig. */
  static AuthConfig of(JsonNode json) {
    return AuthConfig.newBuilder()
        .setUsername(json.path("username").asText(""))
        .setPassword(json.path("password").asText(""))
        .setIdentityToken(json.path("identitytoken").asText(""))
        .setRegistryToken(json.path("registrytoken").asText(""))
        .setServerAddress(json.path("serveraddress").asText(""))
        .build();
  }
}
