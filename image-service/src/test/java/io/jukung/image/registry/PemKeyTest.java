package io.jukung.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Private keys as openssl(1) writes them. */
class PemKeyTest {
  @TempDir static Path directory;
  private static TestCertificates files;

  @BeforeAll
  static void generate() throws Exception {
    files = TestCertificates.in(directory).sign("signed", "rsa:2048");
    files.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa-pkcs8");
    files.openssl("rsa -traditional -in rsa-pkcs8 -out rsa-pkcs1");
    files.openssl("ecparam -name prime256v1 -genkey -out ec-sec1-after-parameters");
    files.openssl("ecparam -name secp521r1 -genkey -noout -out ec-sec1");
    files.openssl("pkcs8 -topk8 -nocrypt -in ec-sec1 -out ec-pkcs8");
    files.openssl("genpkey -algorithm ed25519 -out ed25519-pkcs8");
    files.openssl("pkcs8 -topk8 -in ec-sec1 -passout pass:secret -out encrypted-pkcs8");
    files.openssl(
        "rsa -traditional -in rsa-pkcs8 -aes128 -passout pass:secret -out encrypted-pkcs1");
    Files.writeString(
        files.file("rsa-pkcs8-after-certificate"), text("signed.pem") + text("signed.key"));
    Files.writeString(files.file("rsa-pkcs1-with-crlf"), text("rsa-pkcs1").replace("\n", "\r\n"));
  }

  private static String text(String name) throws Exception {
    return Files.readString(files.file(name));
  }

  @ParameterizedTest
  @CsvSource({
    "rsa-pkcs8, RSA",
    "rsa-pkcs8-after-certificate, RSA",
    "rsa-pkcs1, RSA",
    "rsa-pkcs1-with-crlf, RSA",
    "ec-sec1, EC",
    "ec-sec1-after-parameters, EC",
    "ec-pkcs8, EC",
    "ed25519-pkcs8, EdDSA",
  })
  void keyWithoutPasswordIsRead(String name, String algorithm) throws Exception {
    assertThat(PemKey.read(text(name)).getAlgorithm()).isEqualTo(algorithm);
  }

  @Test
  void formsOfOneKeyGiveTheSameKey() throws Exception {
    assertThat(((RSAPrivateKey) PemKey.read(text("rsa-pkcs1"))).getPrivateExponent())
        .isEqualTo(((RSAPrivateKey) PemKey.read(text("rsa-pkcs8"))).getPrivateExponent());
    assertThat(((ECPrivateKey) PemKey.read(text("ec-sec1"))).getS())
        .isEqualTo(((ECPrivateKey) PemKey.read(text("ec-pkcs8"))).getS());
  }

  @ParameterizedTest
  @ValueSource(strings = {"encrypted-pkcs8", "encrypted-pkcs1", "signed.pem", "signed.csr"})
  void fileWithoutUsableKeyIsAnError(String name) {
    assertThatExceptionOfType(GeneralSecurityException.class)
        .isThrownBy(() -> PemKey.read(text(name)))
        .satisfies(e -> assertThat(e.getMessage()).contains("key"));
  }

  @Test
  void keyOfAnotherKindIsAnError() throws Exception {
    byte[] der = KeyPairGenerator.getInstance("X25519").generateKeyPair().getPrivate().getEncoded();
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END PRIVATE KEY-----\n";
    assertThatExceptionOfType(GeneralSecurityException.class)
        .isThrownBy(() -> PemKey.read(pem))
        .withMessageContaining("damaged or of an unknown kind");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa-pkcs8", "rsa-pkcs1", "ec-sec1", "ec-pkcs8", "ed25519-pkcs8"})
  void damagedKeyIsReadOrAnErrorWithoutItsBytes(String name) throws Exception {
    List<String> lines = text(name).lines().toList();
    String body = String.join("", lines.subList(1, lines.size() - 1));
    byte[] whole = Base64.getDecoder().decode(body);
    long seed = 7;
    Random random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      byte[] der = Arrays.copyOf(whole, random.nextInt(whole.length) + 1);
      der[random.nextInt(Math.min(der.length, 60))] = (byte) random.nextInt();
      String pem =
          "%s\n%s\n%s"
              .formatted(
                  lines.getFirst(), Base64.getMimeEncoder().encodeToString(der), lines.getLast());
      try {
        PemKey.read(pem);
      } catch (GeneralSecurityException e) {
        assertThat(e.getMessage())
            .as("seed %d, round %d", seed, round)
            .contains("key")
            .doesNotContain(body.substring(40, 60));
        assertThat(e.getCause()).isNull();
      }
    }
  }
}
