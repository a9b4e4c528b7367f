package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.registry.RegistryTimeouts;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.registry.WildRegistry.Request;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pulls from registries that each do one thing wrong. Needs root, for the owners of files. */
class MisbehavingRegistryTest {
  @TempDir Path temporary;
  private WildRegistry registry;
  private PullFixture fixture;
  private TestImage image;
  private Digest layer;
  private byte[] blob;

  @BeforeEach
  void open() throws IOException {
    registry = WildRegistry.start();
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    byte[] noise = new byte[300_000];
    new Random(3).nextBytes(noise);
    image = TestImage.of(new TestTar().file("noise", noise, entry -> {}).bytes()).build();
    registry.add("app", "1", image);
    layer = image.layers().getFirst();
    blob = image.blob(layer);
  }

  @AfterEach
  void close() throws IOException {
    fixture.close();
    registry.close();
  }

  private void limit(Duration response, Duration idle, Duration progress) throws IOException {
    fixture.close();
    fixture =
        new PullFixture(
            temporary,
            new RegistryTimeouts(
                Duration.ofSeconds(20), response, idle, progress, Duration.ofMillis(20)));
  }

  private StoredImage pull() throws InterruptedException {
    return fixture.pull(registry.reference("app:1"));
  }

  private CriException refusal() throws InterruptedException, IOException {
    CriException refusal = fixture.refusal(registry.reference("app:1"));
    fixture.assertNothingIsLeft();
    return refusal;
  }

  // ── connections that break ─────────────────────────────────────────────────────────────────

