package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.util.List;

/**
 * A client of registries that speak the Distribution v2 protocol over http or https. Thread-safe.
 * Closing ends the requests that are under way.
 */
public final class RegistryClient implements AutoCloseable {
  private final RegistryHosts hosts;
  private final RegistryTimeouts timeouts;
  private final HttpClients clients;

  /** Creates a client without any connection. */
  public RegistryClient(RegistryHosts hosts, RegistryTimeouts timeouts) {
    this.hosts = hosts;
    this.timeouts = timeouts;
    this.clients = new HttpClients(timeouts.connect());
  }

  /**
   * Opens a session about one repository. The host configuration is read now; no host is asked yet.
   *
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public RegistrySession open(ImageReference reference, Credentials credentials)
      throws IOException {
    return new RegistrySession(
        reference,
        hosts.of(reference.domain()),
        credentials.forRegistry(reference.domain()),
        clients,
        timeouts);
  }

  /**
   * Tells which hosts a pull would ask, in their order, and why. No host is asked now.
   *
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public List<HostPlan> explain(ImageReference reference, Credentials credentials)
      throws IOException {
    Credentials usable = credentials.forRegistry(reference.domain());
    return hosts.of(reference.domain()).stream().map(host -> HostPlan.of(host, usable)).toList();
  }

  @Override
  public void close() {
    clients.close();
  }
}
