package io.jukung.runtime.streaming.server;

import io.jukung.image.content.NativeCryptography;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The certificate of the streaming server and its private key, which have been checked to belong
 * together.
 */
final class ServerCertificate {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private final SslContext context;
  private final String sha256;

  private ServerCertificate(SslContext context, String sha256) {
    this.context = context;
    this.sha256 = sha256;
  }

  /**
   * Reads PEM files.
   *
   * @throws IOException if a file cannot be used; the message names its key in the configuration
   */
  static ServerCertificate read(Path certificateFile, Path keyFile) throws IOException {
    NativeCryptography.useForTls();
    X509Certificate[] chain;
    try {
      chain = chain(certificateFile);
    } catch (IOException | CertificateException e) {
      throw unusable("tls_certificate", certificateFile, e);
    }
    try {
      PrivateKey key = key(keyFile, chain[0].getPublicKey().getAlgorithm());
      requireFit(key, chain[0]);
      return new ServerCertificate(
          SslContextBuilder.forServer(key, chain).build(),
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded())));
    } catch (IOException | IllegalArgumentException | GeneralSecurityException e) {
      throw unusable("tls_key", keyFile, e);
    }
  }

  private static IOException unusable(String key, Path file, Exception cause) {
    String reason =
        cause instanceof NoSuchFileException ? "no such file" : String.valueOf(cause.getMessage());
    return new IOException("streaming." + key + " " + file + ": " + reason, cause);
  }

  private static X509Certificate[] chain(Path file) throws IOException, CertificateException {
    try (InputStream pem = Files.newInputStream(file)) {
      X509Certificate[] chain =
          CertificateFactory.getInstance("X.509").generateCertificates(pem).stream()
              .map(X509Certificate.class::cast)
              .toArray(X509Certificate[]::new);
      if (chain.length == 0) {
        throw new CertificateException("no certificate in it");
      }
      return chain;
    }
  }

  private static PrivateKey key(Path file, String algorithm)
      throws IOException, GeneralSecurityException {
    Matcher pem = PKCS8.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      throw new IOException("no PKCS#8 key in it (BEGIN PRIVATE KEY)");
    }
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1))));
  }

  /**
   * Checks that the key belongs to the certificate. Otherwise every TLS handshake would fail, with
   * an error that does not name the cause.
   */
  private static void requireFit(PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException, IOException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] probe = {1};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(probe);
    if (!signature.verify(signed)) {
      throw new IOException("not the key of streaming.tls_certificate");
    }
  }

  SslContext context() {
    return context;
  }

  /** The SHA-256 of the server's own certificate, in hex. */
  String sha256() {
    return sha256;
  }
}
