package io.jukung.image.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.registry.TestCertificates;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.registry.WildRegistry.Behaviour;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Credentials are sent to the registry they are for and to no other host, whatever the hosts
 * answer. Needs root, for the owners of files.
 */
class CredentialBoundaryTest {
  private static final String SECRET = "s3cr3t";
  private static final String BASIC =
      "Basic " + Base64.getEncoder().encodeToString(("user:" + SECRET).getBytes(UTF_8));

  @TempDir Path temporary;
  private WildRegistry registry;
  private WildRegistry foreign;
  private PullFixture fixture;
  private TestImage image;
  private Digest layer;

  @BeforeEach
  void open() throws IOException {
    registry = WildRegistry.start();
    foreign = WildRegistry.start("127.0.0.2", null);
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
    registry.add("app", "1", image);
    foreign.add("app", "1", image);
    layer = image.layers().getFirst();
  }

  @AfterEach
  void close() throws IOException {
    fixture.close();
    registry.close();
    foreign.close();
  }

  private static Credentials password(String serverAddress) {
    return Credentials.of("user", SECRET, "", serverAddress, "", "");
  }

  private StoredImage pull(Credentials credentials) throws InterruptedException {
    return fixture.pull(registry.reference("app:1"), credentials);
  }

  private CriException refusal(Credentials credentials) throws InterruptedException, IOException {
    CriException refusal = fixture.refusal(registry.reference("app:1"), credentials);
    for (Throwable t = refusal; t != null; t = t.getCause()) {
      assertThat(String.valueOf(t.getMessage())).doesNotContain(SECRET, BASIC.substring(6));
    }
    fixture.assertNothingIsLeft();
    return refusal;
  }

  /** Answers 401 with the challenge to requests without the expected Authorization header. */
  private static Behaviour demanding(String challenge, String authorization, Behaviour then) {
    return (request, reply) -> {
      if (authorization.equals(request.headers().get("authorization"))) {
        then.answer(request, reply);
      } else {
        reply.empty(401, "WWW-Authenticate: " + challenge);
      }
    };
  }

  private void assertForeignSawNoSecret() {
    assertThat(foreign.requests())
        .isNotEmpty()
        .allSatisfy(
            request -> {
              assertThat(request.has("authorization")).isFalse();
              assertThat(request.toString()).doesNotContain(SECRET, BASIC.substring(6), "bearer-1");
            });
  }

  // ── redirects ──────────────────────────────────────────────────────────────────────────────

  @Test
  void redirectToAnotherHostCarriesNoCredentialsAndNoConfiguredHeaders() throws Exception {
    fixture.hosts(
        registry.authority(),
        "server = \"%s\"\n[header]\nx-key = \"%s\"\n".formatted(registry.url(), SECRET));
    registry.on("/v2/", demanding("Basic realm=\"r\"", BASIC, registry::properly));
    registry.on(
        layer,
        demanding(
            "Basic realm=\"r\"",
            BASIC,
            (request, reply) ->
                reply.empty(307, "Location: " + foreign.url() + "/v2/app/blobs/" + layer)));
    assertThat(pull(password("")).id()).isEqualTo(image.id());
    assertForeignSawNoSecret();
    assertThat(registry.requests()).allSatisfy(r -> assertThat(r.has("x-key")).isTrue());
  }

  @Test
  void redirectBackToTheRegistryCarriesNoCredentials() throws Exception {
    registry.on("/v2/", demanding("Basic realm=\"r\"", BASIC, registry::properly));
    registry.on(
        "/v2/app/blobs/" + layer,
        (request, reply) -> reply.empty(302, "Location: " + foreign.url() + "/away"));
    foreign.on(
        "/away", (request, reply) -> reply.empty(302, "Location: " + registry.url() + "/v2/spy"));
    CriException refusal = refusal(password(""));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertForeignSawNoSecret();
    assertThat(registry.requests("/v2/spy"))
        .isNotEmpty()
        .noneMatch(request -> request.has("authorization"));
  }

