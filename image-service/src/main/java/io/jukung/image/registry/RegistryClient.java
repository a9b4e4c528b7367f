package io.jukung.image.registry;

import java.io.IOException;

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

  @Override
  public void close() {
    clients.close();
  }
}
