package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import io.jukung.image.registry.RegistryHost.ClientCertificate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The authorities and client certificates of one host, as they are on disk now. */
final class TlsFiles {
  private static final Logger log = LoggerFactory.getLogger(TlsFiles.class);
  private static final int MAX_FILE_BYTES = 4 * 1024 * 1024;
  private static final char[] NO_PASSWORD = {};

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

  private record Pem(Path file, String text) {}

  private record ClientPem(Pem certificate, Pem key) {}

  private final boolean skipVerify;
  private final List<Pem> authorities = new ArrayList<>();
  private final List<ClientPem> clients = new ArrayList<>();

  private TlsFiles(boolean skipVerify) {
    this.skipVerify = skipVerify;
  }

  static TlsFiles read(RegistryHost.Tls tls) throws IOException {
    TlsFiles files = new TlsFiles(tls.skipVerify());
    for (Path file : tls.certificateAuthorities()) {
      files.authorities.add(pem(file));
    }
    for (ClientCertificate client : tls.clients()) {
      files.clients.add(new ClientPem(pem(client.certificate()), pem(client.key())));
    }
    return files;
  }

  /** Why a host could not be spoken to with these files, as one sentence. */
  static Optional<String> problem(RegistryHost.Tls tls) {
    try {
      read(tls).context();
      return Optional.empty();
    } catch (IOException | GeneralSecurityException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** The same for the same content: a renewed file makes another. Holds no secret. */
  String identity() {
    StringBuilder all = new StringBuilder().append(skipVerify);
    authorities.forEach(ca -> all.append("\nauthority ").append(ca.text()));
    clients.forEach(
        client ->
            all.append("\nclient ")
                .append(client.certificate().text())
                .append(client.key().text()));
    return Digest.sha256(all.toString().getBytes(UTF_8)).toString();
  }

  SSLContext context() throws GeneralSecurityException, IOException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        keyManagers(),
        skipVerify ? new TrustManager[] {new TrustEveryone()} : trustManagers(),
        null);
    return context;
  }

  private static Pem pem(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new IOException(file + " has more than " + MAX_FILE_BYTES + " bytes");
      }
      return new Pem(file, Files.readString(file, ISO_8859_1));
    } catch (NoSuchFileException e) {
      throw new IOException(file + " does not exist", e);
    }
  }

  private KeyManager[] keyManagers() throws GeneralSecurityException, IOException {
    KeyStore store = empty();
    for (int i = 0; i < clients.size(); i++) {
      ClientPem client = clients.get(i);
      Certificate[] chain = certificates(client.certificate()).toArray(Certificate[]::new);
      try {
        store.setKeyEntry("client-" + i, PemKey.read(client.key().text()), NO_PASSWORD, chain);
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        // Without the cause: it might quote the key.
        throw new GeneralSecurityException(client.key().file() + " " + e.getMessage());
      }
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private TrustManager[] trustManagers() throws GeneralSecurityException, IOException {
    KeyStore store = empty();
    int number = 0;
    for (Certificate certificate : systemAuthorities()) {
      store.setCertificateEntry("system-" + number++, certificate);
    }
    for (Pem authority : authorities) {
      for (Certificate certificate : certificates(authority)) {
        store.setCertificateEntry("given-" + number++, certificate);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    // No bundle and no file: null stands for the JDK's own authorities.
    factory.init(number == 0 ? null : store);
    return factory.getTrustManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    return store;
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

  private static Collection<? extends Certificate> certificates(Pem pem)
      throws CertificateException, IOException {
    Collection<? extends Certificate> found;
    try {
      found = certificates(pem.text().replaceAll(PemKey.BLOCK.pattern(), "").getBytes(UTF_8));
    } catch (CertificateException e) {
      throw new CertificateException(pem.file() + " is not PEM: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new CertificateException(pem.file() + " has no certificate in PEM form");
    }
    return found;
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
