package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageSource;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pull's requests about one repository. Each request goes to the mirrors in their order and to
 * the registry itself last, until one of them answers; the error of a failed pull says what each
 * host answered. Thread-safe.
 */
public final class RegistrySession implements ImageSource {
  private static final Logger log = LoggerFactory.getLogger(RegistrySession.class);
  private static final int BUFFER_BYTES = 64 * 1024;

  /**
   * How often one blob is resumed at one host when each attempt gains less than {@link
   * #MIN_GAINED_BYTES}.
   */
  private static final int MAX_RESUMPTIONS = 5;

  /** An attempt that gains this much does not count as a resumption. */
  private static final long MIN_GAINED_BYTES = 1024 * 1024;

  private static final String ACCEPT =
      Arrays.stream(MediaType.values())
          .filter(t -> t.role() == MediaType.Role.INDEX || t.role() == MediaType.Role.MANIFEST)
          .map(MediaType::text)
          .collect(Collectors.joining(", "));

  private final ImageReference reference;
  private final List<HostSession> hosts = new ArrayList<>();
  private final RegistryTimeouts timeouts;
  private final UnreachableHosts unreachable;

  /** The host that has answered {@link #resolve}. */
  private volatile @Nullable HostSession resolving;

  /** The hosts that have delivered something, by their names. */
  private final Set<String> delivering = new ConcurrentSkipListSet<>();

  /** The hosts that were UNAVAILABLE once: later requests of this pull skip such mirrors. */
  private final Set<HostSession> failing = ConcurrentHashMap.newKeySet();

  /** The host that a blob's first bytes came from. */
  private final Map<Digest, HostSession> deliverers = new ConcurrentHashMap<>();

  /** The hosts whose content for a blob did not match its digest. */
  private final Map<Digest, Set<HostSession>> mistrusted = new ConcurrentHashMap<>();

  RegistrySession(
      ImageReference reference,
      List<RegistryHost> hosts,
      Credentials credentials,
      HttpClients clients,
      ProxyRule environmentProxies,
      UnreachableHosts unreachable,
      RegistryTimeouts timeouts)
      throws IOException {
    this.reference = reference;
    this.unreachable = unreachable;
    this.timeouts = timeouts;
    for (RegistryHost host : hosts) {
      this.hosts.add(
          new HostSession(
              HostTransport.open(host, clients, environmentProxies, timeouts),
              host.server() ? credentials : Credentials.ANONYMOUS,
              TokenScopes.pull(reference.path())));
    }
  }

  /**
   * Whether anybody may have what the reference names: the registry itself has answered {@link
   * #resolve}, and did not learn who asks. That a mirror gives content to everybody says nothing
   * about the registry, whose credentials the mirror may have. Content that comes from mirrors
   * after that counts as the registry's, because the answer has named its digests.
   */
  public boolean isOpen() {
    HostSession host = resolving;
    return host != null && host.host().server() && !host.isPrivileged();
  }

  /** The hosts that have answered a request of this session, in the order of their names. */
  public List<String> deliveringHosts() {
    return List.copyOf(delivering);
  }

  /**
   * Fetches the manifest or index that the reference's digest names, or else its tag.
   *
   * @throws CriException if no host delivers it; the message has what each host answered
   */
  public FetchedManifest resolve() throws IOException, InterruptedException {
    Optional<Digest> digest = reference.digest();
    return ask(
        digest.isPresent() ? "fetch manifest " + digest.get() : "resolve tag " + reference.object(),
        digest.isPresent() ? Capability.PULL : Capability.RESOLVE,
        host -> true,
        host -> {
          FetchedManifest manifest = fetchManifest(host, reference.object(), digest);
          resolving = host;
          return manifest;
        });
  }

