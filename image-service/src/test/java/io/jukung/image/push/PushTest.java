package io.jukung.image.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.push.ImagePusher.Platforms;
import io.jukung.image.push.PushListener.Outcome;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushes to Debian's docker-registry. Needs root. */
class PushTest {
  @TempDir Path temporary;
  private PullFixture fixture;
  private DebianRegistry origin;
  private DebianRegistry target;

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    origin = DebianRegistry.start(Files.createDirectories(temporary.resolve("origin")));
    target = DebianRegistry.start(Files.createDirectories(temporary.resolve("target")));
  }

  @AfterEach
  void close() {
    target.close();
    origin.close();
    fixture.close();
  }

  private static byte[] tar(String name, int bytes) {
    byte[] content = new byte[bytes];
    new Random(name.hashCode()).nextBytes(content);
    return new TestTar().file(name, content, entry -> {}).bytes();
  }

  private StoredImage pulled(TestImage image) throws Exception {
    origin.push("app", "1", image);
    return fixture.pull(origin.reference("app:1"));
  }

  private void assertSameBytes(DebianRegistry registry, String repository, TestImage image)
      throws IOException, InterruptedException {
    assertThat(registry.bytes(repository, "manifests/" + image.manifestDigest()))
        .isEqualTo(image.manifest());
    for (Map.Entry<Digest, byte[]> blob : image.blobs().entrySet()) {
      assertThat(registry.bytes(repository, "blobs/" + blob.getKey())).isEqualTo(blob.getValue());
    }
  }

  @Test
  void everyKindOfImageArrivesByteForByte() throws Exception {
    List<TestImage> images =
        List.of(
            TestImage.of(tar("a", 10), tar("b", 100_000)).build(),
            TestImage.of().docker().gzip(tar("c", 10)).plain(tar("d", 10)).build(),
            TestImage.of().zstd(tar("e", 10)).plain(tar("f", 10)).build());
    for (TestImage image : images) {
      StoredImage stored = pulled(image);
      String name = target.reference("team/copy:2");
      fixture.store.tag(stored.id(), name);
      PushedImage pushed = new Pushes(fixture).push(name);
      assertThat(pushed.digest()).isEqualTo(image.manifestDigest());
      assertThat(pushed.reference()).isEqualTo(name);
      assertThat(target.bytes("team/copy", "manifests/2")).isEqualTo(image.manifest());
      assertSameBytes(target, "team/copy", image);
      assertThat(fixture.store.find(stored.id()).orElseThrow().repoDigests())
          .contains(target.reference("team/copy@" + image.manifestDigest()));
    }
  }

  @Test
  void blobsThatTheRepositoryHasAreNotSentAgain() throws Exception {
    TestImage image = TestImage.of(tar("a", 10), tar("b", 10)).build();
    StoredImage stored = pulled(image);
    fixture.store.tag(stored.id(), target.reference("app:1"));
    Pushes pushes = new Pushes(fixture);
    pushes.push(target.reference("app:1"));
    assertThat(pushes.outcomes().values()).containsOnly(Outcome.UPLOADED);
    assertThat(pushes.outcomes()).containsOnlyKeys(image.blobs().keySet());
    pushes.push(target.reference("app:1"));
    assertThat(pushes.outcomes().values()).containsOnly(Outcome.PRESENT);
  }

  @Test
  void blobsOfAnotherRepositoryAreMounted() throws Exception {
    TestImage image = TestImage.of(tar("a", 10), tar("b", 10)).build();
    StoredImage stored = pulled(image);
    fixture.store.tag(stored.id(), origin.reference("other/name:1"));
    Pushes pushes = new Pushes(fixture);
    pushes.push(origin.reference("other/name:1"));
    assertThat(pushes.outcomes().values()).containsOnly(Outcome.MOUNTED);
    assertSameBytes(origin, "other/name", image);
  }

  @Test
  void blobOfARepositoryThatHasLostItIsUploaded() throws Exception {
    TestImage image = TestImage.of(tar("a", 10)).build();
    StoredImage stored = pulled(image);
    // The name says that the target has the image, which is not true.
    fixture.store.addDigest(stored.id(), target.reference("lost"), image.manifestDigest());
    fixture.store.tag(stored.id(), target.reference("new:1"));
    Pushes pushes = new Pushes(fixture);
    pushes.push(target.reference("new:1"));
    assertThat(pushes.outcomes().values()).containsOnly(Outcome.UPLOADED);
    assertSameBytes(target, "new", image);
  }

  @Test
  void largeBlobsGoInParts() throws Exception {
    TestImage image = TestImage.of(tar("a", 1_000_000)).build();
    StoredImage stored = pulled(image);
    fixture.store.tag(stored.id(), target.reference("app:1"));
    new Pushes(fixture, 60_000).push(target.reference("app:1"));
    assertSameBytes(target, "app", image);
  }

  @Test
  void brokenConnectionsCostNoMoreThanTheBlobThatTheyCarry() throws Exception {
    TestImage image = TestImage.of(tar("a", 500_000), tar("b", 10)).build();
    StoredImage stored = pulled(image);
    try (CuttingRelay relay = CuttingRelay.to(target.authority(), 3, 150_000)) {
      String name = relay.authority() + "/app:1";
      fixture.store.tag(stored.id(), name);
      new Pushes(fixture).push(name);
      assertThat(relay.cuts()).isEqualTo(3);
      assertSameBytes(target, "app", image);
    }
  }

  @Test
  void imagePushedAndPulledBackIsTheSame() throws Exception {
    TestImage image = TestImage.of(tar("a", 10)).build();
    StoredImage stored = pulled(image);
    fixture.store.tag(stored.id(), target.reference("app:1"));
    new Pushes(fixture).push(target.reference("app:1"));
    fixture.store.remove(stored.id());
    assertThat(fixture.pull(target.reference("app:1")).id()).isEqualTo(stored.id());
  }

  @Test
  void nameThatIsNotHereIsNotFound() throws Exception {
    CriException refusal = new Pushes(fixture).refusal(target.reference("nothing:1"));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(refusal).hasMessageContaining("nothing:1 is not here");
  }

  @Test
  void digestIsNoNameToPush() throws Exception {
    TestImage image = TestImage.of(tar("a", 10)).build();
    pulled(image);
    CriException refusal =
        new Pushes(fixture).refusal(origin.reference("app@" + image.manifestDigest()));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    assertThat(refusal).hasMessageContaining("by a tag, not by a digest");
  }

  @Test
  void blobThatIsLostIsNeededOnlyWhereTheRegistryLacksIt() throws Exception {
    TestImage image = TestImage.of(tar("a", 10)).build();
    StoredImage stored = pulled(image);
    Digest layer = image.layers().getFirst();
    fixture.store.content().detach(layer).finish();
    fixture.store.tag(stored.id(), target.reference("again:1"));
    CriException refusal = new Pushes(fixture).refusal(target.reference("again:1"));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal)
        .hasMessageContaining("layer " + layer + ": ")
        .hasMessageContaining("does not have it, and it is lost here");
    fixture.store.tag(stored.id(), origin.reference("third:1"));
    new Pushes(fixture).push(origin.reference("third:1"));
    assertSameBytes(origin, "third", image);
  }

  // ── indexes ────────────────────────────────────────────────────────────────────────────────

  private StoredImage pulledByIndex(Map<Platform, TestImage> images) throws Exception {
    for (TestImage each : images.values()) {
      origin.push("multi", each.manifestDigest().toString(), each);
    }
    origin.pushManifest("multi", "1", MediaType.OCI_INDEX, TestImage.index(images));
    return fixture.pull(origin.reference("multi:1"));
  }

  @Test
  void indexWithThisPlatformAloneIsPushedWhole() throws Exception {
    TestImage image = TestImage.of(tar("a", 10)).build();
    Map<Platform, TestImage> one = Map.of(Platform.current(), image);
    StoredImage stored = pulledByIndex(one);
    fixture.store.tag(stored.id(), target.reference("multi:1"));
    Digest digest = Digest.sha256(TestImage.index(one));
    PushedImage pushed =
        new Pushes(fixture).push(target.reference("multi:1"), Credentials.ANONYMOUS, Platforms.ALL);
    assertThat(pushed.digest()).isEqualTo(digest);
    assertThat(target.bytes("multi", "manifests/1")).isEqualTo(TestImage.index(one));
    assertSameBytes(target, "multi", image);
  }

  @Test
  void platformsThatWereNotKeptAreNamed() throws Exception {
    Map<Platform, TestImage> two = new LinkedHashMap<>();
    two.put(Platform.current(), TestImage.of(tar("a", 10)).build());
    two.put(
        new Platform("linux", "s390x", ""),
        TestImage.of(tar("b", 10)).platform("linux", "s390x").build());
    StoredImage stored = pulledByIndex(two);
    fixture.store.tag(stored.id(), target.reference("multi:1"));
    CriException refusal = new Pushes(fixture).refusal(target.reference("multi:1"), Platforms.ALL);
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal).hasMessageContaining("--all-platforms").hasMessageContaining("linux/s390x");
    // Without the option this node's image is pushed, as docker does it.
    PushedImage pushed = new Pushes(fixture).push(target.reference("multi:1"));
    assertThat(pushed.digest()).isEqualTo(two.get(Platform.current()).manifestDigest());
  }

  @Test
  void imageWithoutIndexHasNoOtherPlatforms() throws Exception {
    pulled(TestImage.of(tar("a", 10)).build());
    CriException refusal = new Pushes(fixture).refusal(origin.reference("app:1"), Platforms.ALL);
    assertThat(refusal).hasMessageContaining("did not come here by an index");
  }

  // ── several at once ────────────────────────────────────────────────────────────────────────

  @Test
  void manyLayersArriveSideBySide() throws Exception {
    List<byte[]> tars = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      tars.add(tar("layer" + i, 5_000));
    }
    TestImage image = TestImage.of(tars.toArray(new byte[0][])).build();
    StoredImage stored = pulled(image);
    fixture.store.tag(stored.id(), target.reference("app:1"));
    new Pushes(fixture).push(target.reference("app:1"));
    assertSameBytes(target, "app", image);
  }
}
