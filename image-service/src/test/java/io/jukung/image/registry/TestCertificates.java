package io.jukung.image.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** A certificate authority and certificates that it has signed, made with openssl(1). */
public final class TestCertificates {
  private final Path directory;

  private TestCertificates(Path directory) {
    this.directory = directory;
  }

  /** Creates the authority {@code ca.pem} with its key {@code ca.key}. */
  public static TestCertificates in(Path directory) throws IOException, InterruptedException {
    TestCertificates certificates = new TestCertificates(directory);
    certificates.openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-ca"
            + " -keyout ca.key -out ca.pem");
    return certificates;
  }

  /**
   * Creates a certificate {@code NAME.pem} with its key {@code NAME.key}, for a server at 127.0.0.1
   * or 127.0.0.2 or for a client.
   *
   * @param keyAlgorithm openssl-req's argument of -newkey
   */
  public TestCertificates sign(String name, String keyAlgorithm)
      throws IOException, InterruptedException {
    Files.writeString(
        directory.resolve(name + ".ext"),
        "subjectAltName=IP:127.0.0.1,IP:127.0.0.2\nextendedKeyUsage=serverAuth,clientAuth\n");
    openssl(
        "req -newkey %s -nodes -subj /CN=%s -keyout %s.key -out %s.csr"
            .formatted(keyAlgorithm, name, name, name));
    openssl(
        "x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile %s.ext -out %s.pem"
            .formatted(name, name, name));
    return this;
  }

  public Path file(String name) {
    return directory.resolve(name);
  }

  /** A TLS context that trusts the authority and presents the named certificate. */
  public SSLContext context(String name) throws Exception {
    return TlsFiles.read(
            new RegistryHost.Tls(
                List.of(file("ca.pem")),
                List.of(
                    new RegistryHost.ClientCertificate(file(name + ".pem"), file(name + ".key"))),
                /* skipVerify= */ false))
        .context();
  }

  /** Runs openssl(1) in the directory. */
  public void openssl(String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }
}
