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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one host about one repository. The session keeps the Authorization header that the
 * host has accepted, so that layers fetched at the same time share one token. Thread-safe.
 */
final class HostSession {
  private static final int MAX_REDIRECTS = 10;
  private static final int MAX_TOKEN_ANSWER_BYTES = 1024 * 1024;
  private static final int MAX_ERROR_BODY_BYTES = 8 * 1024;
  private static final int MAX_SHOWN_CHARACTERS = 300;
  static final String RANGE = "Range";

  /** The status of a proxy that refuses a request without the right password (RFC 9110). */
  private static final int PROXY_LOGIN = 407;

  private static final String CLIENT = "jukung";
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final RegistryHost host;
  private final HttpClient client;
  private final HttpClient foreign;
  private final ProxyRule proxies;
  private final Credentials credentials;
  private final String scope;
  private final RegistryTimeouts timeouts;
  private final ReentrantLock authorizing = new ReentrantLock();
  private volatile @Nullable String authorization;

  /** A response with content. Reading the body fails when the host stops sending. */
  record Answer(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /**
   * Creates a session that has sent nothing yet.
   *
   * @param client sends the requests to this host
   * @param foreign sends the requests to other hosts: token servers and the targets of redirects
   * @param proxies decides which of these requests go through a proxy
   * @param credentials the credentials that this host may receive
   */
  HostSession(
      RegistryHost host,
      HttpClient client,
      HttpClient foreign,
      ProxyRule proxies,
      Credentials credentials,
      String repository,
      RegistryTimeouts timeouts) {
    this.host = host;
    this.client = client;
    this.foreign = foreign;
    this.proxies = proxies;
    this.credentials = credentials;
    this.scope = "repository:" + repository + ":pull";
    this.timeouts = timeouts;
  }

  RegistryHost host() {
    return host;
  }

  /**
   * Requests a resource, follows redirects, and authenticates when the host demands it. The answer
   * has the status 200 or 206; closing it frees the connection. If the host cannot send the range
   * that is asked for (416), it is asked for the whole.
   *
   * @param pathAndQuery is appended to the host's base URL
   * @throws RegistryException for every other status
   */
  Answer get(String pathAndQuery, Map<String, String> headers)
      throws IOException, InterruptedException {
    URI uri = URI.create(host.base() + pathAndQuery);
    Map<String, String> sent = headers;
    boolean atHost = true;
    boolean authorized = false;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; ) {
      String proof = atHost ? authorization : null;
      HttpResponse<InputStream> response = send(request(uri, sent, atHost, proof), uri);
      switch (response.statusCode()) {
        case 200, 206 -> {
          return new Answer(
              response.statusCode(), response.headers(), new TimedBody(response.body(), timeouts));
        }
        case 301, 302, 303, 307, 308 -> {
          response.body().close();
          URI target = Destination.ofRedirect(uri, response.headers().firstValue("Location"));
          // After a redirect to another host no further request carries credentials, even if it
          // leads back here: the other host chose that address.
          atHost = atHost && Destination.sameOrigin(host.base(), target);
          uri = target;
          redirects++;
        }
        case 401 -> {
          if (!atHost || authorized) {
            throw failure(response, uri);
          }
          List<Challenge> challenges =
              Challenge.parse(response.headers().allValues("WWW-Authenticate"));
          response.body().close();
          authorize(challenges, proof);
          authorized = true;
        }
        case 416 -> {
          if (!sent.containsKey(RANGE)) {
            throw failure(response, uri);
          }
          response.body().close();
          sent = new HashMap<>(sent);
          sent.remove(RANGE); // the whole answer has the part, too
        }
        default -> throw failure(response, uri);
      }
    }
    throw new RegistryException(
        ErrorKind.UNAVAILABLE, host + " redirects more than " + MAX_REDIRECTS + " times");
  }

  private HttpRequest request(
      URI uri, Map<String, String> headers, boolean atHost, @Nullable String proof)
      throws RegistryException {
    HttpRequest.Builder request = newRequest(uri);
    headers.forEach(request::header);
    if (atHost) {
      try {
        host.headers().forEach((name, values) -> values.forEach(v -> request.header(name, v)));
      } catch (IllegalArgumentException e) {
        // Without the cause: its message may quote a secret value.
        throw new RegistryException(
            ErrorKind.FAILED_PRECONDITION,
            "a header configured for " + host + " has a name or value that cannot be sent");
      }
      if (proof != null) {
        request.setHeader("Authorization", proof);
      }
    }
    return request.build();
  }

