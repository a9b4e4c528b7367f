package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.image.build.BuildSettings.CacheExport;
import io.jukung.image.buildcache.CacheEntry;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.content.Digest;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.sharedcache.SharedCaches;
import io.jukung.image.sharedcache.SharedStep;
import io.jukung.image.signature.CosignSigner;
import io.jukung.image.tar.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Steps travel from node to node by a real registry, and are not trusted. Needs root. */
class SharedCacheTest extends BuildHarness {
  private static final String DOCKERFILE =
      """
      FROM BASE AS make
      COPY f /f
      RUN one
      RUN true
      FROM BASE
      COPY --from=make /f /g
      RUN two
      """;

  private DebianRegistry caches;
  private String name;

  @BeforeEach
  void startRegistry() throws Exception {
    caches = DebianRegistry.start(Files.createDirectories(temporary.resolve("caches")));
    name = caches.reference("cache:main");
    context = new TestTar().file("f", "content").bytes();
  }

  @AfterEach
  void stopRegistry() {
    caches.close();
  }

  /** Goes on as a node that has nothing yet. */
  private void otherNode(String next) throws Exception {
    fixture.close();
    node = next;
    fixture = new PullFixture(temporary.resolve("store-of-" + next), PullFixture.PATIENT);
    exportedCache = Optional.empty();
    openCache();
  }

  private List<String> cached() {
    return events.stream().filter(each -> each.startsWith("cached ")).toList();
  }

  @Test
  void otherNodeTakesAllStepsFromTheRegistryAndMakesTheSameImage() throws Exception {
    exportedCache = Optional.of(new CacheExport(name, true, false));
    String image = export(DOCKERFILE);
    assertThat(commands).hasSize(3);
    assertThat(events).contains("exporting cache to " + name);

    otherNode("two");
    now = now.plusSeconds(1_000);
    importedCaches = List.of(name);
    assertThat(export(DOCKERFILE)).isEqualTo(image);
    assertThat(commands).isEmpty();
    assertThat(cached()).hasSize(5);
    assertThat(file(fixture.store.find(image).orElseThrow(), "g")).contains("content");
    assertThat(cache.list()).as("the cache of this node is not filled from elsewhere").isEmpty();

    importedCaches = List.of();
    var _ = export(DOCKERFILE);
    assertThat(commands).as("a build that has not named the cache").hasSize(3);
  }

  @Test
  void otherNodeTakesAllStepsFromADirectoryThatKeepsItsOtherCaches() throws Exception {
    Path directory = temporary.resolve("local/cache");
    String local = "oci-layout://" + directory;
    exportedCache = Optional.of(new CacheExport(local + ":main", true, false));
    String image = export(DOCKERFILE);
    assertThat(commands).hasSize(3);
    exportedCache = Optional.of(new CacheExport(local + ":other", true, false));
    var _ = export("FROM BASE\nRUN other\n");
    assertThat(Files.readString(directory.resolve("index.json"))).contains("\"main\"", "\"other\"");
    var _ = export("FROM BASE\nRUN other\n");
    assertThat(Files.readString(directory.resolve("index.json")).split("\"other\"")).hasSize(2);

    otherNode("two");
    importedCaches = List.of(local + ":main");
    assertThat(export(DOCKERFILE)).isEqualTo(image);
    assertThat(commands).isEmpty();
    assertThat(cached()).hasSize(5);
    assertThat(file(fixture.store.find(image).orElseThrow(), "g")).contains("content");
  }

  @Test
  void directoryWithoutItsContentIsAWarningAndTheStepsAreCarriedOut() throws Exception {
    Path directory = temporary.resolve("local");
    String local = "oci-layout://" + directory + ":latest";
    exportedCache = Optional.of(new CacheExport(local, true, false));
    var _ = export("FROM BASE\nRUN one\n");
    Digest layer = cache.list().getFirst().layer().orElseThrow().blob().digest();
    otherNode("two");
    importedCaches = List.of(local);
    Path blob = directory.resolve("blobs/sha256/" + layer.hex());
    byte[] content = Files.readAllBytes(blob);
    content[content.length / 2] ^= 1;
    Files.write(blob, content);
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(commands).hasSize(1);
    assertThat(events)
        .anyMatch(each -> each.contains("a step of an imported cache cannot be used"));
    Files.delete(blob);
    noCache = false;
    var _ = cache.prune(Duration.ZERO);
    var _ = export("FROM BASE\nRUN one\nRUN two\n");
    assertThat(commands).hasSize(2);

    importedCaches = List.of("oci-layout://" + directory + ":unknown");
    var _ = export("FROM BASE\n");
    assertThat(events).anyMatch(each -> each.contains("it has no cache unknown"));
    importedCaches = List.of("oci-layout://" + temporary.resolve("nowhere") + ":latest");
    var _ = export("FROM BASE\n");
    assertThat(events).anyMatch(each -> each.contains("nowhere: there is no such file"));
    assertThatThrownBy(
            () -> {
              exportedCache = Optional.of(new CacheExport("oci-layout://x", true, false));
              var _ = export("FROM BASE\n");
            })
        .hasMessageContaining("is not oci-layout:///DIRECTORY:TAG");
  }

