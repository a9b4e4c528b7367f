package io.jukung.image.registry;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One host to ask for a registry's images: the registry's own server, or a mirror of it.
 *
 * @param base the URL that repository paths are appended to, as in {@code https://host:5000/v2}
 * @param server whether this is the registry's own; only that one is sent the caller's credentials
 * @param headers to send with each request to this host, and to no other
 */
record RegistryHost(
    URI base,
    boolean server,
    Set<Capability> capabilities,
    Map<String, List<String>> headers,
    Tls tls) {
  /** What a host may be asked. */
  enum Capability {
    /** Content by its digest. */
    PULL,
    /** What a tag leads to: only of a host that is trusted to say so. */
    RESOLVE,
    /** Not ours to use; known so that files shared with others are read. */
    PUSH
  }

  /**
   * Whom to trust beyond the system's authorities.
   *
   * @param certificateAuthorities PEM files
   */
  record Tls(List<Path> certificateAuthorities, boolean skipVerify) {
    static final Tls SYSTEM = new Tls(List.of(), false);
  }

  /** Without a path: for messages, and to tell hosts apart. */
  String origin() {
    return base.getScheme() + "://" + base.getRawAuthority();
  }

  @Override
  public String toString() {
    return base.getRawAuthority();
  }
}
