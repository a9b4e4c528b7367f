package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.HostSession.Answer;
import io.jukung.image.registry.HostSession.Question;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One push's requests about one repository (OCI distribution-spec, push). All of them go to the
 * registry's own server: a mirror gets nothing. A request that a busy host refuses, or whose
 * connection breaks, is repeated after a pause, except for the content of blobs, whose caller has
 * to find out first how much of it has arrived. Thread-safe.
 */
public final class UploadSession {
  private static final Map<String, String> NO_HEADERS = Map.of();
  private static final Pattern RECEIVED = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

  private final HostSession host;
  private final ImageReference reference;
  private final RegistryTimeouts timeouts;

  /**
   * @param hosts the hosts that are configured for the registry
   * @param sources other repositories of the registry that blobs may be mounted from
   * @throws CriException FAILED_PRECONDITION if the configuration lets nothing be pushed
   */
  UploadSession(
      ImageReference reference,
      List<RegistryHost> hosts,
      Credentials credentials,
      List<String> sources,
      Connections connections)
      throws RegistryException {
    this.reference = reference;
    this.timeouts = connections.timeouts();
    RegistryHost server =
        hosts.stream()
            .filter(each -> each.server() && each.capabilities().contains(Capability.PUSH))
            .findFirst()
            .orElseThrow(
                () ->
                    CriException.failedPrecondition(
                        "the configured capabilities of %s exclude push"
                            .formatted(reference.domain())));
    this.host =
        new HostSession(
            HostTransport.open(
                server, connections.clients(), connections.environmentProxies(), timeouts),
            credentials,
            TokenScopes.push(reference.path(), sources));
  }

  /** What sessions share. */
  record Connections(
      HttpClients clients, ProxyRule environmentProxies, RegistryTimeouts timeouts) {}

  /** The registry's host, for messages. */
  public String hostName() {
    return host.host().toString();
  }

  /** Whether the repository has the blob. */
  public boolean hasBlob(Digest digest) throws IOException, InterruptedException {
    return exists("/blobs/" + digest, NO_HEADERS);
  }

  private boolean exists(String resource, Map<String, String> headers)
      throws IOException, InterruptedException {
    return persistently(
        () -> {
          try (Answer answer = host.ask(uri(resource), Question.of("HEAD", headers, 200, 404))) {
            return answer.status() == 200;
          }
        });
  }

  /**
   * Asks the registry to take a blob over from another repository.
   *
   * @return empty if the blob is in the repository now; otherwise an upload that has begun, because
   *     the registry does not have the blob there or does not show it to this user
   */
  public Optional<Upload> mount(Digest digest, String source)
      throws IOException, InterruptedException {
    String query =
        "?mount=%s&from=%s".formatted(digest, URLEncoder.encode(source, StandardCharsets.UTF_8));
    return persistently(() -> begin(query));
  }

  /** Begins to upload a blob. */
  public Upload begin() throws IOException, InterruptedException {
    return persistently(() -> begin(""))
        .orElseThrow(
            () ->
                new RegistryException(
                    ErrorKind.UNAVAILABLE, host.host() + " answers HTTP 201 before any content"));
  }

  private Optional<Upload> begin(String query) throws IOException, InterruptedException {
    URI uri = uri("/blobs/uploads/" + query);
    try (Answer answer = host.ask(uri, Question.of("POST", NO_HEADERS, 201, 202))) {
      return answer.status() == 201 ? Optional.empty() : Optional.of(new Upload(answer));
    }
  }

  /**
   * Writes a manifest or index.
   *
   * @param name a tag, or the document's digest
   */
  public void putManifest(String name, Digest digest, String mediaType, byte[] content)
      throws IOException, InterruptedException {
    RequestBody body =
        new RequestBody(content.length, () -> new ByteArrayInputStream(content), _ -> {});
    var question =
        new Question(
            "PUT", Map.of("Content-Type", mediaType), Optional.of(body), Set.of(200, 201, 202));
    String said =
        persistently(
            () -> {
              try (Answer answer = host.ask(uri("/manifests/" + name), question)) {
                return answer.headers().firstValue("Docker-Content-Digest").orElse("");
              }
            });
    // Registries that convert manifests would store another image than the one pushed.
    if (!said.isEmpty() && !said.equals(digest.toString())) {
      throw new RegistryException(
          ErrorKind.FAILED_PRECONDITION,
          "%s has stored the manifest with the digest %s instead".formatted(host.host(), said));
    }
  }

