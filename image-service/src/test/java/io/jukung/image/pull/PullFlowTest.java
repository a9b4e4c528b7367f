package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.layer.ChainId;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.PullFixture.Work;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoreCheck;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageExporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pulls of several layers and by several callers: what runs at the same time, what is done once,
 * and how it ends. Needs root.
 */
class PullFlowTest {
  private static final int CALLERS = 8;

  @TempDir Path temporary;
  private WildRegistry registry;
  private PullFixture fixture;

  @BeforeEach
  void open() throws IOException {
    registry = WildRegistry.start();
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
  }

  @AfterEach
  void close() throws IOException {
    fixture.close();
    registry.close();
  }

  private static byte[] noise(int seed) {
    byte[] noise = new byte[200_000];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static TestImage layers(int count) {
    TestImage.Builder builder = TestImage.of();
    for (int i = 0; i < count; i++) {
      builder.gzip(new TestTar().file("file" + i, noise(i), entry -> {}).bytes());
    }
    return builder.build();
  }

  // ── side by side ───────────────────────────────────────────────────────────────────────────

  @Test
  void allLayersAreFetchedAtTheSameTime() throws Exception {
    TestImage image = layers(4);
    registry.add("app", "1", image);
    CountDownLatch asked = new CountDownLatch(4);
    for (Digest layer : image.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            asked.countDown();
            if (asked.await(60, TimeUnit.SECONDS)) {
              registry.properly(request, reply);
            }
          });
    }
    assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
  }

  @Test
  void fetchesAtMostTheConfiguredNumberOfBlobsAtOnce() throws Exception {
    reopen(Optional.empty(), /* maxDownloads= */ 2);
    TestImage image = layers(6);
    registry.add("app", "1", image);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    for (Digest layer : image.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            Thread.sleep(50);
            now.decrementAndGet(); // before the last byte, after which the next download may begin
            registry.properly(request, reply);
          });
    }
    fixture.pull(registry.reference("app:1"));
    assertThat(most).hasValue(2);
  }

  private void reopen(Optional<LayerFormat> format, int maxDownloads) throws Exception {
    fixture.close();
    fixture =
        new PullFixture(
            temporary,
            PullFixture.PATIENT,
            new ImageStoreSettings(
                temporary.resolve("images"), LayerLimits.DEFAULT, format, maxDownloads, Set.of()));
  }

  @Test
  void layerIsUnpackedWhileItArrives() throws Exception {
    reopen(
        Optional.of(LayerFormat.DIRECTORY),
        /* maxDownloads= */ 2); // a format whose files the test can see
    byte[] tar = new TestTar().file("first", "first").file("second", noise(1), entry -> {}).bytes();
    TestImage image = TestImage.of().plain(tar).build();
    registry.add("app", "1", image);
    registry.on(
        image.layers().getFirst(),
        (request, reply) -> {
          reply.head(200, "Content-Length: " + tar.length).bytes(tar, 0, 100_000);
          PullFixture.await("the first file is there", () -> isUnpacked("first"));
          reply.bytes(tar, 100_000, tar.length);
        });
    assertThat(fixture.pull(registry.reference("app:1")).id()).isEqualTo(image.id());
  }

  private boolean isUnpacked(String name) {
    try (Stream<Path> all = Files.walk(fixture.temporary())) {
      return all.anyMatch(path -> path.endsWith(name));
    } catch (IOException | java.io.UncheckedIOException e) {
      return false; // a file was renamed meanwhile
    }
  }

  // ── once ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void blobIsFetchedOnceForManyConcurrentPulls() throws Exception {
    TestImage image = layers(2);
    registry.add("app", "1", image);
    for (Digest layer : image.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            PullFixture.await(
                "all have asked", () -> registry.requests("/manifests/1").size() == CALLERS);
            registry.properly(request, reply);
          });
    }
    List<Work<StoredImage>> pulls = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      pulls.add(PullFixture.start(() -> fixture.pull(registry.reference("app:1"))));
    }
    for (Work<StoredImage> pull : pulls) {
      assertThat(pull.get().id()).isEqualTo(image.id());
    }
    for (Digest layer : image.layers()) {
      assertThat(registry.requests(layer)).hasSize(1);
    }
  }

  @Test
  void layerSharedByTwoImagesIsFetchedOnce() throws Exception {
    byte[] shared = new TestTar().file("shared", noise(1), entry -> {}).bytes();
    TestImage one = TestImage.of(shared, new TestTar().file("one", "1").bytes()).build();
    TestImage two = TestImage.of(shared, new TestTar().file("two", "2").bytes()).build();
    registry.add("app", "one", one);
    registry.add("app", "two", two);
    registry.on(
        one.layers().getFirst(),
        (request, reply) -> {
          PullFixture.await(
              "both are asked for",
              () ->
                  registry.requests(one.layers().getLast()).size() == 1
                      && registry.requests(two.layers().getLast()).size() == 1);
          registry.properly(request, reply);
        });
    Work<StoredImage> first = PullFixture.start(() -> fixture.pull(registry.reference("app:one")));
    Work<StoredImage> second = PullFixture.start(() -> fixture.pull(registry.reference("app:two")));
    assertThat(first.get().id()).isEqualTo(one.id());
    assertThat(second.get().id()).isEqualTo(two.id());
    assertThat(registry.requests(one.layers().getFirst())).hasSize(1);
    assertThat(fixture.store.lowerDirectories(one.id()).getLast())
        .isEqualTo(fixture.store.lowerDirectories(two.id()).getLast());
  }

  @Test
  void secondPullCompletesWhenTheFirstIsInterrupted() throws Exception {
    TestImage image = layers(2);
    registry.add("app", "1", image);
    CountDownLatch left = new CountDownLatch(1);
    for (Digest layer : image.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            byte[] blob = image.blob(layer);
            reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 1000);
            left.await();
            reply.bytes(blob, 1000, blob.length);
          });
    }
    Work<StoredImage> first = PullFixture.start(() -> fixture.pull(registry.reference("app:1")));
    PullFixture.await(
        "the first fetches", () -> registry.requests(image.layers().getLast()).size() == 1);
    CountDownLatch joined = new CountDownLatch(2);
    Work<StoredImage> second =
        PullFixture.start(
            () ->
                fixture.puller.pull(
                    registry.reference("app:1"),
                    Credentials.ANONYMOUS,
                    new PullListener() {
                      @Override
                      public void layerNeeded(Digest layer, long sizeBytes) {
                        joined.countDown();
                      }
                    },
                    "test"));
    joined.await();
    // The listener is called before the pull has joined the last layer. It has joined all when it
    // waits.
    PullFixture.await("the second waits", () -> second.thread.getState() == Thread.State.WAITING);
    first.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(first::get)
        .withCauseInstanceOf(InterruptedException.class);
    left.countDown();
    assertThat(second.get().id()).isEqualTo(image.id());
    for (Digest layer : image.layers()) {
      assertThat(registry.requests(layer)).hasSize(1);
    }
  }

  @Test
  void secondPullSucceedsWhenTheFirstIsForbidden() throws Exception {
    TestImage image = layers(1);
    registry.add("app", "1", image);
    Digest layer = image.layers().getFirst();
    CountDownLatch joined = new CountDownLatch(1);
    registry.on(
        layer,
        1,
        (request, reply) -> {
          joined.await();
          reply.empty(403);
        });
    Work<StoredImage> first = PullFixture.start(() -> fixture.pull(registry.reference("app:1")));
    PullFixture.await("the first fetches", () -> registry.requests(layer).size() == 1);
    Work<StoredImage> second = PullFixture.start(() -> fixture.pull(registry.reference("app:1")));
    PullFixture.await(
        "the second waits",
        () ->
            registry.requests("/manifests/1").size() == 2
                && second.thread.getState() == Thread.State.WAITING);
    joined.countDown();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(first::get)
        .withMessageContaining("HTTP 403");
    assertThat(second.get().id()).isEqualTo(image.id());
  }

  @Test
  void imageSharingABaseLayerSucceedsWhenThePullThatFetchesTheBaseIsForbidden() throws Exception {
    byte[] base = new TestTar().file("base", noise(1), entry -> {}).bytes();
    byte[] upper = new TestTar().file("two", "2").bytes();
    TestImage one = TestImage.of(base, new TestTar().file("one", "1").bytes()).build();
    TestImage two = TestImage.of(base, upper).build();
    registry.add("app", "one", one);
    registry.add("app", "two", two);
    CountDownLatch bothWait = new CountDownLatch(1);
    registry.on(
        one.layers().getFirst(),
        1,
        (request, reply) -> {
          bothWait.await();
          reply.empty(403);
        });
    Work<StoredImage> first = PullFixture.start(() -> fixture.pull(registry.reference("app:one")));
    PullFixture.await(
        "the first pull fetches the base",
        () -> registry.requests(one.layers().getFirst()).size() == 1);
    Work<StoredImage> second = PullFixture.start(() -> fixture.pull(registry.reference("app:two")));
    ChainId top = ChainId.of(List.of(Digest.sha256(base), Digest.sha256(upper))).getLast();
    PullFixture.await(
        "the second pull's upper layer waits for the base",
        () ->
            layerThreadsIn("openSettled")
                .anyMatch(thread -> top.digest().hex().startsWith(thread.substring(6))));
    bothWait.countDown();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(first::get)
        .withMessageContaining("HTTP 403");
    assertThat(second.get().id()).isEqualTo(two.id());
  }

  @Test
  void otherImagesAreUnpackedWhileARegistryStallsInAsManyLayersAsMayBeUnpacked() throws Exception {
    int stalled = Math.max(2, Runtime.getRuntime().availableProcessors());
    reopen(Optional.empty(), /* maxDownloads= */ stalled + 1);
    TestImage slow = layers(stalled);
    TestImage quick = TestImage.of(new TestTar().file("quick", "q").bytes()).build();
    registry.add("slow", "1", slow);
    registry.add("quick", "1", quick);
    for (Digest layer : slow.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            byte[] blob = slow.blob(layer);
            reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 1000);
            reply.fallSilent();
          });
    }
    Work<StoredImage> stalling =
        PullFixture.start(() -> fixture.pull(registry.reference("slow:1")));
    PullFixture.await(
        "every layer of the slow image waits for bytes",
        () -> layerThreadsIn("readable").count() == stalled);
    Work<StoredImage> pull = PullFixture.start(() -> fixture.pull(registry.reference("quick:1")));
    assertThat(pull.get().id()).isEqualTo(quick.id());
    stalling.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(stalling::get)
        .withCauseInstanceOf(InterruptedException.class);
  }

  /** The names of the threads that make layers and are in a method of this name. */
  private static Stream<String> layerThreadsIn(String method) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(
            thread ->
                thread.getKey().getName().startsWith("layer-")
                    && Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getMethodName().equals(method)))
        .map(thread -> thread.getKey().getName());
  }

  @Test
  void imagesOfOtherRegistriesArePulledWhileOneTricklesInAsManyBlobsAsMayBeFetched()
      throws Exception {
    reopen(Optional.empty(), /* maxDownloads= */ 2);
    TestImage slow = layers(4);
    TestImage quick = TestImage.of(new TestTar().file("quick", noise(9), e -> {}).bytes()).build();
    registry.add("slow", "1", slow);
    for (Digest layer : slow.layers()) {
      registry.on(
          layer,
          (request, reply) -> {
            byte[] blob = slow.blob(layer);
            reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 1000);
            reply.fallSilent();
          });
    }
    Work<StoredImage> trickling =
        PullFixture.start(() -> fixture.pull(registry.reference("slow:1")));
    PullFixture.await(
        "all downloads of the slow registry are under way",
        () -> slow.layers().stream().mapToInt(l -> registry.requests(l).size()).sum() == 2);
    try (WildRegistry other = WildRegistry.start("127.0.0.2", null)) {
      other.add("quick", "1", quick);
      Work<StoredImage> pull = PullFixture.start(() -> fixture.pull(other.reference("quick:1")));
      assertThat(pull.get().id()).isEqualTo(quick.id());
      assertThat(slow.layers().stream().mapToInt(l -> registry.requests(l).size()).sum())
          .as("downloads of the slow registry")
          .isEqualTo(2);
    }
    trickling.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(trickling::get)
        .withCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void blobsAreFetchedAgainForLayersThatARemovedImageHasLeftInUse() throws Exception {
    TestImage image = layers(3);
    registry.add("app", "1", image);
    fixture.pull(registry.reference("app:1"));
    fixture.store.acquire(image.id(), "c1");
    fixture.store.remove(image.id());
    assertThat(fixture.store.content().digests()).isEmpty();
    fixture.pull(registry.reference("app:1"));
    for (Digest layer : image.layers()) {
      assertThat(fixture.store.content().contains(layer)).isTrue();
      assertThat(registry.requests(layer)).hasSize(2);
    }
    List<StoreCheck.Finding> findings = new ArrayList<>();
    new StoreCheck(fixture.store, reference -> {}).run(/* repair= */ false, findings::add);
    assertThat(findings).isEmpty();
    Path archive = temporary.resolve("archive.tar");
    new ImageExporter(fixture.store)
        .exportTo(List.of(image.id()), archive, ImageExporter.Format.OCI_ARCHIVE);
    assertThat(archive).isNotEmptyFile();
    fixture.store.release("c1");
  }

  @Test
  void blobsAreFetchedAgainFromAnotherHostIfTheFirstSendsWrongOnes() throws Exception {
    TestImage image = layers(1);
    registry.add("app", "1", image);
    fixture.pull(registry.reference("app:1"));
    fixture.store.acquire(image.id(), "c1");
    fixture.store.remove(image.id());
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      byte[] wrong = image.blob(image.layers().getFirst()).clone();
      wrong[wrong.length - 1] ^= 1;
      mirror.add("app", "1", image);
      mirror.on(image.layers().getFirst(), (request, reply) -> reply.whole(200, wrong));
      fixture.hosts(registry.authority(), "[host.\"" + mirror.url() + "\"]\n");
      fixture.pull(registry.reference("app:1"));
      assertThat(mirror.requests(image.layers().getFirst())).hasSize(1);
    }
    assertThat(fixture.store.content().isIntact(image.layers().getFirst())).isTrue();
    fixture.store.release("c1");
  }

  @Test
  void pullOfAnImageInTheStoreFetchesNoBlobs() throws Exception {
    TestImage image = layers(2);
    registry.add("app", "1", image);
    fixture.pull(registry.reference("app:1"));
    fixture.pull(registry.reference("app:1"));
    assertThat(registry.requests("/blobs/")).hasSize(3);
    assertThat(registry.requests("/manifests/1")).hasSize(2);
  }

  // ── ends ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void interruptedPullLeavesNoFiles() throws Exception {
    TestImage image = layers(3);
    registry.add("app", "1", image);
    Digest last = image.layers().getLast();
    registry.on(
        last,
        (request, reply) -> {
          byte[] blob = image.blob(last);
          reply.head(200, "Content-Length: " + blob.length).bytes(blob, 0, 1000);
          reply.fallSilent();
        });
    Work<StoredImage> pull = PullFixture.start(() -> fixture.pull(registry.reference("app:1")));
    PullFixture.await("the last is fetched", () -> registry.requests(last).size() == 1);
    pull.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(pull::get)
        .withCauseInstanceOf(InterruptedException.class);
    fixture.assertNothingIsLeft();
  }

  @Test
  void pullInterruptedDuringBackOffEndsAtOnce() throws Exception {
    registry.on("/manifests/1", (request, reply) -> reply.empty(429, "Retry-After: 50"));
    Work<StoredImage> pull = PullFixture.start(() -> fixture.pull(registry.reference("app:1")));
    PullFixture.await("it was refused", () -> registry.requests().size() == 1);
    long start = System.nanoTime();
    pull.thread.interrupt();
    assertThatExceptionOfType(ExecutionException.class).isThrownBy(pull::get);
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(40));
    fixture.assertNothingIsLeft();
  }

  @Test
  void pullFailsAndLeavesNoFilesWhenOneLayerFails() throws Exception {
    TestImage image = layers(3);
    registry.add("app", "1", image);
    registry.on(image.layers().get(1), (request, reply) -> reply.empty(404));
    assertThat(fixture.refusal(registry.reference("app:1")).kind()).isEqualTo(ErrorKind.NOT_FOUND);
    fixture.assertNothingIsLeft();
  }

  // ── what is chosen ─────────────────────────────────────────────────────────────────────────

  @Test
  void ociAndDockerImagesArePulledInEveryCompression() throws Exception {
    byte[] one = new TestTar().file("one", "1").bytes();
    byte[] two = new TestTar().file("two", "2").bytes();
    byte[] three = new TestTar().file("three", "3").bytes();
    TestImage oci = TestImage.of().gzip(one).zstd(two).plain(three).build();
    TestImage docker = TestImage.of().docker().plain(one).gzip(two).zstd(three).build();
    registry.add("oci", "1", oci);
    registry.add("docker", "1", docker);
    for (String name : List.of("oci:1", "docker:1")) {
      StoredImage pulled = fixture.pull(registry.reference(name));
      List<Path> lower = fixture.mounted(pulled.id());
      assertThat(lower.get(0).resolve("three")).hasContent("3");
      assertThat(lower.get(1).resolve("two")).hasContent("2");
      assertThat(lower.get(2).resolve("one")).hasContent("1");
    }
  }

  @Test
  void indexLeadsToTheImageForThePlatformOfThisMachine() throws Exception {
    TestImage mine = layers(1);
    TestImage other = TestImage.of().platform("linux", "s390x").build();
    Map<Platform, TestImage> images = new LinkedHashMap<>();
    images.put(new Platform("linux", "s390x", ""), other);
    images.put(new Platform("unknown", "unknown", ""), other);
    images.put(Platform.current(), mine);
    byte[] index = TestImage.index(images);
    registry.add("app", "other", other);
    registry.add("app", "mine", mine);
    registry.addIndex("app", "1", index);
    StoredImage pulled = fixture.pull(registry.reference("app:1"));
    assertThat(pulled.id()).isEqualTo(mine.id());
    assertThat(pulled.repoDigests())
        .containsExactly(registry.reference("app@" + Digest.sha256(index)));
    assertThat(registry.requests(other.manifestDigest())).isEmpty();
  }

  @Test
  void errorForAnIndexWithoutThisPlatformNamesItsPlatforms() throws Exception {
    TestImage other = TestImage.of().platform("linux", "s390x").build();
    registry.addIndex(
        "app", "1", TestImage.index(Map.of(new Platform("linux", "s390x", ""), other)));
    var refusal = fixture.refusal(registry.reference("app:1"));
    assertThat(refusal.kind()).isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(refusal)
        .hasMessageContaining(
            "has no image for %s, only for linux/s390x".formatted(Platform.current()));
    fixture.assertNothingIsLeft();
  }

  @Test
  void blobCorruptOnDiskIsFetchedAgain() throws Exception {
    byte[] shared = new TestTar().file("shared", noise(1), entry -> {}).bytes();
    TestImage one = TestImage.of(shared).build();
    // The same blob above another layer is unpacked again, from the disk.
    TestImage two = TestImage.of(new TestTar().file("base", "b").bytes(), shared).build();
    registry.add("app", "one", one);
    registry.add("app", "two", two);
    fixture.pull(registry.reference("app:one"));
    Digest layer = one.layers().getFirst();
    Path blob = temporary.resolve("images/blobs/sha256").resolve(layer.hex());
    byte[] damaged = Files.readAllBytes(blob);
    damaged[damaged.length / 2] ^= 1;
    Files.write(blob, damaged);
    assertThat(fixture.pull(registry.reference("app:two")).id()).isEqualTo(two.id());
    assertThat(registry.requests(layer)).hasSize(2);
    assertThat(Digest.sha256(Files.readAllBytes(blob))).isEqualTo(layer);
  }
}
