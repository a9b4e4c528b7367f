package io.jukung.runtime.peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.reference.ImageReference;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request asks for: {@code /v2/<repository>/blobs/<digest>?ns=<registry>} (OCI distribution
 * specification; the parameter is containerd's, and other runtimes send it to mirrors as well).
 *
 * @param repository registry and repository
 * @param manifest whether a manifest or index is asked for, and not another blob
 */
record PeerPath(String repository, boolean manifest, Digest digest) {
  private static final Pattern PATH = Pattern.compile("/v2/(.+)/(manifests|blobs)/([^/]+)");
  private static final int MAX_PARAMETERS = 8;

  /** Understands a request's target; empty if it names no content by its digest. */
  static Optional<PeerPath> parse(String target) {
    try {
      QueryStringDecoder decoded = new QueryStringDecoder(target, UTF_8, true, MAX_PARAMETERS);
      Matcher path = PATH.matcher(decoded.path());
      List<String> registries = decoded.parameters().getOrDefault("ns", List.of());
      if (!path.matches() || registries.size() != 1) {
        return Optional.empty();
      }
      Digest digest = Digest.parse(path.group(3));
      ImageReference name = ImageReference.parse(registries.getFirst() + "/" + path.group(1));
      return Optional.of(new PeerPath(name.name(), path.group(2).equals("manifests"), digest));
    } catch (CriException | IllegalArgumentException e) {
      return Optional.empty(); // no name, or no digest
    }
  }
}
