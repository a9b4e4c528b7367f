package io.jukung.image.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageReferenceTest {
  private static final String HEX =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @ParameterizedTest
  @CsvSource({
    "busybox, docker.io/library/busybox:latest",
    "busybox:1.36, docker.io/library/busybox:1.36",
    "user/app, docker.io/user/app:latest",
    "docker.io/busybox, docker.io/library/busybox:latest",
    "docker.io/user/app:x, docker.io/user/app:x",
    "index.docker.io/busybox, docker.io/library/busybox:latest",
    "localhost/app, localhost/app:latest",
    "localhost:5000/app, localhost:5000/app:latest",
    "host:5000/a/b/c:v1.2.3, host:5000/a/b/c:v1.2.3",
    "registry.k8s.io/pause:3.9, registry.k8s.io/pause:3.9",
    "quay.io/a__b/c-d.e--f:T_1, quay.io/a__b/c-d.e--f:T_1",
    "[::1]:5000/app, [::1]:5000/app:latest",
    "UPPER/app, UPPER/app:latest",
    "127.0.0.1/app, 127.0.0.1/app:latest",
    "a:b, docker.io/library/a:b",
  })
  void namesAreNormalised(String text, String normalised) {
    assertThat(ImageReference.parse(text)).hasToString(normalised);
    assertThat(ImageReference.parse(normalised)).hasToString(normalised);
  }

  @Test
  void referenceMayHaveTagAndDigest() {
    ImageReference both = ImageReference.parse("app:v1@sha256:" + HEX);
    assertThat(both).hasToString("docker.io/library/app:v1@sha256:" + HEX);
    assertThat(both.object()).isEqualTo("sha256:" + HEX);
    assertThat(both.withoutTagIfDigest()).hasToString("docker.io/library/app@sha256:" + HEX);
    assertThat(ImageReference.parse("app@sha512:" + HEX + HEX).digest()).isPresent();
    assertThat(ImageReference.parse("app@sha256:" + HEX).tag()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|empty",
        "App|lower case",
        "host.io/App|lower case",
        "a//b|empty component",
        "host.io/|empty component",
        "/a|empty component",
        "a/|empty component",
        "a:|tag",
        "a:-x|tag",
        "a:b:c|not allowed",
        "a b|not allowed",
        "a@|no algorithm",
        "a@sha256:|hexadecimal",
        "a@sha256:../../x|hexadecimal",
        "a@sha256:0123|hexadecimal",
        "a@md5:0123456789abcdef0123456789abcdef|algorithm is not supported",
        "a@sha256|no algorithm",
        "sha256:../../x|registry",
        "-a|not allowed",
        "a-|not allowed",
        "a..b|not allowed",
        "a___b|not allowed",
        "../../etc/passwd|registry",
        "host:99999/a|port",
        "host:port/a|registry",
        "http://host/a|registry",
        "user@host/a|no algorithm",
        "-host.io/a|registry",
        HEX + "|image id",
      })
  void malformedReferenceIsAnErrorWithTheReason(String text, String reason) {
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> ImageReference.parse(text))
        .withMessageContaining(reason)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 129, 255, 256, 4096, 5000, 100_000})
  void tagAndNameHaveTheirLongestLengths(int length) {
    String name = "a".repeat(length);
    boolean tagFits = length <= 128;
    boolean nameFits = length + "library/".length() <= 255;
    assertThat(accepts("app:" + name)).isEqualTo(tagFits);
    assertThat(accepts(name)).isEqualTo(nameFits);
  }

  @Test
  void errorsHaveNoControlCharacters() {
    assertThatExceptionOfType(CriException.class)
        .isThrownBy(() -> ImageReference.parse("a\n\u001b[31mb"))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n", "\u001b"));
  }

  @Test
  void randomTextIsRefusedOrItsNormalisedFormParsesToItself() {
    long seed = 42;
    Random random = new Random(seed);
    String alphabet = "aZ09./:@-_[]sha256 \n";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(30); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        String once = ImageReference.parse(text.toString()).toString();
        assertThat(ImageReference.parse(once)).as("seed %d", seed).hasToString(once);
      } catch (CriException e) {
        assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
      }
    }
  }

  private static boolean accepts(String text) {
    try {
      ImageReference.parse(text);
      return true;
    } catch (CriException e) {
      return false;
    }
  }
}
