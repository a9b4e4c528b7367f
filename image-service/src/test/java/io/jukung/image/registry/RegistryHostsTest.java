package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.cri.CriException;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryHost.Capability;
import io.jukung.image.registry.RegistryHost.ClientCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistryHostsTest {
  @TempDir Path directory;
  private RegistryHosts hosts;

  @BeforeEach
  void open() {
    hosts = new RegistryHosts(directory);
  }

  @ParameterizedTest
  @CsvSource({
    "docker.io, https://registry-1.docker.io/v2",
    "quay.io, https://quay.io/v2",
    "localhost, http://localhost/v2",
    "localhost:5000, http://localhost:5000/v2",
    "127.0.0.1:5000, http://127.0.0.1:5000/v2",
    "127.1.2.3, http://127.1.2.3/v2",
    "[::1]:5000, http://[::1]:5000/v2",
    "10.0.0.1:5000, https://10.0.0.1:5000/v2",
    "localhost.evil.com, https://localhost.evil.com/v2",
  })
  void withoutAFileTheRegistryItselfIsAsked(String domain, String base) throws IOException {
    List<RegistryHost> found = hosts.of(domain);
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().base()).hasToString(base);
    assertThat(found.getFirst().server()).isTrue();
  }

  @Test
  void mirrorsKeepTheOrderOfTheFileAndTheServerIsLast() throws IOException {
    write(
        "docker.io",
        """
        server = "https://registry-1.docker.io"
        ca = "root.pem"

        [host."https://zeta.example"]
          capabilities = ["pull", "resolve"]
          ca = ["a.pem", "/etc/b.pem"]
        [host."http://alpha.example:5000/proxy/"]
          capabilities = ["pull"]
          skip_verify = true
        [host."https://mid.example/v2/hub"]
          override_path = true
          [host."https://mid.example/v2/hub".header]
            x-token = "one"
            x-list = ["two", "three"]
        """);
    List<RegistryHost> found = hosts.of("docker.io");
    assertThat(found)
        .extracting(h -> h.base().toString())
        .containsExactly(
            "https://zeta.example/v2",
            "http://alpha.example:5000/proxy/v2",
            "https://mid.example/v2/hub",
            "https://registry-1.docker.io/v2");
    assertThat(found).extracting(RegistryHost::server).containsExactly(false, false, false, true);
    assertThat(found.get(0).tls().certificateAuthorities())
        .containsExactly(directory.resolve("docker.io/a.pem"), Path.of("/etc/b.pem"));
    assertThat(found.get(1).capabilities()).containsExactly(Capability.PULL);
    assertThat(found.get(1).tls().skipVerify()).isTrue();
    assertThat(found.get(2).headers())
        .containsEntry("x-token", List.of("one"))
        .containsEntry("x-list", List.of("two", "three"));
    assertThat(found.get(3).tls().certificateAuthorities())
        .containsExactly(directory.resolve("docker.io/root.pem"));
  }

  @Test
  void serverDefaultsToTheRegistryAndChangedFileIsReadAgain() throws IOException {
    write("quay.io", "[host.\"https://one.example\"]\n");
    assertThat(hosts.of("quay.io"))
        .extracting(RegistryHost::toString)
        .containsExactly("one.example", "quay.io");
    write("quay.io", "[host.\"https://two.example\"]\n");
    assertThat(hosts.of("quay.io"))
        .extracting(RegistryHost::toString)
        .containsExactly("two.example", "quay.io");
  }

  @Test
  void defaultFileIsForRegistriesWithoutTheirOwn() throws IOException {
    write("_default", "[host.\"https://mirror.example\"]\n");
    write("quay.io", "");
    assertThat(hosts.of("ghcr.io"))
        .extracting(RegistryHost::toString)
        .containsExactly("mirror.example", "ghcr.io");
    assertThat(hosts.of("quay.io")).extracting(RegistryHost::toString).containsExactly("quay.io");
  }

  @Test
  void directoryNameMayHaveThePortWithColonOrUnderscores() throws IOException {
    write("a.example:5000", "server = \"https://colon.example\"\n");
    write("b.example_5000_", "server = \"https://underscore.example\"\n");
    assertThat(hosts.of("a.example:5000").getFirst()).hasToString("colon.example");
    assertThat(hosts.of("b.example:5000").getFirst()).hasToString("underscore.example");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "capabilites = [\"pull\"]|capabilites is not a key that is known here, the nearest is capabilities",
        "[host.\"https://a.example\"]\\nclent = \"x\"|host.\"https://a.example\".clent is not a key",
        "client = [[\"a\", \"b\", \"c\"]]|not [\"certificate\", \"key\"]",
        "[header]\\n\"x:y\" = \"v\"|header.x:y has characters",
        "[header]\\nx = \"v\\u000aInjected: 1\"|header.x has characters",
        "[host.\"https://a.example\"]\\nserver = \"x\"|server is not a key",
        "server = 5|server is not a string",
        "server = \"ftp://a.example\"|by http or https",
        "server = \"https://user:pw@a.example\"|user or a query",
        "server = \"https://a b\"|not a URL",
        "[host.\"https://a.example\"]\\ncapabilities = [\"fly\"]|known are pull, resolve, push, referrers",
        "[host.\"https://a.example\"]\\nskip_verify = \"yes\"|not true or false",
        "[host.\"https://a.example\"]\\nca = 5|not a string or a list",
        "host = 5|not a table",
        "[host|not TOML",
      })
  void unknownKeyOrValueIsAnErrorThatNamesTheFile(String content, String reason)
      throws IOException {
    write("quay.io", content.replace("\\n", "\n"));
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> hosts.of("quay.io"))
        .withMessageContaining(reason)
        .withMessageContaining(directory.resolve("quay.io/hosts.toml").toString());
  }

  @Test
  void registryListedAmongItsHostsIsNoMirrorAndIsListedOnce() throws IOException {
    write(
        "docker.io",
        """
        [host."https://mirror.example"]
        [host."https://registry-1.docker.io"]
          ca = "hub.pem"
        """);
    List<RegistryHost> found = hosts.of("docker.io");
    assertThat(found).extracting(RegistryHost::server).containsExactly(false, true);
    assertThat(found.getLast().tls().certificateAuthorities())
        .containsExactly(directory.resolve("docker.io/hub.pem"));
  }

  @Test
  void pathsOfClientCertificatesAreRelativeToTheFile() throws IOException {
    write("quay.io", "client = [[\"a.pem\", \"/k.pem\"], [\"both.pem\", \"\"]]\n");
    Path own = directory.resolve("quay.io");
    assertThat(hosts.of("quay.io").getFirst().tls().clients())
        .containsExactly(
            new ClientCertificate(own.resolve("a.pem"), Path.of("/k.pem")),
            new ClientCertificate(own.resolve("both.pem"), own.resolve("both.pem")));
  }

  @Test
  void problemsHasASentenceForEachProblemOfEachFile() throws IOException {
    write("a.example", "servr = \"x\"\nskip_verify = 1\n[host.\"https://m\"]\nca = \"gone.pem\"\n");
    write("b.example", "server = \"https://b.example\"\n");
    write("c.example", "[host\n");
    Files.createDirectories(directory.resolve("d.example"));
    Files.writeString(directory.resolve("stray.toml"), "");
    Path a = directory.resolve("a.example/hosts.toml");
    assertThat(hosts.problems())
        .satisfiesExactly(
            each ->
                assertThat(each)
                    .isEqualTo(
                        a
                            + ": servr is not a key that is known here, the nearest is server; known are"
                            + " ca, capabilities, client, header, host, override_path, proxy, server, skip_verify"),
            each -> assertThat(each).isEqualTo(a + ": skip_verify is not true or false"),
            each ->
                assertThat(each)
                    .isEqualTo(a + ": m: " + a.resolveSibling("gone.pem") + " does not exist"),
            each ->
                assertThat(each)
                    .startsWith(directory.resolve("c.example/hosts.toml") + ": it is not TOML: ")
                    .contains("line 1"),
            each -> assertThat(each).contains("d.example: has no hosts.toml"),
            each -> assertThat(each).contains("stray.toml: not a directory"));
    assertThat(new RegistryHosts(directory.resolve("none")).problems()).isEmpty();
  }

  @Test
  void planNamesHostsAndReasonsWithoutSecrets() throws Exception {
    write(
        "quay.io",
        """
        # the mirrors of this site
        [host."https://mirror.example"]
          capabilities = ["pull"]
          [host."https://mirror.example".header]
            x-token = "s3cr3t"
        """);
    Credentials credentials = Credentials.of("user", "pa55", "", "", "", "");
    try (RegistryClient client =
        new RegistryClient(hosts, new AuthFiles(List.of()), Map.of(), RegistryTimeouts.DEFAULT)) {
      List<HostPlan> plan = client.explain(ImageReference.parse("quay.io/a/b:1"), credentials);
      assertThat(plan.toString()).doesNotContain("s3cr3t", "pa55");
      Path file = directory.resolve("quay.io/hosts.toml");
      assertThat(plan)
          .containsExactly(
              new HostPlan(
                  "https://mirror.example/v2",
                  "content by digest only (capabilities)",
                  file + ":2 [host.\"https://mirror.example\"]",
                  List.of(
                      "no credentials: this host is not the registry itself", "headers x-token")),
              new HostPlan(
                  "https://quay.io/v2",
                  "the manifest that a tag names, and content by digest",
                  file + " names no server, so the registry itself",
                  List.of("the given credentials, if the host asks for them")));
      assertThat(client.explain(ImageReference.parse("localhost:1/a"), Credentials.ANONYMOUS))
          .singleElement()
          .satisfies(
              own -> {
                assertThat(own.url()).isEqualTo("http://localhost:1/v2");
                assertThat(own.origin()).contains("no hosts.toml for it in " + directory);
                assertThat(own.notes())
                    .containsExactly(
                        "no credentials: none were given for this registry, and no auth file has"
                            + " any",
                        "plain http: the connection is neither encrypted nor authenticated");
              });
    }
  }

  @Test
  void planNamesProxiesAndAuthFilesWithoutSecrets() throws Exception {
    write(
        "quay.io",
        """
        [host."https://mirror.example"]
          proxy = "http://mirror-user:m1rr0r@10.0.0.1:3128"
        [host."https://near.example"]
          proxy = "direct"
        """);
    Path auths = directory.resolve("auth.json");
    Files.writeString(auths, "{\"auths\": {\"quay.io/a\": {\"auth\": \"dXNlcjpwYTU1\"}}}");
    Map<String, String> environment =
        Map.of("HTTPS_PROXY", "http://me:s3cr3t@proxy.example:8080", "no_proxy", ".example");
    try (RegistryClient client =
        new RegistryClient(
            hosts, new AuthFiles(List.of(auths)), environment, RegistryTimeouts.DEFAULT)) {
      List<HostPlan> plan =
          client.explain(ImageReference.parse("quay.io/a/b:1"), Credentials.ANONYMOUS);
      assertThat(plan.toString()).doesNotContain("m1rr0r", "s3cr3t", "pa55", "dXNlcjpwYTU1");
      assertThat(plan.get(0).notes())
          .contains("proxy http://10.0.0.1:3128 (with a user) (key proxy)");
      assertThat(plan.get(1).notes()).contains("no proxy (key proxy is \"direct\")");
      assertThat(plan.get(2).notes())
          .containsExactly(
              "the credentials of " + auths + " for quay.io/a, if the host asks for them",
              "proxy http://proxy.example:8080 (with a user) (HTTPS_PROXY)");
      assertThat(client.explain(ImageReference.parse("r.example/x:1"), Credentials.ANONYMOUS))
          .singleElement()
          .satisfies(own -> assertThat(own.notes()).contains("no proxy (no_proxy is .example)"));
    }
  }

  @Test
  void proxyThatCannotBeUsedIsAProblemWithoutItsPassword() throws IOException {
    write(
        "a.example",
        "proxy = \"https://u:pa55@h\"\n[host.\"https://m\"]\nproxy = \"http://u:pa55@:x\"\n");
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> hosts.of("a.example"))
        .withMessageContaining("proxy names a proxy of the scheme https, and only http is")
        .withMessageContaining("host.\"https://m\".proxy is not the URL of a proxy")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("pa55"));
  }

  private void write(String name, String content) throws IOException {
    Path file = Files.createDirectories(directory.resolve(name)).resolve("hosts.toml");
    Files.writeString(file, content);
  }
}
