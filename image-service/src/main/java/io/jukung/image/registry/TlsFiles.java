package io.jukung.image.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.airlift.security.pem.PemReader;
import io.jukung.image.content.Digest;
import io.jukung.image.content.NativeCryptography;
import io.jukung.image.registry.RegistryHost.ClientCertificate;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
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

/**
 * The content of the certificate and key files that one host's TLS settings name, as it was when
 * the files were read. Immutable.
 */
final class TlsFiles {
  private static final Logger log = LoggerFactory.getLogger(TlsFiles.class);
  private static final int MAX_FILE_BYTES = 4 * 1024 * 1024;
  private static final char[] NO_PASSWORD = {};

  /**
   * The files in which distributions keep the authorities that the administrator trusts; the list
   * is that of Go's crypto/x509.
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

  /**
   * Reads the files.
   *
   * @throws IOException for a file that is missing or larger than {@value #MAX_FILE_BYTES} bytes
   */
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

  /** The reason why these settings cannot be used for a connection, as one sentence. */
  static Optional<String> problem(RegistryHost.Tls tls) {
    try {
      read(tls).context();
      return Optional.empty();
    } catch (IOException | GeneralSecurityException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** A digest of the settings and the files' content. It discloses no secret. */
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

  /**
   * Builds a TLS context that trusts the authorities and offers the client certificates.
   *
   * @throws GeneralSecurityException for a certificate or key that cannot be used; the message
   *     names the file
   */
  SSLContext context() throws GeneralSecurityException, IOException {
    NativeCryptography.useForTls();
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
        // The cause is left out: its message might quote the key.
        throw new GeneralSecurityException(client.key().file() + ": " + e.getMessage());
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
    // Without a bundle and without a file null selects the JDK's own authorities.
    factory.init(number == 0 ? null : store);
    return factory.getTrustManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    return store;
  }

  private static List<X509Certificate> systemAuthorities() {
    Optional<Path> bundle = SYSTEM_BUNDLES.stream().filter(Files::isReadable).findFirst();
    if (bundle.isEmpty()) {
      return List.of();
    }
    try {
      return PemReader.readCertificateChain(Files.readString(bundle.get(), ISO_8859_1));
    } catch (IOException | CertificateException e) {
      log.warn("certificate authorities {} are not used: {}", bundle.get(), e.getMessage());
      return List.of();
    }
  }

  /** The certificates of a PEM file, which may hold keys too. */
  private static List<X509Certificate> certificates(Pem pem) throws CertificateException {
    List<X509Certificate> found;
    try {
      found = PemReader.readCertificateChain(pem.text());
    } catch (CertificateException e) {
      throw new CertificateException(
          pem.file() + ": a certificate cannot be read: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new CertificateException(pem.file() + ": no certificate in PEM form");
    }
    return found;
  }

  /** Accepts any certificate: used for hosts whose configuration has {@code skip_verify}. */
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