  @Test
  void brokenOffBlobIsResumedAtItsFirstMissingByte() throws Exception {
    registry.on(
        layer,
        1,
        (request, reply) -> {
          reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 100_000);
          // The JDK's client drops bytes that it has not handed on when the connection breaks.
          PullFixture.await("the bytes are in the file", () -> storedBytes() == 100_000);
        });
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(registry.requests(layer))
        .extracting(request -> request.headers().getOrDefault("range", ""))
        .containsExactly("", "bytes=100000-");
  }

  @Test
  void blobIsReadFromItsStartIfRegistryIgnoresRanges() throws Exception {
    registry.on(layer, (request, reply) -> reply.whole(200, blob));
    registry.on(
        layer,
        1,
        (request, reply) ->
            reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 100_000));
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(registry.requests(layer)).hasSize(2);
  }

  @Test
  void rangeOtherThanTheRequestedOneIsRefused() throws Exception {
    registry.on(
        layer,
        (request, reply) ->
            reply
                .head(
                    206,
                    "Content-Length: " + (blob.length - 50_000),
                    "Content-Range: bytes 50000-%d/%d".formatted(blob.length - 1, blob.length))
                .bytes(blob, 50_000, blob.length));
    registry.on(
        layer,
        1,
        (request, reply) ->
            reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 100_000));
    assertThat(refusal()).hasMessageContaining("where its descriptor says");
  }

  @Test
  void pullFailsIfBlobBreaksOffAgainAndAgain() throws Exception {
    registry.on(
        layer,
        (request, reply) -> {
          int start = start(request);
          reply
              .head(
                  start == 0 ? 200 : 206,
                  "Content-Length: " + (blob.length - start),
                  "Content-Range: bytes %d-%d/%d".formatted(start, blob.length - 1, blob.length))
              .bytes(blob, start, start + 10);
        });
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal).hasMessageContaining("fetch blob " + layer);
    assertThat(registry.requests(layer)).hasSizeLessThan(50);
  }

  @Test
  void brokenOffManifestIsRequestedAgain() throws Exception {
    registry.on(
        "/manifests/1",
        2,
        (request, reply) -> reply.head(200, "Content-Length: 500").bytes(image.manifest(), 0, 50));
    assertThat(pull().id()).isEqualTo(image.id());
  }

  @Test
  void requestIsRepeatedIfConnectionClosesWithoutAnswer() throws Exception {
    registry.on("/v2/", 2, (request, reply) -> {});
    assertThat(pull().id()).isEqualTo(image.id());
  }

  /** The size of the file that the blob arrives in; 0 if there is none. */
  private long storedBytes() {
    try (Stream<Path> files = Files.list(fixture.temporary())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("blob-"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int start(Request request) {
    return Integer.parseInt(
        request.headers().getOrDefault("range", "bytes=0-").replaceAll("[^0-9]", ""));
  }

  // ── overload ───────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(strings = {"/manifests/1", "/blobs/"})
  void overloadedRegistryIsAskedAgain(String part) throws Exception {
    registry.on(part, 1, (request, reply) -> reply.empty(502));
    registry.on(part, 1, (request, reply) -> reply.empty(503, "Retry-After: soon"));
    registry.on(part, 1, (request, reply) -> reply.empty(429, "Retry-After: 0"));
    assertThat(pull().id()).isEqualTo(image.id());
  }

  @Test
  void repetitionWaitsAsLongAsRetryAfterSays() throws Exception {
    registry.on("/manifests/1", 1, (request, reply) -> reply.empty(429, "Retry-After: 1"));
    long start = System.nanoTime();
    pull();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void pullFailsAtOnceIfRetryAfterIsAnHour() throws Exception {
    registry.on("/manifests/1", (request, reply) -> reply.empty(429, "Retry-After: 3600"));
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
    assertThat(refusal).hasMessageContaining("HTTP 429");
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void pullFailsAfterFiveOverloadedAnswers() throws Exception {
    registry.on(
        "/v2/",
        (request, reply) ->
            reply.whole(
                503,
                "{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\"down\\nfor now\"}]}"
                    .getBytes(StandardCharsets.UTF_8)));
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal).hasMessageContaining("HTTP 503 UNAVAILABLE down for now");
    assertThat(registry.requests()).hasSize(5);
  }

  @Test
  void missingTagIsRequestedOnce() throws Exception {
    CriException refusal = fixture.refusal(registry.reference("app:none"));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(registry.requests()).hasSize(1);
  }

  // ── slowness ───────────────────────────────────────────────────────────────────────────────

  @Test
  void registryThatDoesNotAnswerTimesOut() throws Exception {
    limit(Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(60));
    registry.on("/manifests/1", (request, reply) -> reply.fallSilent());
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal).hasMessageContaining("no answer within");
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void blobThatStopsArrivingTimesOutAndIsResumed() throws Exception {
    limit(Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(60));
    registry.on(
        layer,
        1,
        (request, reply) -> {
          reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 100_000);
          reply.fallSilent();
        });
    assertThat(pull().id()).isEqualTo(image.id());
    assertThat(registry.requests(layer))
        .extracting(request -> request.headers().getOrDefault("range", ""))
        .containsExactly("", "bytes=100000-");
  }

  @Test
  void blobWithoutAnyByteTimesOut() throws Exception {
    limit(Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(60));
    registry.on(
        layer,
        (request, reply) -> {
          reply.head(200, "Content-Length: " + blob.length);
          reply.fallSilent();
        });
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal).hasMessageContaining("no byte for 1 s");
    assertThat(registry.requests(layer)).hasSize(1);
  }

  @Test
  void pullFailsIfBlobArrivesTooSlowly() throws Exception {
    limit(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(1));
    registry.on(
        layer,
        (request, reply) -> {
          int at = start(request);
          reply.head(
              at == 0 ? 200 : 206,
              "Content-Length: " + (blob.length - at),
              "Content-Range: bytes %d-%d/%d".formatted(at, blob.length - 1, blob.length));
          while (at < blob.length) {
            reply.bytes(blob, at, ++at);
            Thread.sleep(20);
          }
        });
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal).hasMessageContaining("stalled").hasMessageContaining("bytes in 1 s");
  }

  // ── wrong content ──────────────────────────────────────────────────────────────────────────

  @Test
  void errorOfWrongBlobNamesItsDigestRatherThanABrokenArchive() throws Exception {
    byte[] other = blob.clone();
    new Random(4).nextBytes(other);
    registry.on(layer, (request, reply) -> reply.whole(200, other));
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(refusal)
        .hasMessageContaining("blob %s has the digest %s".formatted(layer, Digest.sha256(other)));
  }

  @Test
  void blobWithOneWrongByteIsRefused() throws Exception {
    byte[] other = blob.clone();
    other[other.length / 2] ^= 1;
    registry.on(layer, (request, reply) -> reply.whole(200, other));
    assertThat(refusal()).hasMessageContaining("has the digest " + Digest.sha256(other));
  }

  @Test
  void configurationWithOneWrongByteIsRefused() throws Exception {
    byte[] config = image.blob(Digest.parse(image.id())).clone();
    config[config.length - 2] = ' ';
    registry.on(image.id(), (request, reply) -> reply.whole(200, config));
    assertThat(refusal()).hasMessageContaining("has the digest " + Digest.sha256(config));
  }

  @Test
  void archiveWithAnotherDigestThanTheConfigurationSaysIsRefused() throws Exception {
    byte[] tar = new TestTar().file("a", "a").bytes();
    byte[] other = new TestTar().file("b", "b").bytes();
    registry.add("app", "1", TestImage.of().lying(tar, TestImage.gzipped(other)).build());
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal)
        .hasMessageContaining("uncompressed bytes are " + Digest.sha256(other))
        .hasMessageContaining("says " + Digest.sha256(tar));
  }

  @Test
  void blobOfAnotherSizeIsRefused() throws Exception {
    registry.on(
        layer,
        (request, reply) ->
            reply.head(200, "Content-Length: 99000000000").bytes(blob, 0, blob.length));
    assertThat(refusal()).hasMessageContaining("99000000000 bytes");
  }

  @Test
  void blobLongerThanItsDescriptorIsRefused() throws Exception {
    registry.on(
        layer,
        (request, reply) -> {
          reply.head(200).bytes(blob, 0, blob.length);
          while (true) {
            reply.bytes(blob, 0, blob.length);
          }
        });
    assertThat(refusal()).hasMessageContaining("longer than its descriptor's " + blob.length);
  }

  @Test
  void manifestWithAnotherDigestThanRequestedIsRefused() throws Exception {
    registry.on("/manifests/", (request, reply) -> reply.whole(200, image.manifest()));
    String asked = "sha256:" + "0".repeat(64);
    assertThat(fixture.refusal(registry.reference("app@" + asked)))
        .hasMessageContaining(
            "manifest %s has the digest %s".formatted(asked, image.manifestDigest()));
  }

  @Test
  void manifestThatDiffersFromItsDigestHeaderIsRefused() throws Exception {
    registry.on(
        "/manifests/",
        (request, reply) ->
            reply.whole(200, image.manifest(), "Docker-Content-Digest: sha256:" + "0".repeat(64)));
    assertThat(refusal()).hasMessageContaining("Docker-Content-Digest");
  }

  // ── documents ──────────────────────────────────────────────────────────────────────────────

  @Test
  void manifestWithTooLargeContentLengthIsRefusedUnread() throws Exception {
    registry.on("/manifests/", (request, reply) -> reply.head(200, "Content-Length: 10000000000"));
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
    assertThat(refusal).hasMessageContaining("10000000000 bytes, above the bound");
  }

  @Test
  void endlessManifestIsRefusedAtTheSizeLimit() throws Exception {
    byte[] spaces = new byte[1 << 20];
    registry.on(
        "/manifests/",
        (request, reply) -> {
          reply.head(200);
          while (true) {
            reply.bytes(spaces, 0, spaces.length);
          }
        });
    assertThat(refusal()).hasMessageContaining("above the bound");
  }

  @Test
  void documentThatIsManifestAndIndexIsRefused() throws Exception {
    edited(document -> document.putArray("manifests"));
    assertThat(refusal()).hasMessageContaining("ambiguous");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256:../../x",
        "sha256:../../../../../../etc/passwd",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha256",
        "",
      })
  void malformedLayerDigestIsRefused(String digest) throws Exception {
    edited(document -> ((ObjectNode) document.path("layers").get(0)).put("digest", digest));
    CriException refusal = refusal();
    assertThat(refusal.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal).hasMessageContaining("digest");
  }

  @ParameterizedTest
  @EnumSource(names = {"OCI_FOREIGN_LAYER_GZIP", "DOCKER_FOREIGN_LAYER_GZIP", "OCI_LAYER_GZIP"})
  void layerWithUrlsIsFetchedFromTheRegistryAlone(MediaType type) throws Exception {
    try (WildRegistry elsewhere = WildRegistry.start("127.0.0.2", null)) {
      withUrls(type, elsewhere);
      assertThat(pull().id()).isEqualTo(image.id());
      assertThat(registry.requests(layer)).hasSize(1);
      assertThat(elsewhere.requests()).isEmpty();
    }
  }

  @Test
  void errorSaysThatUrlsOfAMissingNondistributableLayerAreNotFollowed() throws Exception {
    try (WildRegistry elsewhere = WildRegistry.start("127.0.0.2", null)) {
      withUrls(MediaType.OCI_FOREIGN_LAYER_GZIP, elsewhere);
      registry.on(layer, (request, reply) -> reply.empty(404));
      CriException refusal = refusal();
      assertThat(refusal.kind()).isEqualTo(ErrorKind.NOT_FOUND);
      assertThat(refusal)
          .hasMessageContaining(layer.toString())
          .hasMessageContaining("nondistributable")
          .hasMessageContaining("urls are not followed");
      assertThat(elsewhere.requests()).isEmpty();
    }
  }

  private void withUrls(MediaType type, WildRegistry elsewhere) {
    edited(
        document ->
            ((ObjectNode) document.path("layers").get(0))
                .put("mediaType", type.text())
                .putArray("urls")
                .add(elsewhere.url() + "/layer"));
  }

  @Test
  void dockerSchema1IsRefusedWithAdviceToPushAgain() throws Exception {
    registry.addManifest(
        "app",
        "1",
        MediaType.DOCKER_SCHEMA1_SIGNED.text(),
        "{\"schemaVersion\":1,\"name\":\"app\",\"tag\":\"1\",\"fsLayers\":[],\"history\":[]}"
            .getBytes(StandardCharsets.UTF_8));
    assertThat(refusal())
        .hasMessageContaining("Docker image manifest version 1 is not supported; push the image");
  }

  @Test
  void pullFailsIfIndexRefersToItself() throws Exception {
    byte[] index = TestImage.index(Map.of(Platform.current(), image));
    registry.addIndex("app", "1", index);
    registry.on(
        "/manifests/" + image.manifestDigest(), (request, reply) -> reply.whole(200, index));
    assertThat(refusal()).hasMessageContaining("has the digest");
  }

  private void edited(Consumer<ObjectNode> edit) {
    image = TestImage.of(new TestTar().file("a", "a").bytes()).manifest(edit).build();
    layer = image.layers().getFirst();
    registry.add("app", "1", image);
  }

  // ── mirrors ────────────────────────────────────────────────────────────────────────────────

  @Test
  void registryIsAskedIfMirrorAnswersWithAnError() throws Exception {
    for (int status : List.of(404, 500, 503, 403, 401)) {
      try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
        mirror.on("/v2/", (request, reply) -> reply.empty(status));
        fixture.hosts(registry.authority(), "[host.\"" + mirror.url() + "\"]\n");
        assertThat(pull().id()).as("HTTP %d", status).isEqualTo(image.id());
        assertThat(mirror.requests("/manifests/1")).as("HTTP %d", status).hasSize(1);
        fixture.store.remove(image.id());
      }
    }
  }

  @Test
  void mirrorsAreAskedInOrderAndUnreachableOnesOnlyOnce() throws Exception {
    String gone;
    try (WildRegistry closed = WildRegistry.start("127.0.0.3", null)) {
      gone = closed.url();
    }
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      mirror.add("app", "1", image);
      fixture.hosts(
          registry.authority(), "[host.\"%s\"]\n[host.\"%s\"]\n".formatted(gone, mirror.url()));
      assertThat(pull().id()).isEqualTo(image.id());
      assertThat(mirror.requests()).hasSize(3);
      assertThat(mirror.requests().getFirst().target())
          .contains("?ns=127.0.0.1%3A" + registry.authority().replaceFirst(".*:", ""));
      assertThat(registry.requests()).isEmpty();
    }
  }

  @Test
  void registryIsAskedIfMirrorSendsAnotherLayer() throws Exception {
    byte[] other = blob.clone();
    new Random(4).nextBytes(other);
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      mirror.add("app", "1", image);
      mirror.on(layer, (request, reply) -> reply.whole(200, other));
      fixture.hosts(registry.authority(), "[host.\"" + mirror.url() + "\"]\n");
      assertThat(pull().id()).isEqualTo(image.id());
      assertThat(registry.requests()).extracting(Request::target).hasSize(1);
      assertThat(registry.requests(layer)).hasSize(1);
    }
  }

  @Test
  void mirrorWithoutResolveCapabilityIsAskedByDigestOnly() throws Exception {
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      mirror.add("app", "1", image);
      fixture.hosts(
          registry.authority(), "[host.\"" + mirror.url() + "\"]\ncapabilities = [\"pull\"]\n");
      assertThat(pull().id()).isEqualTo(image.id());
      assertThat(mirror.requests("/manifests/")).isEmpty();
      assertThat(mirror.requests("/blobs/")).hasSize(2);
      assertThat(registry.requests()).hasSize(1);
    }
  }

  @Test
  void errorHasTheAnswerOfEachHost() throws Exception {
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      mirror.on("/v2/", (request, reply) -> reply.empty(403));
      registry.on("/v2/", (request, reply) -> reply.empty(404));
      fixture.hosts(registry.authority(), "[host.\"" + mirror.url() + "\"]\n");
      CriException refusal = refusal();
      assertThat(refusal.kind()).isEqualTo(ErrorKind.NOT_FOUND);
      assertThat(refusal)
          .hasMessageContaining(mirror.authority() + ": HTTP 403; ")
          .hasMessageContaining(registry.authority() + ": HTTP 404");
    }
  }
}
