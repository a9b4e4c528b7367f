package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.BlobSource;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pull's conversation about one repository, with as many hosts as it takes: the mirrors in
 * their order, the registry itself last. What one host cannot give, the next is asked for; the
 * error of a pull that failed says what each of them answered. Thread-safe.
 */
public final class RegistrySession implements BlobSource {
  private static final Logger log = LoggerFactory.getLogger(RegistrySession.class);
  private static final int BUFFER_BYTES = 64 * 1024;

  /** Of one blob from one host, as long as each brings bytes. */
  private static final int MAX_RESUMPTIONS = 5;

  private static final String ACCEPT =
      Arrays.stream(MediaType.values())
          .filter(t -> t.role() == MediaType.Role.INDEX || t.role() == MediaType.Role.MANIFEST)
          .map(MediaType::text)
          .collect(Collectors.joining(", "));

  private final ImageReference reference;
  private final List<HostSession> hosts = new ArrayList<>();
  private final Set<HostSession> failing = ConcurrentHashMap.newKeySet();

  RegistrySession(
      ImageReference reference,
      List<RegistryHost> hosts,
      Credentials credentials,
      HttpClients clients,
      RegistryTimeouts timeouts)
      throws IOException {
    this.reference = reference;
    for (RegistryHost host : hosts) {
      this.hosts.add(
          new HostSession(
              host,
              clients.of(host.tls()),
              host.server() ? credentials : Credentials.ANONYMOUS,
              reference.path(),
              timeouts));
    }
  }

  /**
   * What the reference's tag or digest leads to.
   *
   * @throws CriException with what each host answered
   */
  public FetchedManifest resolve() throws IOException, InterruptedException {
    return reference.digest().isPresent()
        ? manifest(reference.digest().get())
        : ask(
            "resolve tag " + reference.tag().orElseThrow(),
            Capability.RESOLVE,
            host -> fetchManifest(host, reference.tag().orElseThrow(), Optional.empty()));
  }

  /** A manifest by its digest, verified. */
  public FetchedManifest manifest(Digest digest) throws IOException, InterruptedException {
    return ask(
        "fetch manifest " + digest,
        Capability.PULL,
        host -> fetchManifest(host, digest.toString(), Optional.of(digest)));
  }

  @Override
  public void fetch(Digest digest, long size, Sink sink) throws IOException, InterruptedException {
    ask(
        "fetch blob " + digest,
        Capability.PULL,
        host -> {
          fetchBlob(host, digest, size, sink);
          return sink;
        });
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask(HostSession host) throws IOException, InterruptedException;
  }

  private <T> T ask(String action, Capability capability, Question<T> question)
      throws IOException, InterruptedException {
    List<String> answers = new ArrayList<>();
    ErrorKind kind = ErrorKind.FAILED_PRECONDITION;
    Throwable last = null;
    for (HostSession host : hosts) {
      if (!host.host().capabilities().contains(capability)) {
        answers.add(host.host() + ": not to be asked for this by configuration");
        continue;
      }
      if (failing.contains(host) && host != hosts.getLast()) {
        answers.add(host.host() + ": has failed before");
        continue;
      }
      try {
        return question.ask(host);
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        log.debug("{} of {} from {} failed", action, reference, host.host(), e);
        if (e instanceof RegistryException r) {
          kind = r.kind();
          if (kind == ErrorKind.UNAVAILABLE) {
            failing.add(host);
          }
        } else {
          kind = ErrorKind.UNAVAILABLE;
        }
        String message = String.valueOf(e.getMessage());
        String name = host.host().toString();
        answers.add(message.startsWith(name) ? message : name + ": " + message);
        last = e;
      }
    }
    throw new CriException(
        kind, "%s of %s: %s".formatted(action, reference, String.join("; ", answers)), last);
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
        throw tooLarge("more");
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
      checkSaidDigest(answer, content);
      return new FetchedManifest(digest, content, answer.headers().firstValue("Content-Type"));
    }
  }

  /** A registry that names another digest than the content has means another manifest. */
  private static void checkSaidDigest(HostSession.Answer answer, byte[] content)
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
          ErrorKind.UNAVAILABLE, "manifest is not what its Docker-Content-Digest header says");
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
    for (int resumption = 0; ; resumption++) {
      long before = sink.position();
      try {
        fetchRest(host, path, size, sink);
        return;
      } catch (RegistryException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedIOException("fetch blob " + digest);
        }
        if (sink.position() == before || resumption == MAX_RESUMPTIONS) {
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
        position > 0 ? Map.of("Range", "bytes=" + position + "-") : Map.of();
    try (HostSession.Answer answer = host.get(path, headers)) {
      boolean partial = answer.status() == 206;
      checkLength(answer, size, partial ? position : 0);
      if (!partial) {
        // The host knows no ranges and starts over: what is here already is passed by.
        answer.body().skipNBytes(position);
      }
      byte[] buffer = new byte[BUFFER_BYTES];
      int count;
      while ((count = answer.body().read(buffer, 0, buffer.length)) > 0) {
        sink.write(buffer, 0, count);
      }
    }
    if (sink.position() < size) {
      throw new IOException(
          "connection ended after %d of %d bytes".formatted(sink.position(), size));
    }
  }

  private static void checkLength(HostSession.Answer answer, long size, long position)
      throws RegistryException {
    long length = answer.headers().firstValueAsLong("Content-Length").orElse(size - position);
    String range = answer.headers().firstValue("Content-Range").orElse("bytes " + position + "-");
    if (length != size - position || !range.startsWith("bytes " + position + "-")) {
      throw new RegistryException(
          ErrorKind.UNAVAILABLE,
          "blob of %d bytes from byte %d where its descriptor says %d in all"
              .formatted(length, position, size));
    }
  }

  private String path(HostSession host, String resource) {
    String path = "/" + reference.path() + resource;
    // A mirror of several registries is told which one is meant, as containerd does.
    return host.host().server()
        ? path
        : path + "?ns=" + URLEncoder.encode(reference.domain(), StandardCharsets.UTF_8);
  }
}
