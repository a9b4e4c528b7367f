package io.jukung.image.content;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.List;
import java.util.Random;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Test;

class NativeCryptographyTest {
  private static final String AWS_LC = "AmazonCorrettoCryptoProvider";

  @Test
  void streamsAreHashedByTheNativeLibraryAndSmallContentByJava() throws Exception {
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      assertThat(algorithm.start().getProvider().getName()).isEqualTo(AWS_LC);
    }
    byte[] content = "a manifest".getBytes(UTF_8);
    MessageDigest stream = Digest.Algorithm.SHA256.start();
    stream.update(content);
    assertThat(Digest.of(Digest.Algorithm.SHA256, stream)).isEqualTo(Digest.sha256(content));
  }

  @Test
  void digestOfPartsOfAnySizeIsThatOfJava() throws Exception {
    Random random = new Random(27);
    for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
      MessageDigest java = MessageDigest.getInstance(algorithm.start().getAlgorithm(), "SUN");
      MessageDigest stream = algorithm.start();
      for (int size : List.of(0, 1, 63, 64, 65, 4096, 100_000, 3)) {
        byte[] part = new byte[size];
        random.nextBytes(part);
        java.update(part);
        stream.update(part);
      }
      assertThat(stream.digest()).isEqualTo(java.digest());
    }
  }

  @Test
  void tlsTakesTheNativeCiphersOnceAsked() throws Exception {
    NativeCryptography.useForTls();
    NativeCryptography.useForTls();
    assertThat(Cipher.getInstance("AES/GCM/NoPadding").getProvider().getName()).isEqualTo(AWS_LC);
  }
}
