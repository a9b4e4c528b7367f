package io.jukung.image.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageExporter.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Export of images into archives. Needs root, for the owners of files, and Debian's skopeo, which
 * reads and writes the same formats.
 */
class ExportTest {
  @TempDir Path temporary;
  private ImageStore store;
  private TestImage image;
  private Path archive;

  @BeforeEach
  void open() throws Exception {
    store = ImageStore.open(ImageStoreSettings.of(temporary.resolve("images")));
    archive = temporary.resolve("out.tar");
    image =
        TestImage.of(
                new TestTar().directory("etc").file("etc/base", "base").bytes(),
                new TestTar().directory("etc").file("etc/top", "top").bytes())
            .build();
    Path layout = Files.createDirectory(temporary.resolve("layout"));
    TestArchive.layout(image, "app:1").writeTo(layout);
    new ImageImporter(store).importFrom(layout, "", false);
  }

  @Test
  void importOfAnExportedImageGivesTheSameImageInEveryFormat() throws Exception {
    store.tag("app:1", "registry.test/team/app:2");
    for (Format format : Format.values()) {
      export(format, image.id());
      ImageStore other =
          ImageStore.open(ImageStoreSettings.of(temporary.resolve("other-" + format)));
      List<StoredImage> images = new ImageImporter(other).importFrom(archive, "", false).images();
      assertThat(images)
          .singleElement()
          .satisfies(
              back -> {
                assertThat(back.id()).isEqualTo(image.id());
                assertThat(back.repoTags())
                    .containsExactly("docker.io/library/app:1", "registry.test/team/app:2");
              });
    }
  }

  @Test
  void imageWithoutLayersIsExportedAndImported() throws Exception {
    TestImage empty = TestImage.of().build();
    Path layout = Files.createDirectory(temporary.resolve("empty"));
    TestArchive.layout(empty, "empty:1").writeTo(layout);
    new ImageImporter(store).importFrom(layout, "", false);
    for (Format format : Format.values()) {
      export(format, "empty:1");
      ImageStore other =
          ImageStore.open(ImageStoreSettings.of(temporary.resolve("other-" + format)));
      new ImageImporter(other).importFrom(archive, "", false);
      assertThat(other.acquire(empty.id(), "c1").lowerDirectories()).hasSize(1);
    }
  }

  @Test
  void twoExportsOfAnImageAreTheSameBytes() throws Exception {
    export(Format.OCI_ARCHIVE, "app:1");
    byte[] once = Files.readAllBytes(archive);
    export(Format.OCI_ARCHIVE, "app:1");
    assertThat(Files.readAllBytes(archive)).isEqualTo(once);
  }

  @Test
  void skopeoReadsExportedArchivesAndItsOwnAreImported() throws Exception {
    export(Format.OCI_ARCHIVE, "app:1");
    JsonNode raw = json(skopeo("inspect", "--raw", "oci-archive:" + archive));
    assertThat(raw.at("/config/digest").textValue()).isEqualTo(image.id());
    Path back = temporary.resolve("back.tar");
    skopeo("copy", "oci-archive:" + archive, "docker-archive:" + back + ":back.test/app:3");
    assertThat(new ImageImporter(store).importFrom(back, "", false).names())
        .containsExactly("back.test/app:3");
    assertThat(store.find("back.test/app:3").orElseThrow().id()).isEqualTo(image.id());

    export(Format.DOCKER_ARCHIVE, "app:1");
    Path layout = temporary.resolve("skopeo");
    skopeo("copy", "docker-archive:" + archive, "oci:" + layout + ":oci.test/app:4");
    StoredImage converted =
        new ImageImporter(store).importFrom(layout, "", false).images().getFirst();
    assertThat(converted.repoTags()).contains("oci.test/app:4");
    assertThat(store.acquire(converted.id(), "c").lowerDirectories().getFirst().resolve("etc/top"))
        .hasContent("top");
  }

  @Test
  void exportByTagWritesOnlyThatTag() throws Exception {
    store.tag("app:1", "app:2");
    export(Format.DOCKER_ARCHIVE, "app:2");
    store.remove("app:1");
    assertThat(new ImageImporter(store).importFrom(archive, "", false).names())
        .containsExactly("docker.io/library/app:2");
  }

  @Test
  void failedExportLeavesNoFileAndDoesNotChangeAnExistingOne() throws Exception {
    Files.writeString(archive, "old");
    assertThat(refused(archive, "nothing:1").kind()).isEqualTo(ErrorKind.NOT_FOUND);
    Files.delete(temporary.resolve("images/blobs/sha256").resolve(image.layers().getFirst().hex()));
    assertThat(refused(archive, "app:1")).isNotNull();
    assertThat(refused(temporary.resolve("no/such/file"), "app:1").kind())
        .isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(archive).hasContent("old");
    try (var files = Files.list(temporary)) {
      assertThat(files).noneMatch(file -> file.toString().contains("partial"));
    }
  }

  @Test
  void tagMovesFromOneImageToAnother() throws Exception {
    TestImage second = TestImage.of(new TestTar().file("other", "x").bytes()).build();
    Path layout = Files.createDirectory(temporary.resolve("second"));
    TestArchive.layout(second, "second:1").writeTo(layout);
    new ImageImporter(store).importFrom(layout, "", false);
    store.tag(second.id(), "app:1");
    assertThat(store.find("app:1").orElseThrow().id()).isEqualTo(second.id());
    assertThat(store.find(image.id()).orElseThrow().repoTags()).isEmpty();
    CriException wrong =
        catchThrowableOfType(CriException.class, () -> store.tag("app:1", "Not A Name"));
    assertThat(wrong.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
  }

  private void export(Format format, String... references) throws InterruptedException {
    new ImageExporter(store).exportTo(List.of(references), archive, format);
  }

  private CriException refused(Path target, String reference) {
    return catchThrowableOfType(
        CriException.class,
        () -> new ImageExporter(store).exportTo(List.of(reference), target, Format.OCI_ARCHIVE));
  }

  private static String skopeo(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }
}
