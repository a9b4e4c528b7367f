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
 * @param origin what has put it on the list, for people
 */
record RegistryHost(
    URI base,
    boolean server,
    Set<Capability> capabilities,
    Map<String, List<String>> headers,
    Tls tls,
    String origin) {
  /** What a host may be asked. */
  enum Capability {
    /** Content by its digest. */
    PULL,
    /** What a tag leads to: only of a host that is trusted to say so. */
    RESOLVE,
    /** Not ours to use; known so that files shared with others are read. */
    PUSH,
    /** Likewise. */
    REFERRERS
  }

  /**
   * Whom to trust beyond the system's authorities, and who we are.
   *
   * @param certificateAuthorities PEM files
   */
  record Tls(
      List<Path> certificateAuthorities, List<ClientCertificate> clients, boolean skipVerify) {
    static final Tls SYSTEM = new Tls(List.of(), List.of(), false);

    /** For where this host sends us: another must not learn who we are. */
    Tls withoutClients() {
      return new Tls(certificateAuthorities, List.of(), skipVerify);
    }
  }

  /** PEM files; they may be one. */
  record ClientCertificate(Path certificate, Path key) {}

  @Override
  public String toString() {
    return base.getRawAuthority();
  }
}
