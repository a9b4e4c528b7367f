package io.jukung.image.registry;

import io.jukung.cri.CriException;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A client of registries that speak the Distribution v2 protocol over http or https. Thread-safe.
 * Closing ends the requests that are under way.
 */
public final class RegistryClient implements AutoCloseable {
  private final RegistryHosts hosts;
  private final AuthFiles authFiles;
  private final ProxyRule environmentProxies;
  private final HttpClients clients = new HttpClients();
  private final UnreachableHosts unreachable = new UnreachableHosts(System::nanoTime);
  private volatile RegistryTimeouts timeouts;

  /**
   * Creates a client without any connection.
   *
   * @param authFiles the node's own credentials
   * @param environment of the process, for the variables that name proxies
   */
  public RegistryClient(
      RegistryHosts hosts,
      AuthFiles authFiles,
      Map<String, String> environment,
      RegistryTimeouts timeouts) {
    this.hosts = hosts;
    this.authFiles = authFiles;
    this.environmentProxies = EnvironmentProxies.of(environment);
    this.timeouts = timeouts;
  }

  /** Takes over other limits for sessions that are opened from now on. */
  public void use(RegistryTimeouts others) {
    timeouts = others;
  }

  /**
   * Opens a session about one repository. The host configuration is read now; no host is asked yet.
   *
   * @param credentials of the request. If it has none, the node's own are used, as far as the auth
   *     files have any for this image
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public RegistrySession open(ImageReference reference, Credentials credentials)
      throws IOException, InterruptedException {
    return new RegistrySession(
        reference,
        hosts.of(reference.domain()),
        usable(credentials, reference),
        clients,
        environmentProxies,
        unreachable,
        timeouts);
  }

  /**
   * Opens a session that writes to one repository, as {@link #open}. No host is asked yet.
   *
   * @param sources other repositories of the same registry that blobs may be mounted from
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public UploadSession openForPush(
      ImageReference reference, Credentials credentials, List<String> sources)
      throws IOException, InterruptedException {
    return new UploadSession(
        reference,
        hosts.of(reference.domain()),
        usable(credentials, reference),
        sources,
        new UploadSession.Connections(clients, environmentProxies, timeouts));
  }

  /**
   * Asks a registry whether it accepts credentials.
   *
   * @param domain a reference's registry, such as {@code docker.io} or {@code localhost:5000}
   * @throws RegistryException UNAUTHENTICATED if it refuses them
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public void verify(String domain, Credentials credentials)
      throws IOException, InterruptedException {
    RegistryHost server =
        hosts.of(domain).stream().filter(RegistryHost::server).findFirst().orElseThrow();
    HostSession session =
        new HostSession(
            HostTransport.open(server, clients, environmentProxies, timeouts),
            credentials,
            TokenScopes.NONE);
    session.get("/", Map.of()).close();
  }

  private Credentials usable(Credentials given, ImageReference reference)
      throws IOException, InterruptedException {
    return given.kind() == Credentials.Kind.ANONYMOUS
        ? authFiles.of(reference)
        : given.forRegistry(reference.domain());
  }

  /**
   * Tells which hosts a pull would ask, in their order, and why. No host is asked now.
   *
   * @throws CriException FAILED_PRECONDITION for a host configuration with problems
   */
  public List<HostPlan> explain(ImageReference reference, Credentials credentials)
      throws IOException, InterruptedException {
    Credentials usable = usable(credentials, reference);
    return hosts.of(reference.domain()).stream()
        .map(host -> HostPlan.of(host, usable, environmentProxies))
        .toList();
  }

  @Override
  public void close() {
    clients.close();
  }
}
