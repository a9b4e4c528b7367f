package io.jukung.image.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.reference.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthFilesTest {
  @TempDir Path directory;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  /** An entry of auths for a user whose password is the same. */
  private static String entry(String key, String user) {
    String auth = Base64.getEncoder().encodeToString((user + ":" + user).getBytes(UTF_8));
    return "\"%s\": {\"auth\": \"%s\"}".formatted(key, auth);
  }

  private Credentials of(String image, Path... files) throws Exception {
    return new AuthFiles(List.of(files), directory.resolve("docker-credential-").toString())
        .of(ImageReference.parse(image));
  }

  @ParameterizedTest
  @CsvSource({
    "quay.io/team/app:1, app",
    "quay.io/team/other:1, team",
    "quay.io/else/app:1, host",
    "quay.io.example/team/app, ''",
    "busybox, hub",
    "docker.io/me/app, hub",
    "old.example/app, old",
    "localhost:5000/app, port",
    "localhost:5001/app, ''",
  })
  void mostSpecificKeyWins(String image, String user) throws Exception {
    Path auths =
        file(
            "auth.json",
            "{\"auths\": {"
                + String.join(
                    ", ",
                    entry("quay.io", "host"),
                    entry("quay.io/team", "team"),
                    entry("quay.io/team/app", "app"),
                    entry("https://index.docker.io/v1/", "hub"),
                    entry("https://old.example/v2/", "old"),
                    entry("localhost:5000", "port"))
                + "}}");
    assertThat(of(image, auths).user()).isEqualTo(user);
  }

  @Test
  void firstFileWithCredentialsForTheRegistryIsUsed() throws Exception {
    Path none = directory.resolve("none.json");
    Path other = file("other.json", "{\"auths\": {" + entry("x.example", "x") + "}}");
    Path first = file("first.json", "{\"auths\": {" + entry("quay.io", "first") + "}}");
    Path second = file("second.json", "{\"auths\": {" + entry("quay.io", "second") + "}}");

    Credentials found = of("quay.io/a", none, other, first, second);

    assertThat(found.user()).isEqualTo("first");
    assertThat(found.origin()).isEqualTo("the credentials of " + first + " for quay.io");
    assertThat(of("quay.io/a", none, other).kind()).isEqualTo(Credentials.Kind.ANONYMOUS);
  }

  @Test
  void identityTokenAndEmptyEntryAreUnderstood() throws Exception {
    Path file =
        file(
            "auth.json",
            "{\"auths\": {\"quay.io\": {\"identitytoken\": \"abc\"}, \"x.example\": {}}}");
    assertThat(of("quay.io/a", file).kind()).isEqualTo(Credentials.Kind.IDENTITY_TOKEN);
    assertThat(of("x.example/a", file).kind()).isEqualTo(Credentials.Kind.ANONYMOUS);
  }

  @Test
  void helperOfTheRegistryIsAskedFirstAndTheStoreLast() throws Exception {
    helper("cloud", "read server; printf '{\"Username\":\"<token>\",\"Secret\":\"t-%s\"}' $server");
    helper("store", "read server; printf '{\"Username\":\"me\",\"Secret\":\"%s\"}' $server");
    Path file =
        file(
            "auth.json",
            "{\"credHelpers\": {\"quay.io\": \"cloud\"}, \"credsStore\": \"store\", \"auths\": {"
                + entry("quay.io", "wrong")
                + ", "
                + entry("x.example", "x")
                + "}}");

    Credentials token = of("quay.io/a", file);
    assertThat(token.kind()).isEqualTo(Credentials.Kind.IDENTITY_TOKEN);
    assertThat(token.secret()).isEqualTo("t-quay.io");
    assertThat(token.origin()).contains("docker-credential-cloud, which " + file + " names");
    assertThat(of("x.example/a", file).user()).isEqualTo("x");
    assertThat(of("busybox", file).secret()).isEqualTo("https://index.docker.io/v1/");
  }

  @Test
  void helperWithoutCredentialsLeavesThePullAnonymous() throws Exception {
    helper("store", "echo credentials not found in native keychain; exit 1");
    Path file = file("auth.json", "{\"credsStore\": \"store\"}");
    assertThat(of("quay.io/a", file).kind()).isEqualTo(Credentials.Kind.ANONYMOUS);
  }

  @Test
  void helperThatFailsIsAnErrorThatNamesIt() throws Exception {
    helper("broken", "echo the vault is locked; exit 3");
    helper("vague", "echo no JSON s3cr3t");
    assertRefused(
        "{\"credsStore\": \"broken\"}", "docker-credential-broken", "the vault is locked");
    assertRefused("{\"credsStore\": \"vague\"}", "its answer is not JSON");
    assertRefused("{\"credsStore\": \"missing\"}", "docker-credential-missing");
    assertRefused("{\"credsStore\": \"../x\"}", "names a credential helper that cannot exist");
  }

  @Test
  void damagedFileIsAnErrorWithoutItsContent() throws Exception {
    assertRefused("{\"auths\": s3cr3t", "auth.json, line 1: it is not JSON");
    assertRefused("[\"s3cr3t\"]", "is not a JSON object");
    assertRefused("{\"auths\": {\"quay.io\": {\"auth\": \"s3cr3t!\"}}}", "quay.io: ");
  }

  private void assertRefused(String content, String... messages) throws IOException {
    Path file = file("auth.json", content);
    assertThatThrownBy(() -> of("quay.io/a", file))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessageContainingAll(messages)
        .hasMessageContaining(file.toString())
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("s3cr3t"));
  }

  private void helper(String name, String script) throws IOException {
    Path program = file("docker-credential-" + name, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