  private HttpRequest.Builder newRequest(URI uri) throws RegistryException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).timeout(timeouts.response()).header("User-Agent", CLIENT);
    // The JDK sends this header to the proxy only: with CONNECT, or with a request by plain http.
    proxies
        .of(uri)
        .flatMap(ProxyServer::authorization)
        .ifPresent(proof -> request.header("Proxy-Authorization", proof));
    return request;
  }

  private HttpResponse<InputStream> send(HttpRequest request, URI uri)
      throws IOException, InterruptedException {
    try {
      HttpClient chosen = Destination.sameOrigin(host.base(), uri) ? client : foreign;
      return chosen.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("request to " + uri.getRawAuthority());
      }
      var failure =
          new RegistryException(
              ErrorKind.UNAVAILABLE, uri.getRawAuthority() + ": " + through(uri) + reason(e), e);
      throw isWorthRetrying(e) ? failure.retriable(Duration.ZERO) : failure;
    }
  }

  private String through(URI uri) throws RegistryException {
    return proxies.of(uri).map(proxy -> "through the proxy " + proxy + ": ").orElse("");
  }

  /**
   * Whether a second attempt may succeed: after a refused or broken connection, but not after a
   * timeout, which has waited long enough, nor after a TLS or name error, which would recur.
   */
  private static boolean isWorthRetrying(IOException e) {
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
      return "the host name cannot be resolved";
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

  // ── authentication ─────────────────────────────────────────────────────────────────────────

  /**
   * Obtains a new Authorization header, unless another thread has done so since the request with
   * {@code refused} was sent.
   *
   * @param refused the header that the host did not accept; null if none was sent
   */
  private void authorize(List<Challenge> challenges, @Nullable String refused)
      throws IOException, InterruptedException {
    authorizing.lockInterruptibly();
    try {
      String current = authorization;
      if (current != null && !current.equals(refused)) {
        return;
      }
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

  private HttpRequest tokenByPassword(URI server, StringBuilder query) throws RegistryException {
    boolean named = credentials.kind() == Credentials.Kind.PASSWORD;
    if (named) {
      append(query, "account", credentials.user());
    }
    String separator = server.getRawQuery() == null ? "?" : "&";
    HttpRequest.Builder request = newRequest(URI.create(server + separator + query));
    return named ? request.header("Authorization", credentials.basic()).build() : request.build();
  }

  private HttpRequest tokenByRefreshToken(URI server, StringBuilder form) throws RegistryException {
    append(form, "grant_type", "refresh_token");
    append(form, "client_id", CLIENT);
    append(form, "refresh_token", credentials.secret());
    return newRequest(server)
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

  // ── failures ───────────────────────────────────────────────────────────────────────────────

  private RegistryException failure(HttpResponse<InputStream> response, URI uri)
      throws IOException {
    int status = response.statusCode();
    if (status == PROXY_LOGIN) { // an answer to CONNECT has no body, and the JDK gives null for it
      return new RegistryException(
          ErrorKind.PERMISSION_DENIED,
          "%s: %sit asks for a user and password, or refuses those it got (HTTP %d)"
              .formatted(uri.getRawAuthority(), through(uri), status));
    }
    String said;
    try (InputStream body = new TimedBody(response.body(), timeouts)) {
      said = errorText(body.readNBytes(MAX_ERROR_BODY_BYTES));
    } catch (IOException e) {
      said = ""; // the message then has the status alone
    }
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

  /**
   * The codes and messages of a registry's error document, cut to one line of {@value
   * #MAX_SHOWN_CHARACTERS} characters because the text is not ours. Empty for any other body.
   */
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
      return ""; // not a registry's error document: a proxy's HTML page, for example
    }
    String line = text.toString().replaceAll("\\p{Cntrl}", " ").strip();
    return line.length() <= MAX_SHOWN_CHARACTERS
        ? line
        : line.substring(0, MAX_SHOWN_CHARACTERS) + "…";
  }
}
