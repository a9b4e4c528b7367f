package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.PullImageRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Registry;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that gives its images to another one, whose registry cannot be reached. */
class PeersIT {
  private static final String PEER = "127.0.0.1:5010";

  @TempDir Path directory;

  /** Starts a daemon for which the peer is the only host that answers. */
  private Daemon other(Testbed testbed, String host) throws Exception {
    Path hosts = Files.createDirectories(directory.resolve("certs.d").resolve(Registry.HOST));
    Files.writeString(hosts.resolve("hosts.toml"), "server = \"http://127.0.0.1:1\"\n" + host);
    Daemon other = Daemon.in(testbed.node(), "other");
    other.writeConfig(
        "[image]\nregistry_config_dir = \"%s\"\n".formatted(directory.resolve("certs.d")));
    other.start();
    return other;
  }

  private static String pull(Daemon daemon, String reference) throws Exception {
    try (CriClient client = CriClient.of(daemon.socket())) {
      return client
          .images()
          .pullImage(PullImageRequest.newBuilder().setImage(Requests.image(reference)).build())
          .getImageRef();
    }
  }

  private static CommandResult curl(Testbed testbed, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--noproxy", "*", "-m", "20"));
    command.addAll(List.of(arguments));
    return testbed.node().run(command);
  }

  @Test
  void imageIsPulledFromAPeerByItsDigest() throws Exception {
    try (Testbed testbed =
        Testbed.start((_, _) -> {}, "[peers]\naddress = \"%s\"\n".formatted(PEER))) {
      String reference = testbed.registry().push("given:1", "--env", "[\"A=given\"]");
      String id = testbed.pull(reference);
      String digest = testbed.registry().digest("given", "1");
      String byDigest = Registry.HOST + "/given@" + digest;
      Daemon other =
          other(testbed, "[host.\"http://%s\"]\ncapabilities = [\"pull\"]\n".formatted(PEER));
      assertThat(pull(other, byDigest)).isEqualTo(id);
      other.terminate();

      String manifest = "http://%s/v2/given/manifests/%s".formatted(PEER, digest);
      String named = manifest + "?ns=" + Registry.HOST;
      assertThat(curl(testbed, "-I", named).orThrow())
          .contains("200 OK", "Docker-Content-Digest: " + digest)
          .containsIgnoringCase("content-type: application/vnd.oci.image.manifest.v1+json");
      assertThat(curl(testbed, manifest).orThrow()).contains("MANIFEST_UNKNOWN");
      assertThat(curl(testbed, named.replace(digest, "1")).orThrow()).contains("MANIFEST_UNKNOWN");
      assertThat(curl(testbed, "-X", "DELETE", named).orThrow()).contains("only GET and HEAD");
      String whole = curl(testbed, named).orThrow();
      assertThat(curl(testbed, "-H", "Range: bytes=10-19", named).orThrow())
          .isEqualTo(whole.substring(10, 20));
      assertThat(curl(testbed, "-C", "10", named).orThrow()).isEqualTo(whole.substring(10));
      assertThat(curl(testbed, "-i", "-H", "Range: bytes=99999-", named).orThrow())
          .contains("HTTP/1.1 416");
      // Several requests on one connection.
      assertThat(curl(testbed, named, named, "http://" + PEER + "/v2/").orThrow())
          .isEqualTo(whole + whole + "{}");
    }
  }

  @Test
  void overTlsAPeerNeedsACertificate() throws Exception {
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
    Files.writeString(directory.resolve("node.ext"), "subjectAltName=IP:127.0.0.1\n");
    openssl("req -newkey rsa:2048 -nodes -subj /CN=node -keyout node.key -out node.csr");
    openssl(
        "x509 -req -in node.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
            + " -extfile node.ext -out node.pem");
    openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -keyout x.key -out x.pem");
    String tls =
        """
        [peers]
        address = "0.0.0.0:5010"
        tls_certificate = "%1$s/node.pem"
        tls_key = "%1$s/node.key"
        tls_client_ca = "%1$s/ca.pem"
        max_connections = 8
        """
            .formatted(directory);
    try (Testbed testbed = Testbed.start((_, _) -> {}, tls)) {
      String url = "https://" + PEER + "/v2/";
      String ca = directory.resolve("ca.pem").toString();
      assertThat(curl(testbed, "--cacert", ca, url).exitCode()).isNotZero();
      assertThat(with(testbed, ca, "x", url).exitCode()).isNotZero();
      assertThat(with(testbed, ca, "node", url).orThrow()).isEqualTo("{}");

      String id = testbed.pull(testbed.busybox());
      String digest = testbed.registry().digest("busybox", "1");
      Daemon other =
          other(
              testbed,
              """
              [host."https://%1$s"]
              capabilities = ["pull"]
              ca = "%2$s/ca.pem"
              client = [["%2$s/node.pem", "%2$s/node.key"]]
              """
                  .formatted(PEER, directory));
      assertThat(pull(other, Registry.HOST + "/busybox@" + digest)).isEqualTo(id);
      other.terminate();
    }
  }

  private CommandResult with(Testbed testbed, String ca, String name, String url) throws Exception {
    return curl(
        testbed,
        "--cacert",
        ca,
        "--cert",
        directory.resolve(name + ".pem").toString(),
        "--key",
        directory.resolve(name + ".key").toString(),
        url);
  }

  private void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + output);
    }
  }
}
