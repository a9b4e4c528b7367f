package io.jukung.image.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.CriException;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoginsTest {
  private static final Credentials USER = Credentials.of("me", "p:w", "", "", "", "");

  @TempDir Path directory;
  private Path file;
  private Logins logins;

  @BeforeEach
  void open() {
    file = directory.resolve("config/config.json");
    logins = new Logins(directory.resolve("docker-credential-").toString());
  }

  private Credentials found(String image) throws Exception {
    return new AuthFiles(List.of(file), directory.resolve("docker-credential-").toString())
        .of(ImageReference.parse(image));
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }

  private void given(String content) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  /** A helper that keeps what it gets in a file beside it. */
  private void helper(String name) throws IOException {
    Path program = directory.resolve("docker-credential-" + name);
    Path kept = directory.resolve("kept-" + name);
    Files.writeString(
        program,
        """
        #!/bin/sh
        case $1 in
          store) cat >%1$s ;;
          get) cat %1$s 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
          erase) rm %1$s 2>/dev/null || { echo credentials not found in native keychain; exit 1; } ;;
        esac
        """
            .formatted(kept));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void loginMakesAFileThatOnlyItsOwnerReads() throws Exception {
    assertThat(logins.keep(file, "quay.io", USER)).isEqualTo(file.toString());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
    assertThat(file)
        .hasContent(
            """
            {
            \t"auths": {
            \t\t"quay.io": {
            \t\t\t"auth": "bWU6cDp3"
            \t\t}
            \t}
            }""");
    assertThat(found("quay.io/a").secret()).isEqualTo("p:w");
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void everythingElseInTheFileStays() throws Exception {
    given(
        """
        {"HttpHeaders": {"X": "y"}, "auths": {"a.example": {"auth": "YTpi"},
         "https://quay.io/v1/": {"auth": "b2xkOm9sZA=="}}, "proxies": [1, 2.5, null]}""");
    logins.keep(file, "quay.io", USER);
    JsonNode json = json();
    assertThat(json.path("HttpHeaders").path("X").textValue()).isEqualTo("y");
    assertThat(json.path("auths").path("a.example").path("auth").textValue()).isEqualTo("YTpi");
    assertThat(json.path("proxies").toString()).isEqualTo("[1,2.5,null]");
    // The entry by another name of the same registry would be found first.
    assertThat(json.path("auths").has("https://quay.io/v1/")).isFalse();
    assertThat(found("quay.io/a").user()).isEqualTo("me");
  }

  @Test
  void dockerHubIsKeptUnderDockersOwnKey() throws Exception {
    logins.keep(file, "docker.io", USER);
    assertThat(json().path("auths").has("https://index.docker.io/v1/")).isTrue();
    assertThat(found("busybox").user()).isEqualTo("me");
    assertThat(logins.forget(file, "docker.io")).isTrue();
    assertThat(found("busybox").kind()).isEqualTo(Credentials.Kind.ANONYMOUS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{\"credsStore\": \"vault\"}", "{\"credHelpers\": {\"quay.io\": \"vault\"}}"})
  void helperKeepsAndForgetsTheCredentials(String config) throws Exception {
    helper("vault");
    given(config);
    assertThat(logins.keep(file, "quay.io", USER)).contains("docker-credential-vault");
    JsonNode kept = new ObjectMapper().readTree(directory.resolve("kept-vault").toFile());
    assertThat(kept.path("ServerURL").textValue()).isEqualTo("quay.io");
    assertThat(kept.path("Username").textValue()).isEqualTo("me");
    assertThat(kept.path("Secret").textValue()).isEqualTo("p:w");
    assertThat(json().path("auths").path("quay.io").isEmpty()).isTrue();
    assertThat(Files.readString(file)).doesNotContain("bWU6cDp3");
    assertThat(found("quay.io/a").secret()).isEqualTo("p:w");
    assertThat(logins.forget(file, "quay.io")).isTrue();
    assertThat(found("quay.io/a").kind()).isEqualTo(Credentials.Kind.ANONYMOUS);
    assertThat(logins.forget(file, "quay.io")).isFalse();
  }

  @Test
  void helperThatFailsLeavesTheFileAlone() throws Exception {
    given("{\"credsStore\": \"missing\"}");
    assertThatThrownBy(() -> logins.keep(file, "quay.io", USER))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("docker-credential-missing")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("p:w"));
    assertThat(file).hasContent("{\"credsStore\": \"missing\"}");
  }

  @Test
  void damagedFileIsLeftAlone() throws Exception {
    given("{\"auths\": ");
    assertThatThrownBy(() -> logins.keep(file, "quay.io", USER))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("it is not JSON");
    assertThat(file).hasContent("{\"auths\": ");
    given("{\"auths\": []}");
    assertThatThrownBy(() -> logins.keep(file, "quay.io", USER))
        .hasMessageContaining("auths is not an object");
  }

  @Test
  void linkToAFileStaysALink() throws Exception {
    Path target = Files.writeString(directory.resolve("dotfile.json"), "{}");
    Files.createDirectories(file.getParent());
    Files.createSymbolicLink(file, target);
    logins.keep(file, "quay.io", USER);
    assertThat(file).isSymbolicLink();
    assertThat(Files.readString(target)).contains("bWU6cDp3");
  }

  @Test
  void logoutWithoutALoginSaysSo() throws Exception {
    assertThat(logins.forget(file, "quay.io")).isFalse();
    assertThat(file).doesNotExist();
    given("{\"auths\": {\"a.example\": {}}}");
    assertThat(logins.forget(file, "quay.io")).isFalse();
    assertThat(file).hasContent("{\"auths\": {\"a.example\": {}}}");
  }

  @ParameterizedTest
  @CsvSource({
    "'', docker.io",
    "docker.io, docker.io",
    "https://index.docker.io/v1/, docker.io",
    "registry-1.docker.io, docker.io",
    "quay.io, quay.io",
    "https://quay.io/v2/, quay.io",
    "localhost:5000, localhost:5000",
    "http://127.0.0.1:5000, 127.0.0.1:5000",
  })
  void serverIsGivenByNameOrUrl(String server, String registry) {
    assertThat(Logins.registry(server)).isEqualTo(registry);
  }

  @ParameterizedTest
  @ValueSource(strings = {"busybox", "https://", "a b.example", "-x.example"})
  void otherTextIsNoServer(String server) {
    assertThatThrownBy(() -> Logins.registry(server)).isInstanceOf(CriException.class);
  }
}
