package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.Credentials;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The Authorization header that one host accepts for one session: a user and password, or a token
 * of the token server that the host names. Thread-safe.
 */
final class HostAuthorization {
  private static final int MAX_TOKEN_ANSWER_BYTES = 1024 * 1024;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final HostTransport transport;
  private final RegistryHost host;
  private final Credentials credentials;
  private final TokenScopes scopes;
  private final ReentrantLock authorizing = new ReentrantLock();
  private volatile @Nullable String authorization;
  private volatile boolean named;

  /**
   * @param credentials the credentials that this host may receive
   * @param scopes what tokens are requested for
   */
  HostAuthorization(HostTransport transport, Credentials credentials, TokenScopes scopes) {
    this.transport = transport;
    this.host = transport.host();
    this.credentials = credentials;
    this.scopes = scopes;
  }

  /** Whether the host has demanded credentials and was shown some. */
  boolean hasShownCredentials() {
    return named;
  }

  /** The header's value that the host has accepted last; null before the first challenge. */
  @Nullable String current() {
    return authorization;
  }

  /**
   * Obtains a new Authorization header, unless another thread has done so since the request with
   * {@code refused} was sent.
   *
   * @param refused the header that the host did not accept; null if none was sent
   */
  void authorize(List<Challenge> challenges, @Nullable String refused)
      throws IOException, InterruptedException {
    authorizing.lockInterruptibly();
    try {
      String current = authorization;
      if (current != null && !current.equals(refused)) {
        return;
      }
      named |= credentials.kind() != Credentials.Kind.ANONYMOUS;
      authorization = newAuthorization(challenges, refused);
    } finally {
      authorizing.unlock();
    }
  }

  private String newAuthorization(List<Challenge> challenges, @Nullable String refused)
      throws IOException, InterruptedException {
    Optional<Challenge> bearer = find(challenges, "bearer");
    if (credentials.kind() == Credentials.Kind.REGISTRY_TOKEN) {
      String proof = "Bearer " + credentials.secret();
      if (proof.equals(refused)) {
        throw new RegistryException(
            ErrorKind.UNAUTHENTICATED, host + " rejects the registry token");
      }
      return proof;
    }
    if (bearer.isPresent()) {
      return "Bearer " + token(bearer.get());
    }
    if (find(challenges, "basic").isPresent()) {
      if (credentials.kind() != Credentials.Kind.PASSWORD) {
        throw new RegistryException(
            ErrorKind.UNAUTHENTICATED,
            host + " asks for a user and password, and none were given for it");
      }
      if (credentials.basic().equals(refused)) {
        throw new RegistryException(
            ErrorKind.UNAUTHENTICATED, host + " rejects the user and password");
      }
      return credentials.basic();
    }
    throw new RegistryException(
        ErrorKind.UNAUTHENTICATED, host + " answers HTTP 401 without a Bearer or Basic challenge");
  }

  private static Optional<Challenge> find(List<Challenge> challenges, String scheme) {
    return challenges.stream().filter(c -> c.scheme().equals(scheme)).findFirst();
  }

  /** Requests a token from the challenge's token server (Distribution's token specification). */
  private String token(Challenge challenge) throws IOException, InterruptedException {
    String realm =
        challenge
            .parameter("realm")
            .orElseThrow(
                () ->
                    new RegistryException(
                        ErrorKind.UNAUTHENTICATED,
                        host + " asks for a token and names no token server"));
    URI server = Destination.ofRealm(host.base(), realm);
    StringBuilder form = new StringBuilder();
    challenge.parameter("service").ifPresent(service -> append(form, "service", service));
    scopes.wanted(challenge.parameter("scope")).forEach(scope -> append(form, "scope", scope));
    HttpRequest.Builder request =
        credentials.kind() == Credentials.Kind.IDENTITY_TOKEN
            ? tokenByRefreshToken(server, form)
            : tokenByPassword(server, form);
    HttpResponse<InputStream> response = transport.send(request, server);
    if (response.statusCode() != 200) {
      throw transport.failure(response, server);
    }
    try (InputStream body = transport.timeouts().watch(response.body())) {
      return readToken(body.readNBytes(MAX_TOKEN_ANSWER_BYTES), server);
    }
  }

  private HttpRequest.Builder tokenByPassword(URI server, StringBuilder query)
      throws RegistryException {
    boolean named = credentials.kind() == Credentials.Kind.PASSWORD;
    if (named) {
      append(query, "account", credentials.user());
    }
    String separator = server.getRawQuery() == null ? "?" : "&";
    HttpRequest.Builder request = transport.newRequest(URI.create(server + separator + query));
    return named ? request.header("Authorization", credentials.basic()) : request;
  }

  private HttpRequest.Builder tokenByRefreshToken(URI server, StringBuilder form)
      throws RegistryException {
    append(form, "grant_type", "refresh_token");
    append(form, "client_id", HostTransport.CLIENT);
    append(form, "refresh_token", credentials.secret());
    return transport
        .newRequest(server)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form.toString()));
  }

  private static void append(StringBuilder form, String name, String value) {
    form.append(form.isEmpty() ? "" : "&")
        .append(name)
        .append('=')
        .append(URLEncoder.encode(value, UTF_8));
  }

  private static String readToken(byte[] answer, URI server) throws RegistryException {
    try {
      JsonNode json = JSON.readTree(answer);
      String token = json.path("token").asText("");
      if (token.isEmpty()) {
        token = json.path("access_token").asText("");
      }
      if (!token.isEmpty() && token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        return token;
      }
    } catch (JsonProcessingException e) {
      // Without the cause: it quotes the answer, which may hold a token.
      throw badToken(server);
    } catch (IOException e) {
      throw new RegistryException(
          ErrorKind.UNAVAILABLE, "read the answer of token server " + server.getRawAuthority(), e);
    }
    throw badToken(server);
  }

  private static RegistryException badToken(URI server) {
    return new RegistryException(
        ErrorKind.UNAVAILABLE,
        "token server " + server.getRawAuthority() + " answers without a token");
  }
}
