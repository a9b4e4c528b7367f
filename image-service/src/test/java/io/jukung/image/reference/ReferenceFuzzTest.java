package io.jukung.image.reference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.image.Fuzz;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Names of images that nobody meant. */
@Timeout(120)
class ReferenceFuzzTest {
  @Test
  void referencesAreParsedToANameThatIsParsedToItselfOrRefused() throws Exception {
    List<byte[]> fixtures =
        Stream.of(
                "busybox",
                "registry.test:5000/team/app:v1.2-3",
                "[::1]:5000/a/b@sha256:" + "0a".repeat(32),
                "docker.io/library/app:1@sha512:" + "0b".repeat(64))
            .map(text -> text.getBytes(UTF_8))
            .toList();
    Fuzz.run(
        fixtures,
        input -> {
          ImageReference parsed = ImageReference.parse(new String(input, UTF_8));
          String text = parsed.toString();
          assertThat(ImageReference.parse(text).toString()).isEqualTo(text);
          assertThat(text).matches("\\p{Graph}+");
          assertThat("/" + parsed.path() + "/").doesNotContain("/../").doesNotContain("/./");
        },
        CriException.class);
  }
}