  /**
   * Fetches another manifest of the same repository by its tag; empty if there is no such tag.
   *
   * @throws CriException if a host fails to say whether there is
   */
  public Optional<FetchedManifest> tagged(String tag) throws IOException, InterruptedException {
    try {
      return Optional.of(
          ask(
              "resolve tag " + tag,
              Capability.RESOLVE,
              host -> true,
              host -> fetchManifest(host, tag, Optional.empty())));
    } catch (CriException e) {
      if (e.kind() == ErrorKind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Fetches a manifest by its digest and verifies it. */
  @Override
  public FetchedManifest manifest(Digest digest) throws IOException, InterruptedException {
    return ask(
        "fetch manifest " + digest,
        Capability.PULL,
        host -> true,
        host -> fetchManifest(host, digest.toString(), Optional.of(digest)));
  }

  @Override
  public void fetch(Digest digest, long size, Sink sink) throws IOException, InterruptedException {
    ask(
        "fetch blob " + digest,
        Capability.PULL,
        host -> !isMistrusted(digest, host),
        host -> {
          fetchBlob(host, digest, size, sink);
          return sink;
        });
  }

  @Override
  public String origin() {
    return reference.domain();
  }

  @Override
  public boolean rejectDelivered(Digest digest) {
    HostSession host = deliverers.remove(digest);
    if (host == null) {
      return false;
    }
    log.warn("blob {} of {}: {} sent content with another digest", digest, reference, host.host());
    mistrusted.computeIfAbsent(digest, d -> ConcurrentHashMap.newKeySet()).add(host);
    return hosts.stream()
        .anyMatch(
            other ->
                other.host().capabilities().contains(Capability.PULL)
                    && !isMistrusted(digest, other));
  }

  private boolean isMistrusted(Digest digest, HostSession host) {
    return mistrusted.getOrDefault(digest, Set.of()).contains(host);
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask(HostSession host) throws IOException, InterruptedException;
  }

  /** One request to several hosts, with the answers so far. */
  private final class Inquiry {
    private final String action;
    private final Map<HostSession, String> answers = new LinkedHashMap<>();
    private List<HostSession> again = new ArrayList<>();
    private Duration wait = Duration.ZERO;
    private ErrorKind kind = ErrorKind.FAILED_PRECONDITION;
    private @Nullable IOException last;

    Inquiry(String action) {
      this.action = action;
    }

    void passOver(HostSession host, String reason) {
      answers.put(host, host.host() + ": " + reason);
    }

    void failed(HostSession host, IOException e) {
      log.debug("{} of {} from {} failed", action, reference, host.host(), e);
      kind = e instanceof RegistryException r ? r.kind() : ErrorKind.UNAVAILABLE;
      last = e;
      String message = String.valueOf(e.getMessage());
      String name = host.host().toString();
      answers.put(host, message.startsWith(name) ? message : name + ": " + message);
      Optional<Duration> after =
          switch (e) {
            case RegistryException said -> said.retryAfter();
            case HttpTimeoutException waited -> Optional.empty();
            default -> Optional.of(Duration.ZERO);
          };
      if (after.isPresent()) {
        wait = again.isEmpty() || after.get().compareTo(wait) < 0 ? after.get() : wait;
        again.add(host);
      } else if (host == hosts.getLast()) {
        // The registry itself has given a final answer, so no busy mirror is asked again.
        again.clear();
      }
    }

    /** Returns the hosts to ask once more, and forgets them. */
    List<HostSession> takeAgain() {
      List<HostSession> taken = again;
      again = new ArrayList<>();
      return taken;
    }

    CriException failure() {
      return new CriException(
          kind,
          "%s of %s: %s".formatted(action, reference, String.join("; ", answers.values())),
          last);
    }
  }

  /**
   * Asks the hosts in their order until one answers. Hosts that were busy, or whose connection
   * broke, are asked again after a pause.
   */
  private <T> T ask(
      String action, Capability capability, Predicate<HostSession> usable, Question<T> question)
      throws IOException, InterruptedException {
    var inquiry = new Inquiry(action);
    List<HostSession> round = new ArrayList<>();
    List<HostSession> last = new ArrayList<>();
    for (HostSession host : hosts) {
      if (!host.host().capabilities().contains(capability)) {
        inquiry.passOver(host, "not asked: its configured capabilities exclude this");
      } else if (!usable.test(host)) {
        inquiry.passOver(host, "not asked again: it sent content with another digest");
      } else if (failing.contains(host) && host != hosts.getLast()) {
        inquiry.passOver(host, "not asked again: it failed earlier in this pull");
      } else if (unreachable.isAvoided(host.host())) {
        last.add(host);
      } else {
        round.add(host);
      }
    }
    round.addAll(last); // perhaps all of them are dead, or they are alive again
    var backOff = new BackOff(timeouts.backOff());
    while (true) {
      for (HostSession host : round) {
        try {
          T answer = question.ask(host);
          unreachable.answered(host.host());
          delivering.add(host.host().toString());
          return answer;
        } catch (InterruptedIOException | NotKept | ContentMismatchException e) {
          throw e;
        } catch (IOException e) {
          inquiry.failed(host, e);
          noteUnreachable(host, e);
          if (inquiry.kind == ErrorKind.UNAVAILABLE) {
            failing.add(host);
          }
        }
      }
      round = inquiry.takeAgain();
      Optional<Duration> wait = round.isEmpty() ? Optional.empty() : backOff.next(inquiry.wait);
      if (wait.isEmpty()) {
        throw inquiry.failure();
      }
      Thread.sleep(wait.get());
    }
  }

  /** A status of HTTP is an answer. Only a failure of the connection has a cause. */
  private void noteUnreachable(HostSession host, IOException e) {
    if (e instanceof RegistryException said
        && said.kind() == ErrorKind.UNAVAILABLE
        && said.getCause() instanceof IOException) {
      unreachable.failed(host.host());
    }
  }

  private FetchedManifest fetchManifest(HostSession host, String object, Optional<Digest> expected)
      throws IOException, InterruptedException {
    String path = path(host, "/manifests/" + object);
    try (HostSession.Answer answer = host.get(path, Map.of("Accept", ACCEPT))) {
      OptionalLong length = answer.headers().firstValueAsLong("Content-Length");
      if (length.orElse(0) > ManifestDocument.MAX_BYTES) {
        throw tooLarge(length.getAsLong() + " bytes");
      }
      byte[] content = answer.body().readNBytes(ManifestDocument.MAX_BYTES + 1);
      if (content.length > ManifestDocument.MAX_BYTES) {
        throw tooLarge("more bytes");
      }
      if (length.isPresent() && length.getAsLong() != content.length) {
        throw new IOException(
            "manifest ends after %d of %d bytes".formatted(content.length, length.getAsLong()));
      }
      Digest digest = expected.orElseGet(() -> Digest.sha256(content));
      if (!digest.matches(content)) {
        throw new RegistryException(
            ErrorKind.UNAVAILABLE,
            "manifest %s has the digest %s instead".formatted(digest, Digest.sha256(content)));
      }
      checkContentDigest(answer, content);
      return new FetchedManifest(digest, content, answer.headers().firstValue("Content-Type"));
    }
  }

  /** Refuses content that differs from the registry's own Docker-Content-Digest header. */
  private static void checkContentDigest(HostSession.Answer answer, byte[] content)
      throws RegistryException {
    String said = answer.headers().firstValue("Docker-Content-Digest").orElse("");
    if (said.isEmpty()) {
      return;
    }
    boolean matches;
    try {
      matches = Digest.parse(said).matches(content);
    } catch (IllegalArgumentException e) {
      matches = false;
    }
    if (!matches) {
      throw new RegistryException(
          ErrorKind.UNAVAILABLE,
          "manifest does not have the digest of its Docker-Content-Digest header");
    }
  }

  private static RegistryException tooLarge(String size) {
    return new RegistryException(
        ErrorKind.RESOURCE_EXHAUSTED,
        "manifest has %s, above the bound of %d bytes".formatted(size, ManifestDocument.MAX_BYTES));
  }

  private void fetchBlob(HostSession host, Digest digest, long size, Sink sink)
      throws IOException, InterruptedException {
    String path = path(host, "/blobs/" + digest);
    if (sink.position() == 0) {
      deliverers.put(digest, host);
    }
    delivering.add(host.host().toString()); // now: the blob may take minutes
    int fruitless = 0;
    while (true) {
      long before = sink.position();
      try {
        fetchRest(host, path, size, sink);
        return;
      } catch (RegistryException | InterruptedIOException | NotKept | ContentMismatchException e) {
        throw e;
      } catch (HttpTimeoutException e) {
        // The next host may be quicker. This one is asked again only if it sent something.
        var failure =
            new RegistryException(ErrorKind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        throw sink.position() > before ? failure.retriable(Duration.ZERO) : failure;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("fetch blob " + digest);
        }
        long gained = sink.position() - before;
        fruitless = gained >= MIN_GAINED_BYTES ? 0 : fruitless + 1;
        if (gained == 0 || fruitless > MAX_RESUMPTIONS) {
          throw e;
        }
        log.debug("blob {} broke off at byte {}; resuming", digest, sink.position(), e);
      }
    }
  }

  private static void fetchRest(HostSession host, String path, long size, Sink sink)
      throws IOException, InterruptedException {
    long position = sink.position();
    if (position == size && size > 0) {
      return;
    }
    Map<String, String> headers =
        position > 0 ? Map.of(HostSession.RANGE, "bytes=" + position + "-") : Map.of();
    try (HostSession.Answer answer = host.get(path, headers)) {
      boolean partial = answer.status() == 206;
      checkLength(answer, size, partial ? position : 0);
      if (!partial) {
        // The host ignores ranges and sends the blob from its start: skip what is here already.
        answer.body().skipNBytes(position);
      }
      byte[] buffer = new byte[BUFFER_BYTES];
      int count;
      while ((count = answer.body().read(buffer, 0, buffer.length)) > 0) {
        keep(sink, buffer, count);
      }
    }
    if (sink.position() < size) {
      throw new IOException(
          "connection ended after %d of %d bytes".formatted(sink.position(), size));
    }
  }

  private static void keep(Sink sink, byte[] bytes, int count) throws IOException {
    try {
      sink.write(bytes, 0, count);
    } catch (ContentMismatchException e) {
      throw e;
    } catch (IOException e) {
      throw new NotKept(e);
    }
  }

  /** Writing the blob failed on this machine, so that asking another host would not help. */
  private static final class NotKept extends IOException {
    private static final long serialVersionUID = 1L;

    NotKept(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private static void checkLength(HostSession.Answer answer, long size, long position)
      throws RegistryException {
    long length = answer.headers().firstValueAsLong("Content-Length").orElse(size - position);
    String range = answer.headers().firstValue("Content-Range").orElse("bytes " + position + "-");
    if (length != size - position || !range.startsWith("bytes " + position + "-")) {
      throw new RegistryException(
          ErrorKind.UNAVAILABLE,
          "blob comes with %d bytes from byte %d, where its descriptor says %d bytes in all"
              .formatted(length, position, size));
    }
  }

  private String path(HostSession host, String resource) {
    String path = "/" + reference.path() + resource;
    // A host that mirrors several registries learns from "ns" which one is meant, as in containerd.
    return host.host().server()
        ? path
        : path + "?ns=" + URLEncoder.encode(reference.domain(), StandardCharsets.UTF_8);
  }
}
