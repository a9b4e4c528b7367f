package io.jukung.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * Sends requests on behalf of one host: to the host itself, and to the token servers and redirect
 * targets that the host names. Failures come in words for people. Thread-safe.
 */
final class HostTransport {
  private static final int MAX_ERROR_BODY_BYTES = 8 * 1024;
  private static final int MAX_SHOWN_CHARACTERS = 300;

  /** The status of a proxy that refuses a request without the right password (RFC 9110). */
  private static final int PROXY_LOGIN = 407;

  /** How often it is checked whether the content of a request still moves. */
  private static final Duration CHECK = Duration.ofMillis(500);

  static final String CLIENT = "jukung";
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final RegistryHost host;
  private final HttpClient client;
  private final HttpClient foreign;
  private final ProxyRule proxies;
  private final RegistryTimeouts timeouts;

  /**
   * Creates a transport that has sent nothing yet.
   *
   * @param client sends the requests to this host
   * @param foreign sends the requests to other hosts: token servers and the targets of redirects
   * @param proxies decides which of these requests go through a proxy
   */
  HostTransport(
      RegistryHost host,
      HttpClient client,
      HttpClient foreign,
      ProxyRule proxies,
      RegistryTimeouts timeouts) {
    this.host = host;
    this.client = client;
    this.foreign = foreign;
    this.proxies = proxies;
    this.timeouts = timeouts;
  }

  /** Opens a transport with the settings of the host. */
  static HostTransport open(
      RegistryHost host,
      HttpClients clients,
      ProxyRule environmentProxies,
      RegistryTimeouts timeouts)
      throws RegistryException {
    ProxyRule proxies = host.proxyOr(environmentProxies);
    return new HostTransport(
        host,
        clients.of(host.tls(), proxies, timeouts.connect()),
        clients.of(host.tls().withoutClients(), proxies, timeouts.connect()),
        proxies,
        timeouts);
  }

  RegistryHost host() {
    return host;
  }

  RegistryTimeouts timeouts() {
    return timeouts;
  }

  /** A request without a limit on the wait for its answer, which {@link #send} adds. */
  HttpRequest.Builder newRequest(URI uri) throws RegistryException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("User-Agent", CLIENT);
    // The JDK sends this header to the proxy only: with CONNECT, or with a request by plain http.
    proxies
        .of(uri)
        .flatMap(ProxyServer::authorization)
        .ifPresent(proof -> request.header("Proxy-Authorization", proof));
    return request;
  }

  /** Sends a request without content, or with a short one. */
  HttpResponse<InputStream> send(HttpRequest.Builder request, URI uri)
      throws IOException, InterruptedException {
    return send(request, uri, timeouts.response());
  }

  /**
   * As {@link #send(HttpRequest.Builder, URI)}.
   *
   * @param wait the longest wait for the response's headers
   */
  HttpResponse<InputStream> send(HttpRequest.Builder request, URI uri, Duration wait)
      throws IOException, InterruptedException {
    HttpRequest bounded = request.timeout(wait).build();
    try {
      return chosen(uri).send(bounded, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw explained(e, uri);
    }
  }

  /**
   * Sends a request with content. There is no limit on the whole time, but on the time in which
   * nothing of the content is taken.
   */
  HttpResponse<InputStream> send(HttpRequest.Builder request, String method, RequestBody body)
      throws IOException, InterruptedException {
    RequestBody.Sending sending = body.sending();
    HttpRequest built = request.method(method, sending.publisher()).build();
    CompletableFuture<HttpResponse<InputStream>> answer =
        chosen(built.uri()).sendAsync(built, HttpResponse.BodyHandlers.ofInputStream());
    try {
      while (true) {
        try {
          return answer.get(CHECK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
          if (sending.sinceLastMove().compareTo(timeouts.response()) > 0) {
            throw explained(new HttpTimeoutException("stalled"), built.uri());
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw explained(failure, built.uri());
      }
      throw new IOException("request to " + built.uri().getRawAuthority(), e.getCause());
    } finally {
      answer.cancel(true); // a no-op for one that has come
    }
  }

  private HttpClient chosen(URI uri) {
    return Destination.sameOrigin(host.base(), uri) ? client : foreign;
  }

  private IOException explained(IOException e, URI uri) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      return new InterruptedIOException("request to " + uri.getRawAuthority());
    }
    var failure =
        new RegistryException(
            ErrorKind.UNAVAILABLE, uri.getRawAuthority() + ": " + through(uri) + reason(e), e);
    return isWorthRetrying(e) ? failure.retriable(Duration.ZERO) : failure;
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

  /** What an answer with an unexpected status means. Reads and closes the body. */
  RegistryException failure(HttpResponse<InputStream> response, URI uri) throws IOException {
    int status = response.statusCode();
    if (status == PROXY_LOGIN) { // an answer to CONNECT has no body, and the JDK gives null for it
      return new RegistryException(
          ErrorKind.PERMISSION_DENIED,
          "%s: %sit asks for a user and password, or refuses those it got (HTTP %d)"
              .formatted(uri.getRawAuthority(), through(uri), status));
    }
    String said;
    try (InputStream body = timeouts.watch(response.body())) {
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
