package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.image.credentials.AuthFiles;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistryHosts;
import io.jukung.image.registry.RegistryTimeouts;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls from a real docker-registry. Needs root, for the owners of files. */
class PullTest {
  @TempDir static Path registryDirectory;
  private static DebianRegistry registry;

  @TempDir Path temporary;
  private ImageStore store;
  private RegistryClient client;
  private ImagePuller puller;

  @BeforeAll
  static void startRegistry() throws Exception {
    registry = DebianRegistry.start(registryDirectory);
  }

  @AfterAll
  static void stopRegistry() {
    registry.close();
  }

  @BeforeEach
  void open() throws IOException {
    store = ImageStore.open(ImageStoreSettings.of(temporary.resolve("images")));
    client =
        new RegistryClient(
            new RegistryHosts(temporary.resolve("certs.d")),
            new AuthFiles(List.of()),
            Map.of(),
            RegistryTimeouts.DEFAULT);
    puller = new ImagePuller(store, client, new SignatureGate(null));
  }

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void pulledImageIsListedWithIdTagAndDigest() throws Exception {
    TestImage image = twoLayers().build();
    registry.push("team/app", "v1", image);
    StoredImage pulled = pull("team/app:v1");
    assertThat(pulled.id()).isEqualTo(image.id());
    assertThat(pulled.repoTags()).containsExactly(registry.reference("team/app:v1"));
    assertThat(pulled.repoDigests())
        .containsExactly(registry.reference("team/app@" + image.manifestDigest()));
    assertThat(pulled.sizeBytes()).isPositive();
    assertThat(store.list()).containsExactly(pulled);
  }

  @Test
  void lowerDirectoriesAreTheLayersTopmostFirst() throws Exception {
    registry.push("layers", "1", twoLayers().build());
    StoredImage pulled = pull("layers:1");
    List<Path> lower = store.acquire(pulled.id(), "c1").lowerDirectories();
    assertThat(lower).hasSize(2);
    assertThat(lower.get(0).resolve("etc/top")).hasContent("top");
    assertThat(lower.get(1).resolve("etc/base")).hasContent("base");
    assertThat(lower.get(1).resolve("etc/top")).doesNotExist();
  }

  @Test
  void dockerManifestWhoseConfigIsAnOctetStreamIsAnImage() throws Exception {
    TestImage image =
        twoLayers()
            .docker()
            .manifest(
                document ->
                    ((ObjectNode) document.get("config"))
                        .put("mediaType", "application/octet-stream"))
            .build();
    registry.push("octets", "1", image);
    assertThat(pull("octets:1").id()).isEqualTo(image.id());
  }

  @Test
  void imageWithoutLayersHasAnEmptyRootThatEveryUserCanEnter() throws Exception {
    for (boolean isNull : new boolean[] {false, true}) {
      TestImage image =
          TestImage.of()
              .config(config -> config.put("User", isNull ? "a" : "b"))
              .manifest(
                  document -> {
                    if (isNull) {
                      document.putNull("layers");
                    }
                  })
              .build();
      registry.push("empty", "1", image);
      StoredImage pulled = pull("empty:1");
      List<Path> lower = store.acquire(pulled.id(), "c" + isNull).lowerDirectories();
      assertThat(lower).singleElement().satisfies(root -> assertThat(root).isEmptyDirectory());
      assertThat(Files.getPosixFilePermissions(lower.getFirst()))
          .isEqualTo(PosixFilePermissions.fromString("rwxr-xr-x"));
      assertThat(store.lowerDirectories(pulled.id())).isEqualTo(lower);
      store.release("c" + isNull);
      store.remove(pulled.id());
      assertThat(lower.getFirst()).isEmptyDirectory();
    }
  }

  private TestImage.Builder twoLayers() {
    return TestImage.of(
        new TestTar().directory("etc").file("etc/base", "base").bytes(),
        new TestTar().directory("etc").file("etc/top", "top").bytes());
  }

  private StoredImage pull(String reference) throws InterruptedException {
    return puller.pull(
        registry.reference(reference), Credentials.ANONYMOUS, PullListener.NONE, "test");
  }
}
