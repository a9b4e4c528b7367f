package io.jukung.image.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.signature.CosignSigner;
import io.jukung.image.signature.KeptSignature;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls under a signature policy, from a real docker-registry. Needs root. */
class SignedPullTest {
  @TempDir static Path registryDirectory;
  private static DebianRegistry registry;
  private static int next;

  @TempDir Path temporary;
  private PullFixture fixture;
  private CosignSigner signer;
  private String repository;
  private String name;

  @BeforeAll
  static void startRegistry() throws Exception {
    registry = DebianRegistry.start(registryDirectory);
  }

  @AfterAll
  static void stopRegistry() {
    registry.close();
  }

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    signer = CosignSigner.ofP256();
    repository = "signed" + next++;
    name = registry.reference(repository);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void policy(CosignSigner by, String identity) throws Exception {
    Path file = temporary.resolve("policy.json");
    Files.writeString(
        file,
        """
        {"default":[{"type":"reject"}],"transports":{"docker":{"%s":[{"type":"sigstoreSigned",
         "keyData":"%s","signedIdentity":{"type":"%s"}}]}}}\
        """
            .formatted(registry.authority(), by.keyData(), identity));
    fixture.gate.use(file);
  }

  private TestImage push(String tag) throws Exception {
    TestImage image = TestImage.of(new TestTar().file("file", repository + tag).bytes()).build();
    registry.push(repository, tag, image);
    return image;
  }

  private void attach(Digest digest, KeptSignature... signatures) throws Exception {
    CosignSigner.attach(registry, repository, digest, signatures);
  }

