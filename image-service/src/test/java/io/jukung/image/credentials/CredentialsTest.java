package io.jukung.image.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.cri.CriException;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {
  @Test
  void authIsDecodedToUserAndPassword() {
    Credentials credentials = Credentials.of("", "", base64("me:pass:word\0\0"), "", "", "");
    assertThat(credentials.user()).isEqualTo("me");
    assertThat(credentials.secret()).isEqualTo("pass:word");
    assertThat(credentials.basic()).isEqualTo("Basic " + base64("me:pass:word"));
  }

  @Test
  void tokensTakePrecedenceOverPasswords() {
    assertThat(Credentials.of("u", "p", "", "", "identity", "").kind())
        .isEqualTo(Credentials.Kind.IDENTITY_TOKEN);
    assertThat(Credentials.of("u", "p", "", "", "identity", "registry").kind())
        .isEqualTo(Credentials.Kind.REGISTRY_TOKEN);
    assertThat(Credentials.of("u", "p", base64("x:y"), "", "", "").user()).isEqualTo("u");
    assertThat(Credentials.of("", "", "", "", "", "")).isSameAs(Credentials.ANONYMOUS);
  }

  @ParameterizedTest
  @CsvSource({
    "'', quay.io, true",
    "quay.io, quay.io, true",
    "QUAY.io, quay.io, true",
    "https://quay.io, quay.io, true",
    "https://quay.io/v2/, quay.io, true",
    "quay.io/path, quay.io, true",
    "https://index.docker.io/v1/, docker.io, true",
    "registry-1.docker.io, docker.io, true",
    "docker.io, docker.io, true",
    "host:5000, host:5000, true",
    "host, host:5000, false",
    "evil.com, quay.io, false",
    "quay.io.evil.com, quay.io, false",
    "evil.com/quay.io, quay.io, false",
    "https://quay.io@evil.com, quay.io, false",
    "https://evil.com#quay.io, quay.io, false",
    "::::, quay.io, false",
  })
  void credentialsAreForTheRegistryOfTheirServerAddress(
      String serverAddress, String domain, boolean theirs) {
    Credentials credentials = Credentials.of("u", "p", "", serverAddress, "", "");
    assertThat(credentials.forRegistry(domain))
        .isSameAs(theirs ? credentials : Credentials.ANONYMOUS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cr3t!!!", "bm8tY29sb24="})
  void malformedAuthIsAnErrorWithoutTheSecret(String auth) {
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> Credentials.of("", "", auth, "", "", ""))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain(auth))
        .satisfies(e -> assertThat(e.getCause()).isNull());
  }

  @Test
  void tokenWithALineBreakIsRefused() {
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> Credentials.of("", "", "", "", "", "abc\r\nX-Evil: 1"))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("abc"));
  }

  @Test
  void toStringShowsNoSecret() {
    assertThat(Credentials.of("user", "hidden", "", "", "", "").toString())
        .doesNotContain("hidden", "user");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }
}
