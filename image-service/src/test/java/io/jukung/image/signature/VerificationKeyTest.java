package io.jukung.image.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerificationKeyTest {
  private static final byte[] TEXT = "text".getBytes(UTF_8);

  @ParameterizedTest
  @CsvSource({
    "EC, 256, SHA256withECDSA",
    "EC, 384, SHA384withECDSA",
    "EC, 384, SHA256withECDSA",
    "RSA, 2048, SHA256withRSA",
    "RSA, 3072, SHA256withRSA",
    "Ed25519, 0, Ed25519",
  })
  void signatureIsVerifiedByItsKeyAndItsTextAlone(String keys, int bits, String algorithm)
      throws Exception {
    CosignSigner signer = CosignSigner.of(keys, bits, algorithm);
    VerificationKey key = VerificationKey.read("key", signer.pem());
    byte[] signature = signer.sign(TEXT);
    assertThat(key.verifies(TEXT, signature)).isTrue();
    assertThat(key.verifies("Text".getBytes(UTF_8), signature)).isFalse();
    assertThat(key.verifies(TEXT, new byte[0])).isFalse();
    assertThat(key.verifies(TEXT, Arrays.copyOf(signature, signature.length - 1))).isFalse();
    byte[] other = CosignSigner.of(keys, bits, algorithm).sign(TEXT);
    assertThat(key.verifies(TEXT, other)).isFalse();
    assertThat(key.verifies(TEXT, CosignSigner.of("Ed25519", 0, "Ed25519").sign(TEXT))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "EC, 521, neither P-256 nor P-384",
    "RSA, 1024, its RSA key has 1024 bits",
    "Ed448, 0, neither EC nor RSA nor Ed25519",
    "X25519, 0, neither EC nor RSA nor Ed25519",
  })
  void otherKeysAreRefused(String keys, int bits, String reason) throws Exception {
    byte[] pem = CosignSigner.of(keys, bits, "").pem();
    assertThatThrownBy(() -> VerificationKey.read("key k", pem))
        .hasMessageStartingWith("key k is refused: ")
        .hasMessageContaining(reason);
  }

  @Test
  void textWithoutOneKeyIsRefused() throws Exception {
    String pem = new String(CosignSigner.ofP256().pem(), UTF_8);
    for (String text :
        new String[] {
          "",
          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
          pem + pem,
          pem.replace("MF", "AA"),
          "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----"
        }) {
      assertThatThrownBy(() -> VerificationKey.read("key", text.getBytes(UTF_8)))
          .hasMessageStartingWith("key is refused: ");
    }
  }
}
