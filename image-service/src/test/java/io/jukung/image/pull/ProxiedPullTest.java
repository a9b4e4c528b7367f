package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.registry.ConnectProxy;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.registry.TestCertificates;
import io.jukung.image.tar.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from Debian's docker-registry over https through a proxy. Needs root. */
class ProxiedPullTest {
  /** A name that nobody resolves: only a proxy leads to a registry of this name. */
  private static final String REFERENCE = "registry.invalid/app:1";

  private static final String HOSTS = "server = \"https://registry.invalid\"\nskip_verify = true\n";

  @TempDir Path temporary;
  private final TestImage image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
  private DebianRegistry registry;
  private int port;

  @BeforeEach
  void open() throws Exception {
    TestCertificates certificates = TestCertificates.in(temporary).sign("server", "rsa:2048");
    registry =
        DebianRegistry.start(
            Files.createDirectories(temporary.resolve("registry")),
            "  tls:\n    certificate: %s\n    key: %s\n"
                .formatted(certificates.file("server.pem"), certificates.file("server.key")),
            certificates.context("server"));
    registry.push("app", "1", image);
    port = Integer.parseInt(registry.authority().split(":", -1)[1]);
  }

  @AfterEach
  void close() {
    registry.close();
  }

  @Test
  void proxyOfTheEnvironmentIsUsedWithItsPassword() throws Exception {
    try (ConnectProxy proxy = ConnectProxy.start(port, "me:pa55");
        PullFixture fixture = fixture("HTTPS_PROXY", "http://me:pa%355@" + proxy.authority())) {
      assertThat(fixture.pull(REFERENCE).id()).isEqualTo(image.id());
      assertThat(proxy.requests())
          .isNotEmpty()
          .allMatch(line -> line.equals("CONNECT registry.invalid:443 HTTP/1.1"));
    }
  }

  @Test
  void wrongPasswordForTheProxyIsSaidWithoutThePassword() throws Exception {
    try (ConnectProxy proxy = ConnectProxy.start(port, "me:other");
        PullFixture fixture = fixture("https_proxy", "me:s3cr3t@" + proxy.authority())) {
      CriException refusal = fixture.refusal(REFERENCE);
      assertThat(refusal.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
      assertThat(refusal)
          .hasMessageContaining(
              "through the proxy http://" + proxy.authority() + " (with a user): ")
          .hasMessageContaining("it asks for a user and password, or refuses those it got");
      assertThat(refusal.getMessage()).doesNotContain("s3cr3t");
    }
  }

  @Test
  void proxyThatIsNotThereIsNamedInTheError() throws Exception {
    String gone;
    try (ConnectProxy proxy = ConnectProxy.start(port, null)) {
      gone = proxy.authority();
    }
    try (PullFixture fixture = fixture("HTTPS_PROXY", gone)) {
      assertThat(fixture.refusal(REFERENCE))
          .hasMessageContaining("through the proxy http://" + gone + ": cannot connect");
    }
  }

  @Test
  void proxyOfAHostWinsOverTheEnvironmentAndLeadsToThisMachineToo() throws Exception {
    try (ConnectProxy proxy = ConnectProxy.start(port, "a b:c+d");
        PullFixture fixture = fixture("HTTPS_PROXY", "127.0.0.1:1")) {
      fixture.hosts(
          registry.authority(),
          "server = \"%s\"\nskip_verify = true\nproxy = \"http://a%%20b:c+d@%s\"\n"
              .formatted(registry.url(), proxy.authority()));
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
      assertThat(proxy.requests())
          .isNotEmpty()
          .allMatch(line -> line.equals("CONNECT " + registry.authority() + " HTTP/1.1"));
    }
  }

  @Test
  void registryOnThisMachineNeedsNoProxy() throws Exception {
    try (PullFixture fixture = fixture("HTTPS_PROXY", "127.0.0.1:1")) {
      fixture.hosts(
          registry.authority(), "server = \"%s\"\nskip_verify = true\n".formatted(registry.url()));
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
    }
  }

  @Test
  void requestsByPlainHttpGoThroughTheProxyToo() throws Exception {
    try (DebianRegistry plain =
            DebianRegistry.start(Files.createDirectories(temporary.resolve("plain")));
        ConnectProxy proxy =
            ConnectProxy.start(Integer.parseInt(plain.authority().split(":", -1)[1]), "me:pa55");
        PullFixture fixture = fixture("HTTP_PROXY", "me:pa55@" + proxy.authority())) {
      plain.push("app", "1", image);
      fixture.hosts("registry.invalid", "server = \"http://registry.invalid\"\n");
      assertThat(fixture.pull(REFERENCE).id()).isEqualTo(image.id());
      assertThat(proxy.requests())
          .contains("GET http://registry.invalid/v2/app/manifests/1 HTTP/1.1");
    }
  }

  private PullFixture fixture(String name, String value) throws Exception {
    PullFixture fixture = new PullFixture(temporary, Map.of(name, value));
    fixture.hosts("registry.invalid", HOSTS);
    return fixture;
  }
}
