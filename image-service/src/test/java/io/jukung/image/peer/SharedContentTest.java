package io.jukung.image.peer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.MediaType;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.tar.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Content that was pulled from a real docker-registry. Needs root, for the owners of files. */
class SharedContentTest {
  @TempDir Path temporary;
  private PullFixture fixture;

  @SuppressWarnings("NullAway.Init") // each test starts it
  private DebianRegistry registry;

  private final TestImage image =
      TestImage.of(new TestTar().file("file", "content").bytes()).build();
  private final Digest manifest = image.manifestDigest();
  private final Digest layer = image.layers().getFirst();

  @BeforeEach
  void open() throws Exception {
    fixture = new PullFixture(temporary, PullFixture.PATIENT);
  }

  @AfterEach
  void close() {
    fixture.close();
    registry.close();
  }

  private void start(String more) throws Exception {
    registry =
        DebianRegistry.start(Files.createDirectories(temporary.resolve("registry")), more, null);
  }

  private SharedContent sharing(String... names) {
    return new SharedContent(fixture.store, List.of(names));
  }

  @Test
  void manifestConfigurationAndLayersOfAnOpenImageAreGivenInItsRepositoryAlone() throws Exception {
    start("");
    registry.push("app", "1", image);
    fixture.pull(registry.reference("app:1"));
    String app = registry.reference("app");
    SharedContent content = sharing();
    assertThat(content.find(app, manifest).orElseThrow().mediaType())
        .contains(MediaType.OCI_MANIFEST.text());
    assertThat(content.find(app, Digest.parse(image.id()))).isPresent();
    SharedContent.Found found = content.find(app, layer).orElseThrow();
    assertThat(found.mediaType()).isEmpty();
    try (var channel = content.open(found)) {
      assertThat(channel.size()).isEqualTo(found.size()).isEqualTo(image.blob(layer).length);
    }
    assertThat(content.find(registry.reference("app/other"), layer)).isEmpty();
    assertThat(content.find(registry.reference("ap"), layer)).isEmpty();
    assertThat(content.find(app, Digest.sha256("other".getBytes(UTF_8)))).isEmpty();
    fixture.store.remove(image.id());
    assertThat(content.find(app, layer)).isEmpty();
  }

  @Test
  void indexIsGivenWithTheManifestThatItHasLedTo() throws Exception {
    start("");
    registry.push("app", "single", image);
    byte[] index = TestImage.index(Map.of(Platform.current(), image));
    registry.pushManifest("app", "1", MediaType.OCI_INDEX, index);
    fixture.pull(registry.reference("app:1"));
    String app = registry.reference("app");
    assertThat(sharing().find(app, Digest.sha256(index)).orElseThrow().mediaType())
        .contains(MediaType.OCI_INDEX.text());
    assertThat(sharing().find(app, manifest).orElseThrow().mediaType())
        .contains(MediaType.OCI_MANIFEST.text());
    assertThat(sharing().find(app, layer)).isPresent();
  }

  @Test
  void layerOfAnotherRepositoryIsNotGivenUnderTheNameOfAnOpenOne() throws Exception {
    start("");
    TestImage other = TestImage.of(new TestTar().file("file", "other").bytes()).build();
    registry.push("app", "1", image);
    registry.push("other", "1", other);
    fixture.pull(registry.reference("app:1"));
    fixture.pull(registry.reference("other:1"));
    assertThat(sharing().find(registry.reference("other"), layer)).isEmpty();
    assertThat(sharing().find(registry.reference("app"), layer)).isPresent();
  }

  @Test
  void imageWhosePullHasNeededCredentialsIsGivenOnlyIfItIsSharedByName() throws Exception {
    start("auth:\n  htpasswd: {realm: test, path: %s}\n".formatted(htpasswd()));
    registry.authorize("Basic " + Base64.getEncoder().encodeToString("user:pw".getBytes(UTF_8)));
    registry.push("team/app", "1", image);
    fixture.pull(registry.reference("team/app:1"), Credentials.of("user", "pw", "", "", "", ""));
    String app = registry.reference("team/app");
    assertThat(sharing().find(app, layer)).isEmpty();
    assertThat(sharing().find(app, manifest)).isEmpty();
    assertThat(sharing(registry.reference("tea")).find(app, layer)).isEmpty();
    assertThat(sharing(app).find(app, layer)).isPresent();
    assertThat(sharing(registry.reference("team")).find(app, layer)).isPresent();
    assertThat(sharing(registry.authority()).find(app, layer)).isPresent();
  }

  @Test
  void credentialsThatNobodyHasAskedForDoNotMatter() throws Exception {
    start("");
    registry.push("app", "1", image);
    fixture.pull(registry.reference("app:1"), Credentials.of("user", "pw", "", "", "", ""));
    assertThat(sharing().find(registry.reference("app"), layer)).isPresent();
  }

  @Test
  void imageOfAHostThatIsShownASecretHeaderIsNotGiven() throws Exception {
    start("");
    registry.push("app", "1", image);
    fixture.hosts(
        registry.authority(), "[host.\"%s\".header]\nx-secret = \"s\"\n".formatted(registry.url()));
    fixture.pull(registry.reference("app:1"));
    assertThat(sharing().find(registry.reference("app"), layer)).isEmpty();
  }

  private Path htpasswd() throws Exception {
    Process program =
        new ProcessBuilder("htpasswd", "-nbB", "user", "pw")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return Files.write(temporary.resolve("htpasswd"), program.getInputStream().readAllBytes());
  }

  @Test
  void imageThatOnlyAMirrorHasGivenIsNotOpen() throws Exception {
    start("");
    registry.push("app", "1", image);
    fixture.hosts(
        "r.example", "server = \"http://127.0.0.1:1\"\n[host.\"%s\"]\n".formatted(registry.url()));
    fixture.pull("r.example/app:1");
    assertThat(sharing().find("r.example/app", layer)).isEmpty();
    assertThat(sharing("r.example").find("r.example/app", layer)).isPresent();
  }

  @Test
  void layersOfAnOpenImageMayComeFromAMirrorThatIsShownWhoAsks() throws Exception {
    start("");
    registry.push("app", "1", image);
    try (WildRegistry mirror = WildRegistry.start("127.0.0.2", null)) {
      mirror.add("app", "1", image);
      fixture.hosts(
          registry.authority(),
          "[host.\"%1$s\"]\ncapabilities = [\"pull\"]\n[host.\"%1$s\".header]\nx-node = \"a\"\n"
              .formatted(mirror.url()));
      fixture.pull(registry.reference("app:1"));
      assertThat(mirror.requests("/blobs/")).isNotEmpty();
      assertThat(sharing().find(registry.reference("app"), layer)).isPresent();
    }
  }
}
