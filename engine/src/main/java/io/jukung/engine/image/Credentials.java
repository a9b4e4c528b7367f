package io.jukung.engine.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** The credentials that a client sends with a request. They are secret: no message has them. */
final class Credentials {
  private static final String HEADER = "X-Registry-Auth";

  private Credentials() {}

  /** Reads the header; no credentials if there is none. */
  static AuthConfig of(Exchange exchange) {
    Optional<String> header = exchange.header(HEADER);
    if (header.isEmpty()) {
      return AuthConfig.getDefaultInstance();
    }
    try {
      String text = header.get().replace('+', '-').replace('/', '_').replaceAll("=+$", "");
      byte[] json = Base64.getUrlDecoder().decode(text);
      return of(Json.parse(new String(json, StandardCharsets.UTF_8)));
    } catch (IllegalArgumentException e) {
      throw HttpError.badRequest("invalid " + HEADER + " header");
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
