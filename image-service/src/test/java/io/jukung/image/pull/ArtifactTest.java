package io.jukung.image.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.LayerFormat;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoreCheck;
import io.jukung.image.store.StoreCheck.Finding;
import io.jukung.image.store.StoredImage;
import io.jukung.image.transfer.ImageExporter;
import io.jukung.image.transfer.ImageImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Artifacts, which are files with titles and no container images. Needs root, for mounts. */
@ParameterizedClass
@EnumSource(LayerFormat.class)
class ArtifactTest {
  private static final String MODEL = "the weights of a model";

  @TempDir Path temporary;
  private final LayerFormat format;
  private ImageStore store;

  ArtifactTest(LayerFormat format) {
    this.format = format;
  }

  @BeforeEach
  void open() throws IOException {
    store = open(LayerLimits.DEFAULT);
  }

  private ImageStore open(LayerLimits limits) throws IOException {
    return ImageStore.open(
        new ImageStoreSettings(
            temporary.resolve("images"), limits, Optional.of(format), 1, Set.of()));
  }

  @Test
  void filesHaveTheirTitlesAndArtifactsTheIdOfTheirManifest() throws Exception {
    Path layout = layout(Map.of("model.bin", MODEL, "docs/README.md", "read", "", "untitled"));
    StoredImage artifact = load(layout);
    assertThat(artifact.artifact()).isTrue();
    assertThat(artifact.id()).isEqualTo(manifestDigest(layout));
    assertThat(artifact.repoTags()).containsExactly("docker.io/library/model:1");
    assertThat(artifact.sizeBytes()).isGreaterThan(MODEL.length());
    assertThat(contents(artifact))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "model.bin",
                MODEL,
                "docs/README.md",
                "read",
                Digest.sha256("untitled".getBytes(UTF_8)).hex(),
                "untitled"));
  }

  @Test
  void artifactsSurviveARestartAndAreRepairedLikeImages() throws Exception {
    StoredImage artifact = load(layout(Map.of("model.bin", MODEL)));
    store = open(LayerLimits.DEFAULT);
    assertThat(store.list()).containsExactly(artifact);
    assertThat(check()).isEmpty();
    Path layer;
    try (var layers = Files.list(temporary.resolve("images/layers"))) {
      layer = layers.findFirst().orElseThrow();
    }
    Path damaged = layer.resolve(format == LayerFormat.EROFS ? "layer.erofs" : "fs/model.bin");
    Files.write(damaged, new byte[] {1, 2, 3});
    assertThat(check()).singleElement().matches(Finding::repaired);
    assertThat(contents(artifact)).containsEntry("model.bin", MODEL);
    store.release("c1");
    store.remove(artifact.id());
    assertThat(temporary.resolve("images/layers")).isEmptyDirectory();
    assertThat(temporary.resolve("images/blobs/sha256")).isEmptyDirectory();
  }

  @Test
  void refusesTitlesThatLeadOutOfTheArtifact() throws Exception {
    for (String title : List.of("../evil", "/etc/passwd", "a/../../b", "a//b", ".", "a/\u0001")) {
      Path layout = layout(Map.of(title, "x"));
      assertThatThrownBy(() -> load(layout))
          .as(title)
          .isInstanceOf(CriException.class)
          .hasMessageContaining("title");
    }
    assertThat(store.list()).isEmpty();
  }

  @Test
  void refusesAFileAboveTheSizeLimitOfALayer() throws Exception {
    store = open(new LayerLimits(10, 1000, 0));
    Path layout = layout(Map.of("model.bin", MODEL));
    assertThatThrownBy(() -> load(layout)).hasMessageContaining("larger than 10 bytes");
  }

  @Test
  void artifactsAreNotExported() throws Exception {
    StoredImage artifact = load(layout(Map.of("model.bin", MODEL)));
    assertThatThrownBy(
            () ->
                new ImageExporter(store)
                    .exportTo(
                        List.of(artifact.id()),
                        temporary.resolve("out.tar"),
                        ImageExporter.Format.OCI_ARCHIVE))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("is an artifact");
  }

  private StoredImage load(Path layout) throws InterruptedException {
    new ImageImporter(store).importFrom(layout, "", false);
    return store.list().getFirst();
  }

  private Map<String, String> contents(StoredImage artifact) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (Path layer : store.acquire(artifact.id(), "c1").lowerDirectories()) {
      try (var files = Files.walk(layer)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          contents.put(layer.relativize(file).toString(), Files.readString(file));
        }
      }
    }
    return contents;
  }

  private List<Finding> check() throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    new StoreCheck(
            store,
            name -> {
              throw new IllegalStateException("nothing is to be pulled: " + name);
            })
        .run(true, findings::add);
    return findings;
  }

  /** An OCI layout with one artifact. A file with an empty name gets no title. */
  private Path layout(Map<String, String> files) throws IOException {
    Path layout = Files.createTempDirectory(temporary, "layout");
    Files.createDirectories(layout.resolve("blobs/sha256"));
    List<String> layers = new ArrayList<>();
    for (var file : new TreeMap<>(files).entrySet()) {
      String title = file.getKey().replace("\u0001", "\\u0001");
      String annotations =
          title.isEmpty()
              ? ""
              : ",\"annotations\":{\"org.opencontainers.image.title\":\"" + title + "\"}";
      layers.add(descriptor(layout, file.getValue(), "application/x-model", annotations));
    }
    String manifest =
        "{\"schemaVersion\":2,\"artifactType\":\"application/x-model\",\"config\":%s,\"layers\":[%s]}"
            .formatted(
                descriptor(layout, "{}", "application/vnd.oci.empty.v1+json", ""),
                String.join(",", layers));
    String name = ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"model:1\"}";
    Files.writeString(
        layout.resolve("index.json"),
        "{\"schemaVersion\":2,\"manifests\":[%s]}"
            .formatted(
                descriptor(layout, manifest, "application/vnd.oci.image.manifest.v1+json", name)));
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    return layout;
  }

  private static String descriptor(Path layout, String content, String type, String more)
      throws IOException {
    byte[] bytes = content.getBytes(UTF_8);
    Digest digest = Digest.sha256(bytes);
    Files.write(layout.resolve("blobs/sha256").resolve(digest.hex()), bytes);
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(type, digest, bytes.length, more);
  }

  private static String manifestDigest(Path layout) throws IOException {
    String index = Files.readString(layout.resolve("index.json"));
    int at = index.indexOf("sha256:");
    return index.substring(at, at + 71);
  }
}
