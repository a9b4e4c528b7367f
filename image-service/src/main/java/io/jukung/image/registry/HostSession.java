package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with one host about one repository: it holds what the host has accepted as proof
 * of who asks. Thread-safe: layers are fetched side by side with one proof.
 */
final class HostSession {
  private static final int MAX_REDIRECTS = 10;
  private static final int MAX_TOKEN_ANSWER_BYTES = 1024 * 1024;
  private static final int MAX_ERROR_BODY_BYTES = 8 * 1024;
  private static final int MAX_SHOWN_CHARACTERS = 300;
  private static final String CLIENT = "jukung";
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final RegistryHost host;
  private final HttpClient client;
  private final HttpClient foreign;
  private final Credentials credentials;
  private final String scope;
  private final RegistryTimeouts timeouts;
  private final ReentrantLock authorizing = new ReentrantLock();
  private volatile @Nullable String authorization;

  /** A resource; its body fails where it falls silent. */
  record Answer(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /**
   * @param client for this host alone
   * @param foreign for whereto it sends us
   * @param credentials that this very host may see
   */
  HostSession(
      RegistryHost host,
      HttpClient client,
      HttpClient foreign,
      Credentials credentials,
      String repository,
      RegistryTimeouts timeouts) {
    this.host = host;
    this.client = client;
    this.foreign = foreign;
    this.credentials = credentials;
    this.scope = "repository:" + repository + ":pull";
    this.timeouts = timeouts;
  }

  RegistryHost host() {
    return host;
  }

  /**
   * Asks for a resource, through redirects and after proving who asks where that is wanted. The
   * answer has status 200 or 206; closing its body frees the connection.
   *
   * @param pathAndQuery below the host's base URL
   */
  Answer get(String pathAndQuery, Map<String, String> headers)
      throws IOException, InterruptedException {
    URI uri = URI.create(host.base() + pathAndQuery);
    boolean home = true;
    boolean proved = false;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; ) {
      String proof = home ? authorization : null;
      HttpResponse<InputStream> response = send(request(uri, headers, home, proof), uri);
      switch (response.statusCode()) {
        case 200, 206 -> {
          return new Answer(
              response.statusCode(), response.headers(), new TimedBody(response.body(), timeouts));
        }
        case 301, 302, 303, 307, 308 -> {
          response.body().close();
          URI target = Destination.ofRedirect(uri, response.headers().firstValue("Location"));
          // Once away, never again with proof: the address was a stranger's choice.
          home = home && Destination.sameOrigin(host.base(), target);
          uri = target;
          redirects++;
        }
        case 401 -> {
          if (!home || proved) {
            throw failure(response, uri);
          }
          List<Challenge> challenges =
              Challenge.parse(response.headers().allValues("WWW-Authenticate"));
          response.body().close();
          authorize(challenges, proof);
          proved = true;
        }
        default -> throw failure(response, uri);
      }
    }
    throw new RegistryException(
        ErrorKind.UNAVAILABLE, host + " redirects more than " + MAX_REDIRECTS + " times");
  }

