package io.jukung.image.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.registry.TestCertificates;
import io.jukung.image.registry.TokenServer;
import io.jukung.image.service.Check;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pulls from Debian's docker-registry with TLS, passwords and tokens, also of images that skopeo,
 * umoci and buildah have made. Needs root.
 */
class RegistryAccessTest {
  private static final Credentials USER = Credentials.of("user", "pass:word", "", "", "", "");

  @TempDir static Path certificateDirectory;
  private static TestCertificates certificates;

  @TempDir Path temporary;
  private PullFixture fixture;
  private TestImage image;

  @BeforeAll
  static void sign() throws Exception {
    certificates =
        TestCertificates.in(certificateDirectory)
            .sign("server", "rsa:2048")
            .sign("client", "ec -pkeyopt ec_paramgen_curve:prime256v1");
    certificates.openssl("ec -in client.key -out client-sec1.key");
    certificates.openssl("genrsa -traditional -out rsa1.key 2048");
    certificates.openssl("req -new -key rsa1.key -subj /CN=rsa1 -out rsa1.csr");
    certificates.openssl(
        "x509 -req -in rsa1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out rsa1.pem");
    Files.writeString(
        certificates.file("client-both.pem"),
        Files.readString(certificates.file("client.pem"))
            + Files.readString(certificates.file("client.key")));
  }

