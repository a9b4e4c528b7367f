package io.jukung.image.registry;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One host to ask for a registry's images: the registry's own server, or a mirror of it.
 *
 * @param base the URL that repository paths are appended to, such as {@code https://host:5000/v2}
 * @param server whether this is the registry's own server, which alone gets the caller's
 *     credentials
 * @param capabilities the kinds of requests that may go to the host
 * @param headers sent with each request to this host, and to no other
 * @param proxy the proxy that the configuration names for this host; empty: that of the daemon's
 *     environment
 * @param tls the trusted authorities and the client certificates for connections to the host
 * @param origin the configuration that put the host on the list, in words for people
 */
record RegistryHost(
    URI base,
    boolean server,
    Set<Capability> capabilities,
    Map<String, List<String>> headers,
    Optional<ProxyRule.Fixed> proxy,
    Tls tls,
    String origin) {
  /** A kind of request that a host may get. */
  enum Capability {
    /** Content by its digest. */
    PULL,
    /** The manifest that a tag names, which only a trusted host may decide. */
    RESOLVE,
    /** Blobs and manifests that are written. Only the registry's own server gets any. */
    PUSH,
    /** Never used; accepted because other runtimes read the same files. */
    REFERRERS
  }

  /**
   * The TLS settings of connections to a host.
   *
   * @param certificateAuthorities PEM files that are trusted beside the system's authorities
   * @param clients the certificates that jukung identifies itself with
   * @param skipVerify whether any certificate of the host is accepted
   */
  record Tls(
      List<Path> certificateAuthorities, List<ClientCertificate> clients, boolean skipVerify) {
    static final Tls SYSTEM = new Tls(List.of(), List.of(), false);

    /** The settings for other hosts that this one redirects to: they get no client certificate. */
    Tls withoutClients() {
      return new Tls(certificateAuthorities, List.of(), skipVerify);
    }
  }

  /** A certificate chain and its private key, in PEM files; both may be in one file. */
  record ClientCertificate(Path certificate, Path key) {}

  /** Which proxies requests on behalf of this host go through, redirects and tokens included. */
  ProxyRule proxyOr(ProxyRule environment) {
    return proxy.isPresent() ? proxy.get() : environment;
  }

  @Override
  public String toString() {
    return base.getRawAuthority();
  }
}
