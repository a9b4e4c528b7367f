package io.jukung.image.registry;

import java.net.URI;
import java.util.Optional;

/** Decides which proxy a request goes through. Thread-safe; equal rules decide alike. */
sealed interface ProxyRule permits ProxyRule.Fixed, EnvironmentProxies {
  /**
   * The proxy for a request; empty if the request goes to its host directly.
   *
   * @throws RegistryException FAILED_PRECONDITION if the configured proxy cannot be used
   */
  Optional<ProxyServer> of(URI target) throws RegistryException;

  /**
   * What {@link #of} decides and why, in words without a secret; empty if nothing is configured.
   */
  Optional<String> explain(URI target);

  /**
   * What hosts.toml says for one host.
   *
   * @param server for all requests; empty: none goes through a proxy
   */
  record Fixed(Optional<ProxyServer> server) implements ProxyRule {
    @Override
    public Optional<ProxyServer> of(URI target) {
      return server;
    }

    @Override
    public Optional<String> explain(URI target) {
      return Optional.of(
          server
              .map(proxy -> "proxy " + proxy + " (key proxy)")
              .orElse("no proxy (key proxy is \"direct\")"));
    }
  }
}