  @BeforeEach
  void open() throws IOException {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private DebianRegistry secure(String more) throws Exception {
    DebianRegistry registry =
        DebianRegistry.start(
            Files.createDirectories(temporary.resolve("registry")),
            """
              tls:
                certificate: %s
                key: %s
            %s
            """
                .formatted(certificates.file("server.pem"), certificates.file("server.key"), more),
            certificates.context("client"));
    registry.push("app", "1", image);
    return registry;
  }

  private void hosts(DebianRegistry registry, String more) throws IOException {
    fixture.hosts(registry.authority(), "server = \"%s\"\n%s\n".formatted(registry.url(), more));
  }

  private String ca() {
    return "ca = \"" + certificates.file("ca.pem") + "\"\n";
  }

  @Test
  void configuredAuthorityIsTrustedForItsHostOnly() throws Exception {
    try (DebianRegistry registry = secure("")) {
      hosts(registry, "");
      CriException refusal = fixture.refusal(registry.reference("app:1"));
      assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
      assertThat(refusal).hasMessageContaining("TLS: ");
      hosts(registry, ca());
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
      hosts(registry, "skip_verify = true");
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
    }
  }

  @Test
  void certificateForAnotherNameIsNotAccepted() throws Exception {
    try (DebianRegistry registry = secure("")) {
      // "localhost" leads to the same registry, but its certificate does not have that name.
      String local = registry.url().replace("127.0.0.1", "localhost");
      fixture.hosts(registry.authority(), "server = \"%s\"\n%s".formatted(local, ca()));
      CriException refusal = fixture.refusal(registry.reference("app:1"));
      assertThat(refusal).hasMessageContaining("TLS: ").hasMessageContaining("localhost");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[[\"DIR/client.pem\", \"DIR/client.key\"]]",
        "[[\"DIR/client.pem\", \"DIR/client-sec1.key\"]]",
        "[[\"DIR/rsa1.pem\", \"DIR/rsa1.key\"]]",
        "[[\"DIR/client-both.pem\", \"\"]]",
        "[\"DIR/client-both.pem\"]",
        "\"DIR/client-both.pem\"",
      })
  void registryThatDemandsAClientCertificateGetsIt(String client) throws Exception {
    try (DebianRegistry registry = secure("    clientcas: [" + certificates.file("ca.pem") + "]")) {
      hosts(registry, ca());
      assertThat(fixture.refusal(registry.reference("app:1")).kind())
          .isEqualTo(ErrorKind.UNAVAILABLE);
      hosts(registry, ca() + "client = " + client.replace("DIR", certificateDirectory.toString()));
      assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
    }
  }

  @Test
  void errorNamesTheMissingCertificateFile() throws Exception {
    fixture.hosts("registry.example", "ca = \"gone.pem\"\n");
    CriException refusal = fixture.refusal("registry.example/app:1");
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal).hasMessageContaining("certs.d/registry.example/gone.pem does not exist");
  }

  @Test
  void userAndPasswordWorkAsFieldsAndAsAuth() throws Exception {
    try (DebianRegistry registry = withPassword()) {
      String pair = pair();
      String reference = registry.reference("app:1");
      assertThat(fixture.refusal(reference).kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
      assertThat(fixture.pull(reference, USER).id()).isEqualTo(image.id());
      Credentials byAuth = Credentials.of("", "", pair, registry.authority(), "", "");
      assertThat(fixture.pull(reference, byAuth).id()).isEqualTo(image.id());
      Credentials wrong = Credentials.of("user", "other", "", "", "", "");
      CriException refusal = fixture.refusal(reference, wrong);
      assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
      assertThat(refusal).hasMessageContaining("UNAUTHORIZED");
    }
  }

  private DebianRegistry withPassword() throws Exception {
    Path htpasswd = temporary.resolve("htpasswd");
    Files.writeString(htpasswd, htpasswd("user", "pass:word"));
    DebianRegistry registry =
        DebianRegistry.start(
            Files.createDirectories(temporary.resolve("registry")),
            "auth:\n  htpasswd: {realm: test, path: %s}\n".formatted(htpasswd),
            null);
    registry.authorize("Basic " + pair());
    registry.push("app", "1", image);
    return registry;
  }

  private static String pair() {
    return Base64.getEncoder().encodeToString("user:pass:word".getBytes(UTF_8));
  }

  @Test
  void checkRepairsPrivateImageWithCredentialsForItsRegistry() throws Exception {
    try (DebianRegistry registry = withPassword()) {
      fixture.pull(registry.reference("app:1"), USER);
      Path blob = temporary.resolve("images/blobs/sha256").resolve(image.layers().getFirst().hex());
      Files.write(blob, new byte[] {1, 2, 3});
      AuthConfig user =
          AuthConfig.newBuilder().setUsername("user").setPassword("pass:word").build();
      assertThat(findings(AuthConfig.getDefaultInstance())).anyMatch(each -> !each.getRepaired());
      assertThatThrownBy(() -> findings(user))
          .isInstanceOf(CriException.class)
          .hasMessageContaining("server_address");
      assertThat(findings(user.toBuilder().setServerAddress("registry.example").build()))
          .anyMatch(each -> !each.getRepaired());
      assertThat(findings(user.toBuilder().setServerAddress(registry.authority()).build()))
          .isNotEmpty()
          .allMatch(CheckFinding::getRepaired);
      assertThat(findings(AuthConfig.getDefaultInstance())).isEmpty();
    }
  }

  private List<CheckFinding> findings(AuthConfig auth) throws Exception {
    List<CheckFinding> findings = new ArrayList<>();
    new Check(fixture.store, fixture.puller, (_, _) -> {})
        .call(CheckRequest.newBuilder().setRepair(true).setAuth(auth).build(), findings::add);
    return findings;
  }

  @Test
  void privateImageIsPulledWithEachKindOfToken() throws Exception {
    try (TokenServer tokens = TokenServer.start(certificates, "user", "pass:word");
        DebianRegistry registry =
            DebianRegistry.start(
                Files.createDirectories(temporary.resolve("registry")),
                """
                auth:
                  token: {realm: "%s", service: test-registry, issuer: test-issuer, rootcertbundle: %s}
                """
                    .formatted(tokens.realm(), certificates.file("server.pem")),
                null)) {
      registry.authorize("Bearer " + tokens.issue("repository:app:pull,push"));
      registry.push("app", "1", image);
      String reference = registry.reference("app:1");
      assertThat(fixture.pull(reference, USER).id()).isEqualTo(image.id());
      assertThat(tokens.scopes()).containsExactly("repository:app:pull");
      Credentials identity = Credentials.of("", "", "", "", TokenServer.IDENTITY, "");
      assertThat(fixture.pull(reference, identity).id()).isEqualTo(image.id());
      Credentials bearer = Credentials.of("", "", "", "", "", tokens.issue("repository:app:pull"));
      assertThat(fixture.pull(reference, bearer).id()).isEqualTo(image.id());
      assertThat(fixture.refusal(reference, Credentials.of("user", "x", "", "", "", "")).kind())
          .isEqualTo(ErrorKind.UNAUTHENTICATED);
    }
  }

  // ── images of other tools ──────────────────────────────────────────────────────────────────

  @Test
  void imagesOfSkopeoUmociAndBuildahArePulled() throws Exception {
    try (DebianRegistry registry =
        DebianRegistry.start(Files.createDirectories(temporary.resolve("registry")))) {
      Path layout = temporary.resolve("layout");
      run("umoci init --layout " + layout);
      run("umoci new --image " + layout + ":umoci");
      Path content = temporary.resolve("content");
      Files.createDirectories(content.resolve("etc"));
      Files.writeString(content.resolve("etc/made"), "by umoci");
      run("umoci insert --image %s:umoci %s /".formatted(layout, content));
      Files.writeString(content.resolve("etc/made"), "anew");
      run("umoci insert --image %s:umoci %s /".formatted(layout, content));
      run("umoci config --image %s:umoci --config.user 7 --config.cmd x".formatted(layout));
      for (String format :
          new String[] {
            "--format=oci", "--format=v2s2", "--dest-compress-format=zstd --format=oci"
          }) {
        run(
            "skopeo --insecure-policy copy %s --dest-tls-verify=false oci:%s:umoci docker://%s"
                .formatted(format, layout, registry.reference("umoci:1")));
        StoredImage pulled = fixture.pull(registry.reference("umoci:1"));
        assertThat(fixture.mounted(pulled.id()).getFirst().resolve("etc/made"))
            .as(format)
            .hasContent("anew");
        fixture.store.remove(pulled.id());
      }
      buildah(registry, content);
      StoredImage built = fixture.pull(registry.reference("buildah:1"));
      assertThat(fixture.mounted(built.id()).getFirst().resolve("etc/made")).hasContent("anew");
    }
  }

  private void buildah(DebianRegistry registry, Path content) throws Exception {
    Path storage = temporary.resolve("buildah");
    String options =
        "--root %s/root --runroot %s/run --storage-driver vfs".formatted(storage, storage);
    String container = run("buildah " + options + " from scratch").strip();
    run("buildah %s add %s %s /".formatted(options, container, content));
    run(
        "buildah %s commit --signature-policy %s --tls-verify=false %s docker://%s"
            .formatted(options, policy(), container, registry.reference("buildah:1")));
  }

  private Path policy() throws IOException {
    return Files.writeString(
        temporary.resolve("policy.json"), "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}");
  }

  /** A line of a password file, made by htpasswd(1): docker-registry accepts bcrypt only. */
  private static String htpasswd(String user, String password) throws Exception {
    return run("htpasswd -nbB " + user + " " + password);
  }

  private static String run(String command) throws Exception {
    Process process = new ProcessBuilder(command.split(" +")).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command).isTrue();
    assertThat(process.exitValue()).as(command + ": " + output).isZero();
    return output;
  }
}
