package io.jukung.image.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.signature.PolicyRequirement.SigstoreSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFileTest {
  private static final String DIGITS =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  private static final String ACCEPT = "[{\"type\":\"insecureAcceptAnything\"}]";

  @TempDir Path directory;
  private CosignSigner signer;
  private Path key;

  @BeforeEach
  void writeKey() throws Exception {
    signer = CosignSigner.ofP256();
    key = Files.write(directory.resolve("key.pub"), signer.pem());
  }

  private SignaturePolicy read(String json) throws Exception {
    return PolicyFile.read(Files.writeString(directory.resolve("policy.json"), json));
  }

  private String signedBy(String fields) {
    return """
    {"default":[{"type":"reject"}],
     "transports":{"docker":{"r.example":[{"type":"sigstoreSigned",%s}]}}}\
    """
        .formatted(fields.replace("KEY", key.toString()).replace("DATA", signer.keyData()));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '|',
      value = {
        "r.example/team/app:1, r.example/team/app:1",
        "R.Example/team/app:1, r.example/team/app:1",
        "r.example:443/team/app:1, r.example/team/app:1",
        "r.example/team/app:2, r.example/team/app",
        "r.example/team/other:1, r.example/team",
        "r.example/teams/app:1, r.example",
        "sub.r.example/a:1, *.r.example",
        "deep.sub.r.example:5000/a:1, *.r.example",
        "r.example:5000/a:1, r.example:5000",
        "s.example:5000/a:1, *.example",
        "busybox:1, docker.io/library/busybox",
        "r.other/a:1, ||",
      })
  void mostSpecificScopeHolds(String image, String scope) throws Exception {
    StringBuilder scopes = new StringBuilder();
    for (String each :
        List.of(
            "r.example/team/app:1",
            "r.example/team/app",
            "r.example/team",
            "r.example",
            "*.r.example",
            "*.example",
            "r.example:5000",
            "docker.io/library/busybox",
            "")) {
      scopes.append(scopes.isEmpty() ? "" : ",").append("\"" + each + "\":" + ACCEPT);
    }
    SignaturePolicy policy =
        read(
            "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{%s},\"dir\":{\"x\":1}}}"
                .formatted(scopes));
    assertThat(policy.of(ImageReference.parse(image)).scope())
        .isEqualTo("transports.docker[\"" + scope + "\"]");
  }

  @Test
  void imageWithoutScopeHasTheDefault() throws Exception {
    SignaturePolicy policy = read("{\"default\":[{\"type\":\"reject\"}]}");
    assertThat(policy.of(ImageReference.parse("busybox")).scope()).isEqualTo("default");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '|',
      delimiter = ';',
      value = {
        "\"keyPath\":\"KEY\"; 1; matchRepoDigestOrExact",
        "\"keyPaths\":[\"KEY\",\"KEY\"]; 2; matchRepoDigestOrExact",
        "\"keyData\":\"DATA\",\"signedIdentity\":{\"type\":\"matchExact\"}; 1; matchExact",
        "\"keyDatas\":[\"DATA\"],\"signedIdentity\":{\"type\":\"matchRepository\"}; 1;"
            + " matchRepository",
        "\"keyData\":\"DATA\",\"signedIdentity\":{\"type\":\"exactReference\",\"dockerReference\":\"r.example/a:1\"};"
            + " 1; exactReference",
        "\"keyData\":\"DATA\",\"signedIdentity\":{\"type\":\"exactRepository\",\"dockerRepository\":\"r.example/a\"};"
            + " 1; exactRepository",
        "\"keyData\":\"DATA\",\"signedIdentity\":{\"type\":\"remapIdentity\",\"prefix\":\"r.example\",\"signedPrefix\":\"v.example/x\"};"
            + " 1; remapIdentity",
      })
  void keysAndIdentityAreRead(String fields, int keys, String identity) throws Exception {
    SignaturePolicy policy = read(signedBy(fields));
    SigstoreSigned signed =
        (SigstoreSigned) policy.of(ImageReference.parse("r.example/a:1")).requirements().getFirst();
    assertThat(signed.keys()).hasSize(keys);
    assertThat(signed.identity().type()).isEqualTo(identity);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '|',
      delimiter = ';',
      value = {
        "\"fulcio\":{}; fulcio is not supported",
        "\"pki\":{}; pki is not supported",
        "\"keyPath\":\"KEY\",\"rekorPublicKeyPath\":\"/x\"; rekorPublicKeyPath is not supported",
        "\"keyPath\":\"KEY\",\"rekorPublicKeyDatas\":[]; rekorPublicKeyDatas is not supported",
        "\"keyPath\":\"KEY\",\"keyData\":\"DATA\"; exactly one of keyPath",
        "\"keyPaths\":[]; keyPaths is empty",
        "\"signedIdentity\":{\"type\":\"matchExact\"}; exactly one of keyPath",
        "\"keyPath\":\"key.pub\"; the path of a key is not absolute",
        "\"keyPath\":\"/missing/key\"; cannot read /missing/key",
        "\"keyData\":\"AAAA\"; it has no block BEGIN PUBLIC KEY",
        "\"keyPath\":\"KEY\",\"keyType\":\"x\"; \"keyType\" is not known",
        "\"keyPath\":\"KEY\",\"signedIdentity\":{\"type\":\"matchAll\"}; the type matchAll is not"
            + " supported",
        "\"keyPath\":\"KEY\",\"signedIdentity\":{\"type\":\"matchExact\",\"prefix\":\"x\"};"
            + " \"prefix\" is not known",
        "\"keyPath\":\"KEY\",\"signedIdentity\":{\"type\":\"exactReference\",\"dockerReference\":\"r.example/a\"};"
            + " neither tag nor digest",
        "\"keyPath\":\"KEY\",\"signedIdentity\":{\"type\":\"exactRepository\",\"dockerRepository\":\"r.example/a:1\"};"
            + " a tag or a digest",
      })
  void signedRequirementThatIsNotUnderstoodIsRefused(String fields, String reason) {
    assertThatThrownBy(() -> read(signedBy(fields)))
        .hasMessageContaining(reason)
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(CriException.class))
        .extracting(CriException::kind)
        .isEqualTo(ErrorKind.FAILED_PRECONDITION);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '|',
      delimiter = ';',
      value = {
        "{}; \"default\" has no requirement",
        "{\"default\":[]}; \"default\" has no requirement",
        "[]; it is not a JSON object",
        "{\"default\":ACCEPT,\"x\":1}; \"x\" is not known",
        "{\"default\":ACCEPT,\"default\":ACCEPT}; it is not JSON: Duplicate",
        "{\"default\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\"}]}; the type signedBy (GPG)"
            + " is not supported",
        "{\"default\":[{\"type\":\"signedBaseLayer\"}]}; the type signedBaseLayer is not supported",
        "{\"default\":[{\"type\":\"reject\",\"x\":1}]}; \"x\" is not known",
        "{\"default\":ACCEPT,\"transports\":{\"docker\":{\"busybox\":ACCEPT}}}; has no registry",
        "{\"default\":ACCEPT,\"transports\":{\"docker\":{\"r.example\":[]}}}; \"r.example\" has no"
            + " requirement",
        "{\"default\":ACCEPT,\"transports\":{\"docker\":{\"docker://r.example\":ACCEPT}}}; is no"
            + " name",
        "{\"default\":ACCEPT,\"transports\":{\"docker\":{\"r.*.example\":ACCEPT}}}; only *. before"
            + " a domain",
        "{\"default\":ACCEPT,\"transports\":{\"docker\":{\"*.example/a\":ACCEPT}}}; before a domain"
            + " alone",
      })
  void policyThatIsNotUnderstoodIsRefused(String json, String reason) {
    assertThatThrownBy(() -> read(json.replace("ACCEPT", ACCEPT))).hasMessageContaining(reason);
  }

  private SignaturePolicy scoped(String scope) throws Exception {
    return read(
        "{\"default\":%1$s,\"transports\":{\"docker\":{\"%2$s\":%1$s}}}".formatted(ACCEPT, scope));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "R.example/team",
        "r.example/Team",
        "r.example/team/",
        "r.example//team",
        "r.example/team:",
        "r.example/team:1/app",
        "r.example/team@sha256:12",
        "r.example/app:1@sha256:" + DIGITS,
        "docker.io/busybox:1",
        "index.docker.io/library/busybox",
        "Docker.io",
        "r.example:99999",
        "r.example:",
        "*.",
        "*.R.example",
        "*.r.example:5000",
        "*..example",
      })
  void scopeThatHoldsForNoImageIsRefused(String scope) {
    assertThatThrownBy(() -> scoped(scope))
        .hasMessageContaining("its scope \"" + scope + "\" is for no image: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "r.example/team",
        "r.example:443",
        "r.example:443/team/app:1",
        "r.example/app@sha256:" + DIGITS,
        "docker.io/grafana",
        "docker.io/library/busybox:1",
        "docker.io",
        "localhost",
        "localhost/app",
        "[fd00::1]:5000",
        "[fd00::1]:5000/app:1",
        "127.0.0.1:5000/a",
        "*.local",
        "*.r.example",
      })
  void scopeThatHoldsForAnImageIsTaken(String scope) throws Exception {
    assertThat(scoped(scope).scopes()).containsOnlyKeys(scope);
  }
}