  private URI uri(String resource) {
    return host.uri("/" + reference.path() + resource);
  }

  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException, InterruptedException;
  }

  private <T> T persistently(Step<T> step) throws IOException, InterruptedException {
    var backOff = new BackOff(timeouts.backOff());
    while (true) {
      try {
        return step.run();
      } catch (RegistryException e) {
        Optional<Duration> wait = e.retryAfter().flatMap(backOff::next);
        if (wait.isEmpty()) {
          throw e;
        }
        Thread.sleep(wait.get());
      }
    }
  }

  /** The pauses between attempts to continue one blob's upload. */
  public Pauses pauses() {
    var backOff = new BackOff(timeouts.backOff());
    return asked -> {
      Optional<Duration> wait = backOff.next(asked);
      if (wait.isPresent()) {
        Thread.sleep(wait.get());
      }
      return wait.isPresent();
    };
  }

  /** The pauses between attempts. */
  @FunctionalInterface
  public interface Pauses {
    /**
     * Sleeps before the next attempt.
     *
     * @param asked how long the host has asked to wait; zero for no wish
     * @return false, without sleeping, if there should be no further attempt
     */
    boolean sleep(Duration asked) throws InterruptedException;
  }

  /**
   * A blob on its way into the repository. The registry says after each part where the next one is
   * to be sent. Not thread-safe.
   */
  public final class Upload {
    private URI location;
    private long received;
    private final long minPartBytes;

    private Upload(Answer answer) throws RegistryException {
      this.location = Destination.ofUpload(answer.from(), answer.headers().firstValue("Location"));
      this.minPartBytes = answer.headers().firstValueAsLong("OCI-Chunk-Min-Length").orElse(0);
    }

    /** How many bytes of the blob the registry has. */
    public long received() {
      return received;
    }

    /** The smallest part that the registry takes, except for the last one; 0 for any. */
    public long minPartBytes() {
      return minPartBytes;
    }

    /**
     * Sends the next part of the blob, behind what the registry has. After a failure nobody knows
     * how much has arrived, until {@link #inquire} has asked.
     *
     * @param sent receives how many bytes of the part were handed to the connection
     */
    public void send(long size, Part part, LongConsumer sent)
        throws IOException, InterruptedException {
      long end = received + size;
      var question =
          new Question(
              "PATCH",
              Map.of(
                  "Content-Type",
                  "application/octet-stream",
                  "Content-Range",
                  received + "-" + (end - 1)),
              Optional.of(new RequestBody(size, part::open, sent)),
              Set.of(201, 202, 204, 404, 416));
      try (Answer answer = host.ask(location, question)) {
        checkInStep(answer);
        advance(answer, end);
      }
    }

    /**
     * Asks how much of the blob the registry has.
     *
     * @return false if the upload is gone, so that a new one has to begin
     */
    public boolean inquire() throws IOException, InterruptedException {
      return persistently(
          () -> {
            // Registries that cannot continue an upload answer 400 or 416, and forget it.
            var question = Question.of("GET", NO_HEADERS, 200, 204, 400, 404, 416);
            try (Answer answer = host.ask(location, question)) {
              if (answer.status() >= 400) {
                return false;
              }
              advance(answer, 0);
              return true;
            }
          });
    }

    /**
     * The registry has forgotten the upload (404), or has another number of bytes (416): both can
     * be mended after {@link #inquire}.
     */
    private void checkInStep(Answer answer) throws RegistryException {
      if (answer.status() >= 400) {
        throw new RegistryException(
                ErrorKind.UNAVAILABLE,
                "%s: HTTP %d in the middle of an upload".formatted(host.host(), answer.status()))
            .retriable(Duration.ZERO);
      }
    }

    private void advance(Answer answer, long otherwise) throws RegistryException {
      Optional<String> next = answer.headers().firstValue("Location");
      if (next.isPresent()) {
        location = Destination.ofUpload(answer.from(), next);
      }
      Optional<String> range = answer.headers().firstValue("Range");
      received = range.isPresent() ? receivedBytes(range.get(), otherwise) : otherwise;
    }

    /**
     * Reads the header Range. "0-0" is one byte, or none: registries write it for an empty upload,
     * too.
     */
    private long receivedBytes(String range, long otherwise) throws RegistryException {
      Matcher match = RECEIVED.matcher(range.strip());
      if (!match.matches()) {
        throw new RegistryException(
            ErrorKind.UNAVAILABLE, host.host() + " says that it has a part that cannot be read");
      }
      long last = Long.parseLong(match.group(1));
      return last == 0 ? Math.min(otherwise, 1) : last + 1;
    }

    /** Ends the upload. The registry verifies the blob. */
    public void finish(Digest digest) throws IOException, InterruptedException {
      String separator = location.getRawQuery() == null ? "?" : "&";
      URI uri =
          URI.create(
              location
                  + separator
                  + "digest="
                  + URLEncoder.encode(digest.toString(), StandardCharsets.UTF_8));
      var headers = Map.of("Content-Type", "application/octet-stream");
      try (Answer answer = host.ask(uri, Question.of("PUT", headers, 201, 204, 404, 416))) {
        checkInStep(answer);
      }
    }

    /** Gives the upload up. A registry that does not know it any more is content. */
    public void cancel() throws InterruptedException {
      try (Answer answer =
          host.ask(location, Question.of("DELETE", NO_HEADERS, 200, 202, 204, 400, 404, 405))) {
        received = 0; // whatever the status
      } catch (InterruptedIOException e) {
        throw new InterruptedException("cancel an upload");
      } catch (IOException e) {
        return; // the registry removes what nobody finishes
      }
    }
  }

  /** Opens a part of a blob. */
  @FunctionalInterface
  public interface Part {
    /** The part from its start. */
    InputStream open() throws IOException;
  }
}