  private void assertRefused(String reference, String reason) throws Exception {
    CriException refusal = fixture.refusal(reference);
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNKNOWN);
    assertThat(refusal)
        .hasMessageStartingWith("SignatureValidationFailed: " + reference)
        .hasMessageContaining(reason);
    fixture.assertNothingIsLeft();
  }

  @Test
  void imageSignedForItsTagIsPulledByTagAndByDigest() throws Exception {
    policy(signer, "matchRepoDigestOrExact");
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    attach(digest, signer.signature(name + ":1", digest));
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(image.id());
    assertThat(fixture.pull(name + "@" + digest).id()).isEqualTo(image.id());
  }

  @Test
  void imageSignedByCosignIsPulledIfTheRepositoryIsEnough() throws Exception {
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    attach(digest, signer.signature(name, digest));
    policy(signer, "matchRepoDigestOrExact");
    assertRefused(name + ":1", "for the name " + name + ", which matchRepoDigestOrExact");
    policy(signer, "matchRepository");
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(image.id());
  }

  @Test
  void imageWithoutAcceptedSignatureIsRefusedAndNothingOfItStays() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    assertRefused(name + ":1", "demands a signature, and it has none");
    attach(digest, CosignSigner.ofP256().signature(name, digest));
    assertRefused(name + ":1", "accepts none of its 1 signatures: one is by another key");
    Digest other = Digest.sha256("other".getBytes(UTF_8));
    attach(digest, signer.signature(name, other));
    assertRefused(name + ":1", "one is for the content " + other);
    attach(digest, signer.signature(name + "2", digest));
    assertRefused(name + ":1", "one is for the name " + name + "2");
    attach(digest, signed("{\"critical\":{\"type\":\"atomic container signature\"}}"));
    assertRefused(name + ":1", "its type is not \"cosign container image signature\"");
    attach(
        digest,
        signed(
            new String(CosignSigner.payload(name, digest), UTF_8)
                .replace("\"type\"", "\"until\":\"2020\",\"type\"")));
    assertRefused(name + ":1", "its part until is not known");
  }

  private KeptSignature signed(String text) throws Exception {
    byte[] payload = text.getBytes(UTF_8);
    java.util.Base64.Encoder encoder = java.util.Base64.getEncoder();
    return new KeptSignature(
        encoder.encodeToString(payload), encoder.encodeToString(signer.sign(payload)));
  }

  @Test
  void oneAcceptedSignatureAmongOthersIsEnough() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    attach(
        digest,
        CosignSigner.ofP256().signature(name, digest),
        signed("no JSON"),
        signer.signature(name, digest));
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(image.id());
  }

  @Test
  void signatureOfTheIndexOrOfTheManifestIsEnough() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("single");
    Map<Platform, TestImage> platforms = new LinkedHashMap<>();
    platforms.put(Platform.current(), image);
    byte[] index = TestImage.index(platforms);
    registry.pushManifest(repository, "1", MediaType.OCI_INDEX, index);
    assertRefused(name + ":1", "demands a signature");
    Digest manifest = image.manifestDigest();
    attach(manifest, signer.signature(name, manifest));
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(image.id());
    fixture.store.remove(image.id());
    attach(manifest, CosignSigner.ofP256().signature(name, manifest));
    Digest top = Digest.sha256(index);
    attach(top, signer.signature(name, top));
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(image.id());
    fixture.store.remove(image.id());
    assertRefused(name + "@" + manifest, "by another key");
  }

  @Test
  void rejectedImageIsRefusedBeforeAnyHostIsAsked() throws Exception {
    policy(signer, "matchRepository");
    assertRefused("unknown.invalid/a:1", "the signature policy rejects it by default");
  }

  @Test
  void signatureThatCannotBeLookedUpIsNoRefusal() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    attach(digest, signer.signature(name, digest));
    fixture.hosts(
        registry.authority(),
        """
        server = "http://127.0.0.1:1"
        [host."%s"]
        capabilities = ["pull"]
        """
            .formatted(registry.url()));
    assertThat(fixture.refusal(name + "@" + digest).kind()).isEqualTo(ErrorKind.UNAVAILABLE);
  }

  @Test
  void brokenPolicyFailsEveryPull() throws Exception {
    fixture.gate.use(Files.writeString(temporary.resolve("policy.json"), "{}"));
    push("1");
    CriException refusal = fixture.refusal(name + ":1");
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal).hasMessageContaining("policy.json is refused");
  }

  @Test
  void keptSignaturesAreCheckedWithoutTheRegistry() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    attach(digest, signer.signature(name, digest));
    StoredImage pulled = fixture.pull(name + ":1");
    assertThatCode(() -> checkKept(pulled, name + ":9")).doesNotThrowAnyException();
    assertThatThrownBy(() -> checkKept(pulled, "other.example/x:1"))
        .hasMessageStartingWith("SignatureValidationFailed: other.example/x:1: ");
    policy(CosignSigner.ofP256(), "matchRepository");
    assertThatThrownBy(() -> checkKept(pulled, name + ":1")).hasMessageContaining("another key");
  }

  @Test
  void imageFromBeforeThePolicyHasNoSignatureUntilItIsPulledAgain() throws Exception {
    fixture.gate.use(null);
    TestImage image = push("1");
    Digest digest = image.manifestDigest();
    StoredImage pulled = fixture.pull(name + ":1");
    attach(digest, signer.signature(name, digest));
    policy(signer, "matchRepository");
    assertThatThrownBy(() -> checkKept(pulled, name + ":1"))
        .hasMessageContaining("demands a signature");
    assertThatThrownBy(() -> fixture.puller.requireAccepted(pulled, Optional.of(name + ":1")))
        .as("the base image of a build")
        .hasMessageContaining("demands a signature");
    assertThatThrownBy(() -> fixture.puller.requireAccepted(pulled, Optional.empty()))
        .hasMessageContaining("demands a signature");
    fixture.pull(name + ":1");
    assertThatCode(() -> checkKept(pulled, name + ":1")).doesNotThrowAnyException();
  }

  @Test
  void acceptedSignatureIsKeptAmongMoreThanAreKept() throws Exception {
    policy(signer, "matchRepository");
    TestImage image = push("single");
    Map<Platform, TestImage> platforms = new LinkedHashMap<>();
    platforms.put(Platform.current(), image);
    byte[] index = TestImage.index(platforms);
    registry.pushManifest(repository, "1", MediaType.OCI_INDEX, index);
    Digest manifest = image.manifestDigest();
    CosignSigner other = CosignSigner.ofP256();
    for (Digest each : List.of(manifest, Digest.sha256(index))) {
      KeptSignature[] signatures = new KeptSignature[KeptSignature.MAX_KEPT];
      for (int i = 0; i < signatures.length; i++) {
        signatures[i] = other.signature(name, each);
      }
      signatures[signatures.length - 1] = signer.signature(name, each);
      attach(each, signatures);
    }
    StoredImage pulled = fixture.pull(name + ":1");
    assertThatCode(() -> checkKept(pulled, name + ":1")).doesNotThrowAnyException();
    assertThat(fixture.store.signed(pulled.id()).signatures()).hasSize(KeptSignature.MAX_KEPT);

    policy(other, "matchRepository");
    assertThat(fixture.pull(name + ":1").id()).isEqualTo(pulled.id());
    assertThatCode(() -> checkKept(pulled, name + ":1")).doesNotThrowAnyException();
    policy(signer, "matchRepository");
    assertThatCode(() -> checkKept(pulled, name + ":1"))
        .as("what an earlier pull has accepted")
        .doesNotThrowAnyException();
  }

  private void checkKept(StoredImage image, String asked) throws Exception {
    ImageStore.Signed signed = fixture.store.signed(image.id());
    fixture.gate.checkKept(
        image.id(), List.of(ImageReference.parse(asked)), signed.documents(), signed.signatures());
  }

  @Test
  void encryptedLayerIsRefusedByItsName() throws Exception {
    TestImage image =
        TestImage.of(new TestTar().file("file", "x").bytes())
            .manifest(
                document ->
                    ((ObjectNode) document.get("layers").get(0))
                        .put("mediaType", MediaType.OCI_LAYER_GZIP.text() + "+encrypted"))
            .build();
    registry.push(repository, "1", image);
    assertThat(fixture.refusal(name + ":1"))
        .hasMessageContaining(image.layers().getFirst() + " is encrypted")
        .hasMessageContaining("encrypted layers are not supported");
    fixture.assertNothingIsLeft();
  }
}
