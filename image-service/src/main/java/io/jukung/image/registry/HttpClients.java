package io.jukung.image.registry;

import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The HTTP clients, one per set of authorities and client certificates. They speak HTTP/1.1, so
 * that each layer has a connection and a TCP window of its own. They follow no redirect, because
 * the target decides which headers may be sent. Thread-safe.
 */
final class HttpClients implements AutoCloseable {
  /**
   * The size of a body's buffers. Every buffer is handed from one thread to another, which makes
   * the JDK's 16 KiB slow; larger ones are seldom filled and cost garbage collections and memory.
   */
  private static final String BUFFER_BYTES = Integer.toString(32 * 1024);

  private final Duration connectTimeout;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * The keys name the files' content, not their paths: a renewed certificate makes a new client.
   */
  private final Map<String, HttpClient> clients = new HashMap<>();

  HttpClients(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
    if (System.getProperty("jdk.httpclient.bufsize") == null) {
      System.setProperty("jdk.httpclient.bufsize", BUFFER_BYTES);
    }
  }

  /**
   * The client for these settings. The files are read now.
   *
   * @throws RegistryException FAILED_PRECONDITION if a certificate or key cannot be used
   */
  HttpClient of(RegistryHost.Tls tls) throws RegistryException {
    try {
      TlsFiles files = TlsFiles.read(tls);
      synchronized (clients) {
        HttpClient client = clients.get(files.identity());
        if (client == null) {
          client = build(files);
          clients.put(files.identity(), client);
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

  private HttpClient build(TlsFiles files) throws IOException, GeneralSecurityException {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(connectTimeout)
        .executor(executor)
        .sslContext(files.context())
        .build();
  }
}
