package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP clients, one per set of trusted authorities. They speak HTTP/1.1: each layer then has a
 * connection, and a window, of its own. They follow no redirect: where one leads decides what may
 * be sent there.
 */
final class HttpClients implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpClients.class);

  /**
   * Where distributions keep the authorities that the administrator trusts, as Go looks for them.
   */
  private static final List<Path> SYSTEM_BUNDLES =
      List.of(
          Path.of("/etc/ssl/certs/ca-certificates.crt"),
          Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
          Path.of("/etc/ssl/ca-bundle.pem"),
          Path.of("/etc/pki/tls/cacert.pem"),
          Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
          Path.of("/etc/ssl/cert.pem"));

  /** The body's buffers; the JDK's 16 KiB cost a hand-over between threads each. */
  private static final String BUFFER_BYTES = Integer.toString(128 * 1024);

  private final Duration connectTimeout;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Key, HttpClient> clients = new HashMap<>();

  /** Content, not paths: a renewed authority makes a new client. */
  private record Key(List<String> authorities, boolean skipVerify) {}

  HttpClients(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
    if (System.getProperty("jdk.httpclient.bufsize") == null) {
      System.setProperty("jdk.httpclient.bufsize", BUFFER_BYTES);
    }
  }

  HttpClient of(RegistryHost.Tls tls) throws IOException {
    List<String> authorities = new ArrayList<>();
    for (Path file : tls.certificateAuthorities()) {
      authorities.add(Files.readString(file));
    }
    Key key = new Key(authorities, tls.skipVerify());
    synchronized (clients) {
      HttpClient client = clients.get(key);
      if (client == null) {
        client = build(tls, authorities);
        clients.put(key, client);
      }
      return client;
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

  private HttpClient build(RegistryHost.Tls tls, List<String> authorities) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          null,
          tls.skipVerify()
              ? new TrustManager[] {new TrustEveryone()}
              : trustManagers(tls.certificateAuthorities(), authorities),
          null);
      return HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(connectTimeout)
          .executor(executor)
          .sslContext(context)
          .build();
    } catch (GeneralSecurityException e) {
      throw new IOException("set up TLS: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trustManagers(List<Path> files, List<String> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (Certificate certificate : systemAuthorities()) {
      store.setCertificateEntry("system-" + number++, certificate);
    }
    for (int i = 0; i < files.size(); i++) {
      Collection<? extends Certificate> given = certificates(authorities.get(i).getBytes(UTF_8));
      if (given.isEmpty()) {
        throw new CertificateException(files.get(i) + " has no certificate in PEM form");
      }
      for (Certificate certificate : given) {
        store.setCertificateEntry("given-" + number++, certificate);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    // No bundle and no file: null stands for the JDK's own authorities.
    factory.init(number == 0 ? null : store);
    return factory.getTrustManagers();
  }

  private static Collection<? extends Certificate> systemAuthorities() {
    Optional<Path> bundle = SYSTEM_BUNDLES.stream().filter(Files::isReadable).findFirst();
    if (bundle.isEmpty()) {
      return List.of();
    }
    try {
      return certificates(Files.readAllBytes(bundle.get()));
    } catch (IOException | CertificateException e) {
      log.warn("certificate authorities {} are not used: {}", bundle.get(), e.getMessage());
      return List.of();
    }
  }

  private static Collection<? extends Certificate> certificates(byte[] pem)
      throws CertificateException, IOException {
    try (InputStream in = new ByteArrayInputStream(pem)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
  }

  /** For {@code skip_verify}, where an operator has asked for it, host by host. */
  private static final class TrustEveryone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
