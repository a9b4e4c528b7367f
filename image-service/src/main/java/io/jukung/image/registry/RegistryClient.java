package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.util.List;

/** Registries by the Distribution v2 protocol, over http and https. Thread-safe. */
public final class RegistryClient implements AutoCloseable {
  private final RegistryHosts hosts;
  private final RegistryTimeouts timeouts;
  private final HttpClients clients;

  public RegistryClient(RegistryHosts hosts, RegistryTimeouts timeouts) {
    this.hosts = hosts;
    this.timeouts = timeouts;
    this.clients = new HttpClients(timeouts.connect());
  }

  /** Begins a conversation about one repository; the host configuration is read now. */
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
   * Which hosts would be asked, in their order, and why. None is asked now.
   *
   * @throws CriException FAILED_PRECONDITION for a configuration that is not understood
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
