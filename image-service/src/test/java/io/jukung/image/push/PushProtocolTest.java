package io.jukung.image.push;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.push.ImagePusher.Platforms;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.registry.WildRegistry.Request;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pushes to registries that answer in each way that the protocol allows, and in others. */
class PushProtocolTest {
  @TempDir Path temporary;
  private PullFixture fixture;
  private WildRegistry registry;
  private Digest layer;
  private int layerBytes;
  private String name;

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
    registry = WildRegistry.start();
    byte[] content = new byte[3_000];
    new java.util.Random(1).nextBytes(content);
    TestImage image = TestImage.of(new TestTar().file("a", content, entry -> {}).bytes()).build();
    layer = image.layers().getFirst();
    layerBytes = image.blob(layer).length;
    registry.add("origin", "1", image);
    StoredImage stored = fixture.pull(registry.reference("origin:1"));
    registry.close();
    registry = WildRegistry.start();
    name = registry.reference("app:1");
    fixture.store.tag(stored.id(), name);
    registry.on(
        "/manifests/", (request, reply) -> reply.empty(request.method().equals("PUT") ? 201 : 404));
    uploads(new AtomicLong(), 0);
  }

  @AfterEach
  void close() throws Exception {
    registry.close();
    fixture.close();
  }

  /**
   * Takes uploads.
   *
   * @param breaks how many parts of the layer arrive by half, on a connection that breaks then
   */
  private void uploads(AtomicLong received, int breaks) {
    AtomicLong left = new AtomicLong(breaks);
    registry.on(
        "/blobs/",
        (request, reply) -> {
          String where = "Location: /v2/app/blobs/uploads/1?state=x";
          switch (request.method()) {
            case "HEAD" -> reply.empty(404);
            case "POST" -> {
              received.set(0);
              reply.empty(202, where);
            }
            case "PATCH" -> {
              long size = Long.parseLong(request.headers().get("content-length"));
              String range = request.headers().getOrDefault("content-range", "");
              if (!range.startsWith(received.get() + "-")) {
                reply.empty(416);
                return;
              }
              boolean breaksNow = size > 500 && left.getAndDecrement() > 0;
              received.addAndGet(breaksNow ? size / 2 : size);
              if (!breaksNow) {
                reply.empty(202, where, "Range: 0-" + (received.get() - 1));
              }
            }
            case "GET" -> reply.empty(204, where, "Range: 0-" + Math.max(0, received.get() - 1));
            default -> reply.empty(201);
          }
        });
    configurationIsThere();
  }

  private List<String> ranges() {
    return registry.requests().stream()
        .filter(request -> request.method().equals("PATCH"))
        .map(request -> request.headers().get("content-range"))
        .toList();
  }

  /** With the layer as the only blob in flight, the order of the requests is certain. */
  private void configurationIsThere() {
    String id = fixture.store.find(name).orElseThrow().id();
    registry.on(id, (_, reply) -> reply.empty(200));
  }

  @Test
  void uploadContinuesWhereTheConnectionBroke() throws Exception {
    uploads(new AtomicLong(), 2);
    new Pushes(fixture).push(name);
    int first = layerBytes / 2;
    int second = first + (layerBytes - first) / 2;
    assertThat(ranges())
        .containsExactly(
            "0-" + (layerBytes - 1),
            first + "-" + (layerBytes - 1),
            second + "-" + (layerBytes - 1));
  }

  @Test
  void partsAreAtLeastAsLargeAsTheRegistryWants() throws Exception {
    registry.on(
        "/blobs/uploads/",
        1,
        (request, reply) ->
            reply.empty(202, "Location: /v2/app/blobs/uploads/1", "OCI-Chunk-Min-Length: 2000"));
    new Pushes(fixture, 100).push(name);
    assertThat(ranges()).startsWith("0-1999").hasSize((layerBytes + 1999) / 2000);
  }

  @Test
  void manifestIsTheLastRequest() throws Exception {
    new Pushes(fixture).push(name);
    List<Request> requests = registry.requests();
    assertThat(requests.getLast().method()).isEqualTo("PUT");
    assertThat(requests.getLast().target()).isEqualTo("/v2/app/manifests/1");
    assertThat(registry.requests("/manifests/")).hasSize(1);
  }

  @Test
  void busyRegistryIsAskedAgain() throws Exception {
    registry.on("/blobs/uploads/", 2, (_, reply) -> reply.empty(503, "Retry-After: 0"));
    registry.on("/manifests/", 1, (_, reply) -> reply.empty(429));
    new Pushes(fixture).push(name);
    assertThat(registry.requests("/manifests/")).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 403, 413})
  void failureNamesLayerHostAndStatus(int status) throws Exception {
    registry.on("/blobs/uploads/", (_, reply) -> reply.empty(status));
    CriException refusal = new Pushes(fixture).refusal(name);
    assertThat(refusal)
        .hasMessageContaining("push " + name + ": layer " + layer + ": ")
        .hasMessageContaining(registry.authority() + ": HTTP " + status);
  }

  @Test
  void failureOfTheManifestNamesIt() throws Exception {
    registry.on("/manifests/", (_, reply) -> reply.empty(400));
    assertThat(new Pushes(fixture).refusal(name))
        .hasMessageContaining(": manifest sha256:")
        .hasMessageContaining("HTTP 400");
  }

  @Test
  void registryThatBreaksEveryUploadIsGivenUp() throws Exception {
    registry.on(
        "/blobs/uploads/1",
        (request, reply) -> {
          if (request.method().equals("GET")) {
            reply.empty(404);
          }
        });
    CriException refusal = new Pushes(fixture).refusal(name);
    assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
    assertThat(registry.requests("/blobs/uploads/").size()).isLessThan(30);
  }

  @Test
  void registryThatChangesTheManifestIsAnError() throws Exception {
    registry.on(
        "/manifests/",
        (_, reply) -> reply.empty(201, "Docker-Content-Digest: sha256:" + "0".repeat(64)));
    assertThat(new Pushes(fixture).refusal(name))
        .hasMessageContaining("has stored the manifest with the digest sha256:000");
  }

  @Test
  void uploadAtAnotherHostGetsNoCredentials() throws Exception {
    try (WildRegistry storage = WildRegistry.start("127.0.0.2", null)) {
      storage.on("/put", (_, reply) -> reply.empty(201));
      registry.on(
          "/blobs/uploads/",
          (request, reply) -> {
            if (request.has("authorization")) {
              reply.empty(202, "Location: " + storage.url() + "/put");
            } else {
              reply.empty(401, "WWW-Authenticate: Basic realm=\"x\"");
            }
          });
      new Pushes(fixture)
          .push(name, Credentials.of("user", "secret", "", "", "", ""), Platforms.OWN);
      assertThat(storage.requests("/put")).hasSize(2); // the part, and the end
      assertThat(storage.requests())
          .allSatisfy(request -> assertThat(request.has("authorization")).isFalse());
    }
  }

  @Test
  void hostThatTheConfigurationExcludesIsNotAsked() throws Exception {
    fixture.hosts(
        registry.authority(),
        "server = \"%s\"\ncapabilities = [\"pull\", \"resolve\"]\n".formatted(registry.url()));
    int before = registry.requests().size();
    assertThat(new Pushes(fixture).refusal(name)).hasMessageContaining("exclude push");
    assertThat(registry.requests()).hasSize(before);
  }

  @Test
  void mirrorGetsNothing() throws Exception {
    try (WildRegistry mirror = WildRegistry.start("127.0.0.3", null)) {
      fixture.hosts(
          registry.authority(),
          "server = \"%s\"\n[host.\"%s\"]\n".formatted(registry.url(), mirror.url()));
      new Pushes(fixture).push(name);
      assertThat(mirror.requests()).isEmpty();
    }
  }

  @Test
  void interruptEndsAPushWhoseRegistryIsSilent() throws Exception {
    registry.on("/blobs/uploads/1", (_, reply) -> reply.fallSilent());
    var work = PullFixture.start(() -> Optional.of(new Pushes(fixture).push(name)));
    PullFixture.await("a part is sent", () -> !registry.requests("/blobs/uploads/1").isEmpty());
    work.thread.interrupt();
    assertThat(work.thread.join(java.time.Duration.ofSeconds(10))).isTrue();
  }
}
