package io.jukung.engine;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;

/**
 * The files of a port with TLS, in PEM; docker's options of the same names.
 *
 * @param authorities the certificates of those who sign the certificates of clients
 * @param certificate the server's, with those between it and its authority
 * @param key the server's, in PKCS 8 and without a password
 */
record TlsFiles(Path authorities, Path certificate, Path key) {
  /**
   * Reads the files.
   *
   * @throws IOException if a file cannot be used; the message names the option
   */
  SSLContext read() throws IOException {
    requireReadable("--tlscacert", authorities);
    requireReadable("--tlscert", certificate);
    requireReadable("--tlskey", key);
    try {
      JdkSslContext context =
          (JdkSslContext)
              SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                  .sslProvider(SslProvider.JDK)
                  .trustManager(authorities.toFile())
                  .clientAuth(ClientAuth.REQUIRE)
                  .build();
      return context.context();
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "the files of --tlscacert, --tlscert and --tlskey cannot be used: " + e.getMessage(), e);
    }
  }

  private static void requireReadable(String option, Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException(option + " " + file + ": there is no such file, or it is not readable");
    }
  }
}
