package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.cri.CriException;
import io.jukung.image.registry.RegistryHost.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  void mirrorsAreInTheFilesOrderAndTheServerIsLast() throws IOException {
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
  void serverDefaultsToTheRegistryAndChangesAreSeen() throws IOException {
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
  void defaultDirectoryIsForAllOthers() throws IOException {
    write("_default", "[host.\"https://mirror.example\"]\n");
    write("quay.io", "");
    assertThat(hosts.of("ghcr.io"))
        .extracting(RegistryHost::toString)
        .containsExactly("mirror.example", "ghcr.io");
    assertThat(hosts.of("quay.io")).extracting(RegistryHost::toString).containsExactly("quay.io");
  }

  @Test
  void portsHaveTwoSpellings() throws IOException {
    write("a.example:5000", "server = \"https://colon.example\"\n");
    write("b.example_5000_", "server = \"https://underscore.example\"\n");
    assertThat(hosts.of("a.example:5000").getFirst()).hasToString("colon.example");
    assertThat(hosts.of("b.example:5000").getFirst()).hasToString("underscore.example");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "capabilites = [\"pull\"]|capabilites is not a key",
        "[host.\"https://a.example\"]\\nclient = \"x\"|host.\"https://a.example\".client is not a key",
        "[host.\"https://a.example\"]\\nserver = \"x\"|server is not a key",
        "server = 5|server is not a string",
        "server = \"ftp://a.example\"|by http or https",
        "server = \"https://user:pw@a.example\"|user or a query",
        "server = \"https://a b\"|not a URL",
        "[host.\"https://a.example\"]\\ncapabilities = [\"fly\"]|known are pull, resolve, push",
        "[host.\"https://a.example\"]\\nskip_verify = \"yes\"|not true or false",
        "[host.\"https://a.example\"]\\nca = 5|not a string or a list",
        "host = 5|not a table",
        "[host|not TOML",
      })
  void whatIsNotUnderstoodIsAnErrorThatNamesTheFile(String content, String reason)
      throws IOException {
    write("quay.io", content.replace("\\n", "\n"));
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> hosts.of("quay.io"))
        .withMessageContaining(reason)
        .withMessageContaining(directory.resolve("quay.io/hosts.toml").toString());
  }

  private void write(String name, String content) throws IOException {
    Path file = Files.createDirectories(directory.resolve(name)).resolve("hosts.toml");
    Files.writeString(file, content);
  }
}
