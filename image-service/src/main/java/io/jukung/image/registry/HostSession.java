package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.Credentials;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one host about one repository. The session keeps the Authorization header that the
 * host has accepted, so that layers transferred at the same time share one token. Thread-safe.
 */
final class HostSession {
  private static final int MAX_REDIRECTS = 10;
  static final String RANGE = "Range";
  private static final Set<Integer> FOUND = Set.of(200, 206);

  private final RegistryHost host;
  private final HostTransport transport;
  private final HostAuthorization authorization;

  /**
   * A response with content. Reading the body fails when the host stops sending.
   *
   * @param from the URL that has answered, after redirects
   */
  record Answer(int status, HttpHeaders headers, InputStream body, URI from)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  /**
   * A request.
   *
   * @param body the content; empty for none
   * @param accepted the statuses that are an answer; every other one is a failure
   */
  record Question(
      String method,
      Map<String, String> headers,
      Optional<RequestBody> body,
      Set<Integer> accepted) {
    /** A request without content. */
    static Question of(String method, Map<String, String> headers, Integer... accepted) {
      return new Question(method, headers, Optional.empty(), Set.of(accepted));
    }

    /** Whether the request changes nothing, so that it may follow every redirect. */
    private boolean reads() {
      return method.equals("GET") || method.equals("HEAD");
    }

    private Question withoutRange() {
      Map<String, String> others = new HashMap<>(headers);
      others.remove(RANGE);
      return new Question(method, others, body, accepted);
    }
  }

  /**
   * Creates a session that has sent nothing yet.
   *
   * @param credentials the credentials that this host may receive
   */
  HostSession(HostTransport transport, Credentials credentials, TokenScopes scopes) {
    this.host = transport.host();
    this.transport = transport;
    this.authorization = new HostAuthorization(transport, credentials, scopes);
  }

  RegistryHost host() {
    return host;
  }

  /**
   * Whether requests of this session prove who asks: by credentials that the host has demanded, by
   * a header of its configuration, or by a client's certificate.
   */
  boolean isPrivileged() {
    return authorization.hasShownCredentials()
        || !host.headers().isEmpty()
        || !host.tls().clients().isEmpty();
  }

  /** The URL of a resource of the host. */
  URI uri(String pathAndQuery) {
    return URI.create(host.base() + pathAndQuery);
  }

  /**
   * Requests a resource. The answer has the status 200 or 206. If the host cannot send the range
   * that is asked for (416), it is asked for the whole.
   *
   * @param pathAndQuery is appended to the host's base URL
   * @throws RegistryException for every other status
   */
  Answer get(String pathAndQuery, Map<String, String> headers)
      throws IOException, InterruptedException {
    return ask(uri(pathAndQuery), new Question("GET", headers, Optional.empty(), FOUND));
  }

  /**
   * Sends a request, follows redirects, and authenticates when the host demands it. Closing the
   * answer frees the connection. Credentials go to this host only, also if the URL is another
   * one's.
   *
   * @throws RegistryException for a status that the question does not accept
   */
  Answer ask(URI first, Question asked) throws IOException, InterruptedException {
    URI uri = first;
    Question question = asked;
    boolean atHost = Destination.sameOrigin(host.base(), uri);
    boolean authorized = false;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; ) {
      String proof = atHost ? authorization.current() : null;
      HttpResponse<InputStream> response = send(uri, question, atHost, proof);
      int status = response.statusCode();
      if (question.accepted().contains(status)) {
        return new Answer(
            status, response.headers(), transport.timeouts().watch(response.body()), uri);
      }
      if (isRedirect(status, question)) {
        response.body().close();
        URI target = Destination.ofRedirect(uri, response.headers().firstValue("Location"));
        // After a redirect to another host no further request carries credentials, even if it
        // leads back here: the other host chose that address.
        atHost = atHost && Destination.sameOrigin(host.base(), target);
        uri = target;
        redirects++;
      } else if (status == 401 && atHost && !authorized) {
        List<Challenge> challenges =
            Challenge.parse(response.headers().allValues("WWW-Authenticate"));
        response.body().close();
        authorization.authorize(challenges, proof);
        authorized = true;
      } else if (status == 416 && question.reads() && question.headers().containsKey(RANGE)) {
        response.body().close();
        question = question.withoutRange(); // the whole answer has the part, too
      } else {
        throw transport.failure(response, uri);
      }
    }
    throw new RegistryException(
        ErrorKind.UNAVAILABLE, host + " redirects more than " + MAX_REDIRECTS + " times");
  }

  /** A request that writes is repeated elsewhere only with its method and content. */
  private static boolean isRedirect(int status, Question question) {
    return switch (status) {
      case 301, 302, 303 -> question.reads();
      case 307, 308 -> true;
      default -> false;
    };
  }

  private HttpResponse<InputStream> send(
      URI uri, Question question, boolean atHost, @Nullable String proof)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(uri, question.headers(), atHost, proof);
    if (question.body().isPresent()) {
      return transport.send(request, question.method(), question.body().get());
    }
    HttpRequest.Builder complete =
        question.reads()
            ? question.method().equals("HEAD") ? request.HEAD() : request.GET()
            : request.method(question.method(), HttpRequest.BodyPublishers.noBody());
    // At the end of an upload a registry may copy the whole blob before it answers.
    RegistryTimeouts timeouts = transport.timeouts();
    boolean slow = question.method().equals("PUT");
    return transport.send(complete, uri, slow ? timeouts.progress() : timeouts.response());
  }

  private HttpRequest.Builder request(
      URI uri, Map<String, String> headers, boolean atHost, @Nullable String proof)
      throws RegistryException {
    HttpRequest.Builder request = transport.newRequest(uri);
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
    return request;
  }
}
