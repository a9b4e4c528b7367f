package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A token server by Distribution's token specification. Its tokens are signed with the key of the
 * certificate {@code server}: a docker-registry that trusts this certificate accepts them.
 */
public final class TokenServer implements AutoCloseable {
  /** The refresh token that the server accepts. */
  public static final String IDENTITY = "identity-of-user";

  private static final Pattern SCOPE = Pattern.compile("[?&]scope=([^&]*)");
  private static final ObjectMapper JSON = new ObjectMapper();
  private final WildRegistry http;
  private final TestCertificates certificates;
  private final List<String> scopes = new CopyOnWriteArrayList<>();

  private TokenServer(WildRegistry http, TestCertificates certificates) {
    this.http = http;
    this.certificates = certificates;
  }

  /** Starts a server that knows one user. */
  public static TokenServer start(TestCertificates certificates, String user, String password)
      throws IOException {
    TokenServer server = new TokenServer(WildRegistry.start(), certificates);
    String basic =
        "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    server.http.on(
        "/token",
        (request, reply) -> {
          String query = URLDecoder.decode(request.target() + "&" + request.body(), UTF_8);
          boolean known =
              basic.equals(request.headers().get("authorization"))
                  || query.contains("refresh_token=" + IDENTITY);
          if (!known || !query.contains("service=test-registry")) {
            reply.empty(401);
            return;
          }
          String scope =
              SCOPE
                  .matcher(query)
                  .results()
                  .map(match -> match.group(1))
                  .collect(Collectors.joining(" "));
          server.scopes.add(scope);
          ObjectNode answer = JSON.createObjectNode();
          answer.put("token", server.issue(scope)).put("expires_in", 300);
          reply.whole(200, JSON.writeValueAsBytes(answer));
        });
    return server;
  }

  public String realm() {
    return http.url() + "/token";
  }

  /** The scopes of the tokens that clients have requested, in order. */
  public List<String> scopes() {
    return List.copyOf(scopes);
  }

  /** Signs a token for scopes {@code repository:NAME:ACTION,ACTION}, with spaces between them. */
  public String issue(String scope) {
    try {
      ObjectNode head = JSON.createObjectNode().put("typ", "JWT").put("alg", "RS256");
      String pem = Files.readString(certificates.file("server.pem"));
      head.putArray("x5c").add(pem.replaceAll("-----[^-]*-----|\\s", ""));
      long now = Instant.now().getEpochSecond();
      ObjectNode claims =
          JSON.createObjectNode()
              .put("iss", "test-issuer")
              .put("sub", "user")
              .put("aud", "test-registry")
              .put("exp", now + 300)
              .put("nbf", now - 10)
              .put("iat", now)
              .put("jti", UUID.randomUUID().toString());
      ArrayNode accesses = claims.putArray("access");
      for (String each : scope.isEmpty() ? new String[0] : scope.split(" ", -1)) {
        String[] parts = each.split(":", 3);
        ObjectNode access = accesses.addObject();
        access.put("type", parts[0]).put("name", parts[1]);
        List.of(parts[2].split(",", -1)).forEach(access.withArray("actions")::add);
      }
      String signed =
          encode(JSON.writeValueAsBytes(head)) + "." + encode(JSON.writeValueAsBytes(claims));
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(PemKey.read(Files.readString(certificates.file("server.key"))));
      signature.update(signed.getBytes(UTF_8));
      return signed + "." + encode(signature.sign());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Override
  public void close() throws IOException {
    http.close();
  }
}