  @Test
  void targetOfRedirectThatDemandsCredentialsGetsNone() throws Exception {
    registry.on(
        layer, (request, reply) -> reply.empty(302, "Location: " + foreign.url() + "/away"));
    foreign.on("/away", demanding("Basic realm=\"r\"", BASIC, foreign::properly));
    assertThat(refusal(password("")).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    foreign.on(
        "/away",
        demanding("Bearer realm=\"" + foreign.url() + "/token\"", "none", foreign::properly));
    assertThat(refusal(password("")).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertForeignSawNoSecret();
    assertThat(foreign.requests("/token")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/x",
        "file:///etc/shadow",
        "http://user:pw@127.0.0.2/x",
        "gopher://127.0.0.2/x",
        "http:",
        "",
      })
  void redirectToForbiddenAddressIsRefused(String location) throws Exception {
    registry.on(layer, (request, reply) -> reply.empty(302, "Location: " + location));
    CriException refusal = refusal(password(""));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
    assertThat(refusal).hasMessageContaining("which is refused");
  }

  @Test
  void pullFailsAfterTenRedirects() throws Exception {
    registry.on(layer, (request, reply) -> reply.empty(302, "Location: " + request.target()));
    assertThat(refusal(password(""))).hasMessageContaining("redirects more than 10 times");
    assertThat(registry.requests(layer)).hasSize(11);
  }

  @Test
  void redirectFromHttpsToPlainHttpIsRefused() throws Exception {
    Path directory = Files.createDirectories(temporary.resolve("certificates"));
    TestCertificates certificates = TestCertificates.in(directory).sign("server", "rsa:2048");
    try (WildRegistry secure = WildRegistry.start("127.0.0.1", certificates.context("server"))) {
      secure.add("app", "1", image);
      secure.on(
          layer, (request, reply) -> reply.empty(307, "Location: " + foreign.url() + "/blob"));
      fixture.hosts(
          secure.authority(),
          "server = \"%s\"\nca = \"%s\"\n".formatted(secure.url(), certificates.file("ca.pem")));
      CriException refusal = fixture.refusal(secure.reference("app:1"), password(""));
      assertThat(refusal.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
      assertThat(refusal).hasMessageContaining("redirects from https to plain http");
      assertThat(foreign.requests()).isEmpty();
    }
  }

  // ── mirrors, other registries ──────────────────────────────────────────────────────────────

  @Test
  void mirrorThatDemandsCredentialsGetsNone() throws Exception {
    fixture.hosts(registry.authority(), "[host.\"" + foreign.url() + "\"]\n");
    registry.on("/v2/", demanding("Basic realm=\"r\"", BASIC, registry::properly));
    for (String challenge :
        List.of("Basic realm=\"r\"", "Bearer realm=\"" + foreign.url() + "/token\"")) {
      foreign.on("/v2/", (request, reply) -> reply.empty(401, "WWW-Authenticate: " + challenge));
      assertThat(pull(password("")).id()).isEqualTo(image.id());
      assertForeignSawNoSecret();
    }
  }

  @Test
  void credentialsForAnotherServerAreNotSent() throws Exception {
    registry.on("/v2/", demanding("Basic realm=\"r\"", BASIC, registry::properly));
    assertThat(refusal(password("registry.example")).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertThat(registry.requests()).noneMatch(request -> request.has("authorization"));
    assertThat(pull(password("https://" + registry.authority() + "/v2/")).id())
        .isEqualTo(image.id());
  }

  @Test
  void credentialsAreNotSentBeforeTheyAreDemanded() throws Exception {
    assertThat(pull(password("")).id()).isEqualTo(image.id());
    assertThat(registry.requests()).noneMatch(request -> request.has("authorization"));
  }

  // ── token servers ──────────────────────────────────────────────────────────────────────────

  @Test
  void tokenForThePasswordIsSentToTheRegistryOnly() throws Exception {
    String challenge =
        "Bearer realm=\"%s/token\",service=\"reg\",scope=\"repository:app:pull\""
            .formatted(registry.url());
    registry.on("/v2/", demanding(challenge, "Bearer bearer-1", registry::properly));
    registry.on(
        "/token",
        demanding("Basic", BASIC, (q, reply) -> reply.whole(200, json("token", "bearer-1"))));
    registry.on(
        layer,
        demanding(
            challenge,
            "Bearer bearer-1",
            (request, reply) ->
                reply.empty(307, "Location: " + foreign.url() + "/v2/app/blobs/" + layer)));
    assertThat(pull(password("")).id()).isEqualTo(image.id());
    assertThat(registry.requests("/token")).hasSize(1);
    assertThat(decoded(registry.requests("/token").getFirst().target()))
        .contains("service=reg", "scope=repository:app:pull", "account=user");
    assertForeignSawNoSecret();
  }

  @Test
  void expiredTokenIsRenewed() throws Exception {
    String challenge = "Bearer realm=\"" + registry.url() + "/token\"";
    registry.on("/manifests/", demanding(challenge, "Bearer bearer-1", registry::properly));
    registry.on("/blobs/", demanding(challenge, "Bearer bearer-2", registry::properly));
    registry.on("/token", (q, reply) -> reply.whole(200, json("access_token", "bearer-2")));
    registry.on("/token", 1, (q, reply) -> reply.whole(200, json("token", "bearer-1")));
    assertThat(pull(password("")).id()).isEqualTo(image.id());
    assertThat(registry.requests("/token"))
        .hasSize(2)
        .allSatisfy(r -> assertThat(decoded(r.target())).contains("scope=repository:app:pull"));
  }

  @Test
  void identityTokenIsExchangedByPost() throws Exception {
    String challenge = "Bearer realm=\"" + registry.url() + "/token\",service=\"reg\"";
    registry.on("/v2/", demanding(challenge, "Bearer bearer-1", registry::properly));
    registry.on(
        "/token",
        (request, reply) -> {
          boolean right =
              request.method().equals("POST")
                  && !request.target().contains("refresh")
                  && decoded(request.body()).contains("refresh_token=" + SECRET)
                  && decoded(request.body()).contains("grant_type=refresh_token");
          reply.whole(right ? 200 : 400, json("access_token", "bearer-1"));
        });
    assertThat(pull(Credentials.of("", "", "", "", SECRET, "")).id()).isEqualTo(image.id());
  }

  @Test
  void registryTokenIsSentUnchanged() throws Exception {
    registry.on("/v2/", demanding("Bearer realm=\"x\"", "Bearer " + SECRET, registry::properly));
    assertThat(pull(Credentials.of("", "", "", "", "", SECRET)).id()).isEqualTo(image.id());
    registry.on("/v2/", (request, reply) -> reply.empty(401, "WWW-Authenticate: Bearer"));
    CriException refusal =
        fixture.refusal(registry.reference("app:1"), Credentials.of("", "", "", "", "", SECRET));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertThat(refusal).hasMessageContaining("HTTP 401");
  }

  @Test
  void tokenServerOnAnotherHostByPlainHttpIsRefused() throws Exception {
    registry.on(
        "/v2/", demanding("Bearer realm=\"" + foreign.url() + "/token\"", "", registry::properly));
    CriException refusal = refusal(password(""));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
    assertThat(refusal).hasMessageContaining("token server by plain http");
    assertThat(foreign.requests()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://169.254.169.254/token",
        "http://169.254.169.254/token",
        "https://[fe80::2]/token",
        "ftp://127.0.0.1/token",
        "https://user@127.0.0.1/token",
      })
  void tokenServerAtForbiddenAddressIsRefused(String realm) throws Exception {
    registry.on("/v2/", demanding("Bearer realm=\"" + realm + "\"", "", registry::properly));
    assertThat(refusal(password("")).kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
  }

  @Test
  void wrongPasswordIsSentOnce() throws Exception {
    registry.on("/v2/", demanding("Basic realm=\"r\"", "Basic other", registry::properly));
    CriException refusal = refusal(password(""));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
    assertThat(registry.requests()).hasSize(2);
  }

  @Test
  void errorDoesNotQuoteTheTokenServersAnswer() throws Exception {
    String challenge = "Bearer realm=\"" + registry.url() + "/token\"";
    registry.on("/v2/", demanding(challenge, "Bearer x", registry::properly));
    for (byte[] answer :
        List.of(
            ("{\"token\": \"" + SECRET).getBytes(UTF_8),
            json("nothing", SECRET),
            json("token", SECRET + "\\nX-Injected: 1"),
            new byte[0])) {
      registry.on("/token", (request, reply) -> reply.whole(200, answer));
      assertThat(refusal(password(""))).hasMessageContaining("answers without a token");
    }
  }

  private static byte[] json(String field, String value) {
    return "{\"%s\": \"%s\", \"expires_in\": 300}".formatted(field, value).getBytes(UTF_8);
  }

  private static String decoded(String form) {
    return URLDecoder.decode(form, UTF_8);
  }
}
