package io.jukung.image.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** An authority of our own and what it has signed, made by openssl(1) as an administrator would. */
public final class TestCertificates {
  private final Path directory;

  private TestCertificates(Path directory) {
    this.directory = directory;
  }

  /** Makes {@code ca.pem} with its key {@code ca.key}. */
  public static TestCertificates in(Path directory) throws IOException, InterruptedException {
    TestCertificates made = new TestCertificates(directory);
    made.openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-ca"
            + " -keyout ca.key -out ca.pem");
    return made;
  }

  /** A pair of files {@code NAME.pem} and {@code NAME.key}, for 127.0.0.1 or as a client. */
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

  /** Trusts the authority and shows the named certificate, as a client or a server. */
  public SSLContext context(String name) throws Exception {
    return TlsFiles.read(
            new RegistryHost.Tls(
                List.of(file("ca.pem")),
                List.of(
                    new RegistryHost.ClientCertificate(file(name + ".pem"), file(name + ".key"))),
                /* skipVerify= */ false))
        .context();
  }

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
