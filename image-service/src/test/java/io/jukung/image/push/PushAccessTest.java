package io.jukung.image.push;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.push.ImagePusher.Platforms;
import io.jukung.image.push.PushListener.Outcome;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.registry.TestCertificates;
import io.jukung.image.registry.TokenServer;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushes to Debian's docker-registry with TLS, passwords and tokens. Needs root. */
class PushAccessTest {
  private static final Credentials USER = Credentials.of("user", "pass:word", "", "", "", "");

  @TempDir static Path certificateDirectory;
  private static TestCertificates certificates;

  @TempDir Path temporary;
  private PullFixture fixture;
  private DebianRegistry origin;
  private StoredImage stored;
  private TestImage image;

  @BeforeAll
  static void sign() throws Exception {
    certificates =
        TestCertificates.in(certificateDirectory)
            .sign("server", "rsa:2048")
            .sign("client", "rsa:2048");
  }

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
    origin = DebianRegistry.start(Files.createDirectories(temporary.resolve("origin")));
    origin.push("app", "1", image);
    stored = fixture.pull(origin.reference("app:1"));
  }

  @AfterEach
  void close() {
    origin.close();
    fixture.close();
  }

  private DebianRegistry registry(String more, boolean tls) throws Exception {
    return DebianRegistry.start(
        Files.createDirectories(temporary.resolve("registry")),
        more,
        tls ? certificates.context("client") : null);
  }

  private DebianRegistry withPassword() throws Exception {
    Process program =
        new ProcessBuilder("htpasswd", "-nbB", "user", "pass:word")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path file = temporary.resolve("htpasswd");
    Files.write(file, program.getInputStream().readAllBytes());
    assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
    DebianRegistry registry =
        registry("auth:\n  htpasswd: {realm: test, path: %s}\n".formatted(file), false);
    registry.authorize(
        "Basic " + Base64.getEncoder().encodeToString("user:pass:word".getBytes(UTF_8)));
    return registry;
  }

  @Test
  void httpsWithAnAuthorityOfItsOwn() throws Exception {
    String tls =
        "  tls:\n    certificate: %s\n    key: %s\n"
            .formatted(certificates.file("server.pem"), certificates.file("server.key"));
    try (DebianRegistry registry = registry(tls, true)) {
      String name = registry.reference("app:1");
      fixture.store.tag(stored.id(), name);
      String server = "server = \"" + registry.url() + "\"\n";
      fixture.hosts(registry.authority(), server);
      assertThat(new Pushes(fixture).refusal(name)).hasMessageContaining("TLS: ");
      fixture.hosts(
          registry.authority(), server + "ca = \"" + certificates.file("ca.pem") + "\"\n");
      new Pushes(fixture).push(name);
      assertThat(registry.bytes("app", "manifests/1")).isEqualTo(image.manifest());
    }
  }

  @Test
  void userAndPasswordOfTheCallAndOfTheAuthFile() throws Exception {
    try (DebianRegistry registry = withPassword()) {
      String name = registry.reference("app:1");
      fixture.store.tag(stored.id(), name);
      assertThat(new Pushes(fixture).refusal(name).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
      new Pushes(fixture).push(name, USER, Platforms.OWN);
      assertThat(registry.bytes("app", "manifests/1")).isEqualTo(image.manifest());
      String auth = Base64.getEncoder().encodeToString("user:pass:word".getBytes(UTF_8));
      Files.writeString(
          temporary.resolve("auth.json"),
          "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}".formatted(registry.authority(), auth));
      fixture.store.tag(stored.id(), registry.reference("second:1"));
      new Pushes(fixture).push(registry.reference("second:1"));
    }
  }

  @Test
  void oneTokenServesAPushAndItsMounts() throws Exception {
    try (TokenServer tokens = TokenServer.start(certificates, "user", "pass:word");
        DebianRegistry registry =
            registry(
                """
                auth:
                  token: {realm: "%s", service: test-registry, issuer: test-issuer, rootcertbundle: %s}
                """
                    .formatted(tokens.realm(), certificates.file("server.pem")),
                false)) {
      fixture.store.tag(stored.id(), registry.reference("app:1"));
      Pushes pushes = new Pushes(fixture);
      pushes.push(registry.reference("app:1"), USER, Platforms.OWN);
      assertThat(tokens.scopes()).containsExactly("repository:app:pull,push");
      fixture.store.tag(stored.id(), registry.reference("team/copy:1"));
      pushes.push(registry.reference("team/copy:1"), USER, Platforms.OWN);
      assertThat(pushes.outcomes().values()).containsOnly(Outcome.MOUNTED);
      assertThat(tokens.scopes().getLast())
          .isEqualTo("repository:team/copy:pull,push repository:app:pull");
      assertThat(tokens.scopes()).hasSize(2);
    }
  }
}