  private HttpRequest request(
      URI uri, Map<String, String> headers, boolean home, @Nullable String proof)
      throws RegistryException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).timeout(timeouts.response()).header("User-Agent", CLIENT);
    headers.forEach(request::header);
    if (home) {
      try {
        host.headers().forEach((name, values) -> values.forEach(v -> request.header(name, v)));
      } catch (IllegalArgumentException e) {
        // Without the cause: its message may quote a secret value.
        throw new RegistryException(
            ErrorKind.FAILED_PRECONDITION,
            "a header configured for " + host + " is not one that can be sent");
      }
      if (proof != null) {
        request.setHeader("Authorization", proof);
      }
    }
    return request.build();
  }

  private HttpResponse<InputStream> send(HttpRequest request, URI uri)
      throws IOException, InterruptedException {
    try {
      HttpClient chosen = Destination.sameOrigin(host.base(), uri) ? client : foreign;
      return chosen.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("ask " + uri.getRawAuthority());
      }
      var failure =
          new RegistryException(ErrorKind.UNAVAILABLE, uri.getRawAuthority() + ": " + reason(e), e);
      throw mayBeOverSoon(e) ? failure.retriable(Duration.ZERO) : failure;
    }
  }

  /** A connection refused or broken. Timeouts have waited enough, TLS and names do not change. */
  private static boolean mayBeOverSoon(IOException e) {
    if (e instanceof HttpTimeoutException || e instanceof SSLException) {
      return false;
    }
    return !isUnknownName(e);
  }

  private static boolean isUnknownName(IOException e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }

  private String reason(IOException e) {
    if (isUnknownName(e)) {
      return "the host name is not known";
    }
    return switch (e) {
      case HttpConnectTimeoutException timeout ->
          "no connection within " + timeouts.connect().toSeconds() + " s";
      case HttpTimeoutException timeout ->
          "no answer within " + timeouts.response().toSeconds() + " s";
      case ConnectException refused -> "cannot connect: connection refused";
      case SSLException tls -> "TLS: " + tls.getMessage();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  // ── proving who asks ───────────────────────────────────────────────────────────────────────

  /** Obtains a new proof, unless another thread has since {@code refused} was sent. */
  private void authorize(List<Challenge> challenges, @Nullable String refused)
      throws IOException, InterruptedException {
    authorizing.lockInterruptibly();
    try {
      String current = authorization;
      if (current != null && !current.equals(refused)) {
        return;
      }
      authorization = newProof(challenges, refused);
    } finally {
      authorizing.unlock();
    }
  }

  private String newProof(List<Challenge> challenges, @Nullable String refused)
      throws IOException, InterruptedException {
    Optional<Challenge> bearer = find(challenges, "bearer");
    if (credentials.kind() == Credentials.Kind.REGISTRY_TOKEN) {
      String proof = "Bearer " + credentials.secret();
      if (proof.equals(refused)) {
        throw new RegistryException(
            ErrorKind.UNAUTHENTICATED, host + " does not accept the registry token");
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
            host + " wants a user and password, and none were given for it");
      }
      if (credentials.basic().equals(refused)) {
        throw new RegistryException(
            ErrorKind.UNAUTHENTICATED, host + " does not accept the user and password");
      }
      return credentials.basic();
    }
    throw new RegistryException(
        ErrorKind.UNAUTHENTICATED, host + " refuses and offers no way to authenticate");
  }

  private static Optional<Challenge> find(List<Challenge> challenges, String scheme) {
    return challenges.stream().filter(c -> c.scheme().equals(scheme)).findFirst();
  }

  /** Asks the token server (Distribution's token specification). */
  private String token(Challenge challenge) throws IOException, InterruptedException {
    String realm =
        challenge
            .parameter("realm")
            .orElseThrow(
                () ->
                    new RegistryException(
                        ErrorKind.UNAUTHENTICATED, host + " wants a token and says not from whom"));
    URI server = Destination.ofRealm(host.base(), realm);
    StringBuilder form = new StringBuilder();
    challenge.parameter("service").ifPresent(service -> append(form, "service", service));
    append(form, "scope", challenge.parameter("scope").orElse(scope));
    HttpRequest request =
        credentials.kind() == Credentials.Kind.IDENTITY_TOKEN
            ? tokenByRefreshToken(server, form)
            : tokenByPassword(server, form);
    HttpResponse<InputStream> response = send(request, server);
    if (response.statusCode() != 200) {
      throw failure(response, server);
    }
    try (InputStream body = new TimedBody(response.body(), timeouts)) {
      return readToken(body.readNBytes(MAX_TOKEN_ANSWER_BYTES), server);
    }
  }

  private HttpRequest tokenByPassword(URI server, StringBuilder query) {
    boolean named = credentials.kind() == Credentials.Kind.PASSWORD;
    if (named) {
      append(query, "account", credentials.user());
    }
    String separator = server.getRawQuery() == null ? "?" : "&";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server + separator + query))
            .timeout(timeouts.response())
            .header("User-Agent", CLIENT);
    return named ? request.header("Authorization", credentials.basic()).build() : request.build();
  }

  private HttpRequest tokenByRefreshToken(URI server, StringBuilder form) {
    append(form, "grant_type", "refresh_token");
    append(form, "client_id", CLIENT);
    append(form, "refresh_token", credentials.secret());
    return HttpRequest.newBuilder(server)
        .timeout(timeouts.response())
        .header("User-Agent", CLIENT)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form.toString()))
        .build();
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
      throw new RegistryException(ErrorKind.UNAVAILABLE, "read token of " + server.getHost(), e);
    }
    throw badToken(server);
  }

  private static RegistryException badToken(URI server) {
    return new RegistryException(
        ErrorKind.UNAVAILABLE,
        "token server " + server.getRawAuthority() + " answers without a token");
  }

  // ── answers that are none ──────────────────────────────────────────────────────────────────

  private RegistryException failure(HttpResponse<InputStream> response, URI uri)
      throws IOException {
    String said;
    try (InputStream body = new TimedBody(response.body(), timeouts)) {
      said = errorText(body.readNBytes(MAX_ERROR_BODY_BYTES));
    } catch (IOException e) {
      said = ""; // the status alone says enough
    }
    int status = response.statusCode();
    ErrorKind kind =
        switch (status) {
          case 401 -> ErrorKind.UNAUTHENTICATED;
          case 403 -> ErrorKind.PERMISSION_DENIED;
          case 404 -> ErrorKind.NOT_FOUND;
          case 429 -> ErrorKind.RESOURCE_EXHAUSTED;
          default -> status >= 500 ? ErrorKind.UNAVAILABLE : ErrorKind.FAILED_PRECONDITION;
        };
    var failure =
        new RegistryException(
            kind,
            "%s: HTTP %d%s"
                .formatted(uri.getRawAuthority(), status, said.isEmpty() ? "" : " " + said));
    return switch (status) {
      case 408, 429, 500, 502, 503, 504 ->
          failure.retriable(
              BackOff.asked(response.headers().firstValue("Retry-After"), Instant.now()));
      default -> failure;
    };
  }

  /** The messages of a registry's error document; foreign text, so bounded and on one line. */
  private static String errorText(byte[] body) {
    StringBuilder text = new StringBuilder();
    try {
      for (JsonNode error : JSON.readTree(body).path("errors")) {
        text.append(text.isEmpty() ? "" : "; ")
            .append(error.path("code").asText(""))
            .append(' ')
            .append(error.path("message").asText(""));
      }
    } catch (IOException e) {
      return ""; // a page for people, or cut off: not a registry's answer
    }
    String line = text.toString().replaceAll("\\p{Cntrl}", " ").strip();
    return line.length() <= MAX_SHOWN_CHARACTERS
        ? line
        : line.substring(0, MAX_SHOWN_CHARACTERS) + "…";
  }
}
