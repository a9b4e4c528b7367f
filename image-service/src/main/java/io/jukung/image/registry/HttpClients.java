package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The HTTP clients, one per set of authorities, client certificates and proxies. They speak
 * HTTP/1.1, so that each layer has a connection and a TCP window of its own. They follow no
 * redirect, because the target decides which headers may be sent. Thread-safe.
 */
final class HttpClients implements AutoCloseable {
  /**
   * The size of a body's buffers. Every buffer is handed from one thread to another, which makes
   * the JDK's 16 KiB slow; larger ones are seldom filled and cost garbage collections and memory.
   */
  private static final String BUFFER_BYTES = Integer.toString(32 * 1024);

  private static final String TUNNELING_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private final Map<Key, HttpClient> clients = new HashMap<>();

  /**
   * What distinguishes clients.
   *
   * @param tls names the files' content, not their paths: a renewed certificate makes a new client
   */
  private record Key(String tls, ProxyRule proxies, Duration connectTimeout) {}

  HttpClients() {
    configureJdk();
  }

  /** Sets properties that the JDK's client reads once, when it is first used in this process. */
  static void configureJdk() {
    if (System.getProperty("jdk.httpclient.bufsize") == null) {
      System.setProperty("jdk.httpclient.bufsize", BUFFER_BYTES);
    }
    // The JDK would drop the password for a proxy from CONNECT. It protects users of browsers, who
    // do not choose their proxy; here the administrator has named the proxy and the password.
    if (System.getProperty(TUNNELING_SCHEMES) == null) {
      System.setProperty(TUNNELING_SCHEMES, "");
    }
  }

  /**
   * The client for these settings. The files are read now.
   *
   * @param connectTimeout the longest wait for a connection, TLS handshake included
   * @throws RegistryException FAILED_PRECONDITION if a certificate or key cannot be used
   */
  HttpClient of(RegistryHost.Tls tls, ProxyRule proxies, Duration connectTimeout)
      throws RegistryException {
    try {
      TlsFiles files = TlsFiles.read(tls);
      Key key = new Key(files.identity(), proxies, connectTimeout);
      synchronized (clients) {
        HttpClient client = clients.get(key);
        if (client == null) {
          client = build(files, proxies, connectTimeout);
          clients.put(key, client);
        }
        return client;
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new RegistryException(
          ErrorKind.FAILED_PRECONDITION, "registry configuration: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    synchronized (clients) {
      clients.values().forEach(HttpClient::shutdownNow);
      clients.clear();
    }
    executor.shutdownNow();
  }

  private HttpClient build(TlsFiles files, ProxyRule proxies, Duration connectTimeout)
      throws IOException, GeneralSecurityException {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(connectTimeout)
        .executor(executor)
        .proxy(new Selector(proxies))
        .sslContext(files.context())
        .build();
  }

  /** A rule as the JDK asks for it. */
  private static final class Selector extends ProxySelector {
    private final ProxyRule rule;

    Selector(ProxyRule rule) {
      this.rule = rule;
    }

    @Override
    public List<Proxy> select(URI target) {
      try {
        return List.of(
            rule.of(target)
                .map(proxy -> new Proxy(Proxy.Type.HTTP, proxy.address()))
                .orElse(Proxy.NO_PROXY));
      } catch (RegistryException e) {
        // The session has asked the rule already when it made the request.
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void connectFailed(URI target, SocketAddress proxy, IOException failure) {
      // The request fails, and says so.
    }
  }
}