  @Test
  void smallCacheHasTheStepsOfTheImageOnly() throws Exception {
    exportedCache = Optional.of(new CacheExport(name, false, false));
    var _ = export(DOCKERFILE);
    otherNode("two");
    importedCaches = List.of(name);
    var _ = export(DOCKERFILE);
    assertThat(cached()).noneMatch(each -> each.contains("RUN one"));
    assertThat(cached()).anyMatch(each -> each.contains("COPY --from=make"));
  }

  @Test
  void stepWithContentThatIsNotItsOwnIsCarriedOut() throws Exception {
    var _ = export("FROM BASE\nRUN one\n");
    CacheEntry entry = cache.list().getFirst();
    StageLayer layer = entry.layer().orElseThrow();
    StageLayer forged = new StageLayer(Digest.sha256(new byte[] {1}), layer.blob());
    var pusher = new ImagePusher(fixture.store, fixture.client);
    new SharedCaches(fixture.store, fixture.client, pusher, fixture.gate)
        .write(name, List.of(new SharedStep(entry.key(), Optional.of(forged), 1)));
    otherNode("two");
    importedCaches = List.of(name);
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(commands).hasSize(1);
    assertThat(events)
        .anyMatch(each -> each.contains("a step of an imported cache cannot be used"));
    assertThat(fixture.store.intermediates()).hasSize(cache.list().size());
  }

  @Test
  void blobThatIsNotTheLayerIsRefusedAlsoIfTheFilesOfTheLayerAreHere() throws Exception {
    exportedCache = Optional.of(new CacheExport(name, true, false));
    String image = export("FROM BASE\nRUN one\n");
    StageLayer one = cache.list().getFirst().layer().orElseThrow();
    String key = cache.list().getFirst().key();
    exportedCache = Optional.empty();
    StageLayer other = null;
    var _ = export("FROM BASE\nRUN two\n");
    for (CacheEntry each : cache.list()) {
      StageLayer layer = each.layer().orElseThrow();
      other = layer.diffId().equals(one.diffId()) ? other : layer;
    }
    StageLayer forged = new StageLayer(one.diffId(), Objects.requireNonNull(other).blob());
    new SharedCaches(
            fixture.store,
            fixture.client,
            new ImagePusher(fixture.store, fixture.client),
            fixture.gate)
        .write(name, List.of(new SharedStep(key, Optional.of(forged), 1)));
    var _ = cache.prune(Duration.ZERO); // the image with the files of the layer stays
    assertThat(fixture.store.find(image)).isPresent();

    importedCaches = List.of(name);
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(events)
        .anyMatch(each -> each.contains("a step of an imported cache cannot be used"));
    assertThat(commands).hasSize(1);
  }

  @Test
  void cacheThatTheSignaturePolicyDoesNotAcceptIsNotUsed() throws Exception {
    exportedCache = Optional.of(new CacheExport(name, true, false));
    var _ = export("FROM BASE\nRUN one\n");
    exportedCache = Optional.empty();
    otherNode("two");
    importedCaches = List.of(name);
    Path policy = temporary.resolve("policy.json");
    Files.writeString(
        policy,
        """
        {"default":[{"type":"insecureAcceptAnything"}],
         "transports":{"docker":{"%s":[{"type":"sigstoreSigned","keyData":"%s"}]}}}\
        """
            .formatted(name.substring(0, name.lastIndexOf(':')), CosignSigner.ofP256().keyData()));
    fixture.gate.use(policy);
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(commands).hasSize(1);
    assertThat(events)
        .anyMatch(each -> each.contains("SignatureValidationFailed: " + name))
        .anyMatch(each -> each.contains("demands a signature, and it has none"));
  }

  @Test
  void missingCacheIsAWarningAndFailedExportAnError() throws Exception {
    importedCaches = List.of(caches.reference("none:1"));
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(events).anyMatch(each -> each.contains("import cache " + importedCaches.getFirst()));
    importedCaches = List.of();
    caches.close();
    exportedCache = Optional.of(new CacheExport(name, false, true));
    var _ = export("FROM BASE\nRUN one\n");
    assertThat(events).anyMatch(each -> each.contains("export cache " + name));
    exportedCache = Optional.of(new CacheExport(name, false, false));
    assertThatThrownBy(() -> export("FROM BASE\nRUN one\n"))
        .hasMessageContaining("export cache " + name);
  }
}
