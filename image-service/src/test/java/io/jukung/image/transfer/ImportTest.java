package io.jukung.image.transfer;

import static io.jukung.cri.ErrorKind.FAILED_PRECONDITION;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.Zstd;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.archive.OciLayout;
import io.jukung.image.content.Digest;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Import of images from archives. Needs root, for the owners of files. */
class ImportTest {
  private static final String NAME = "docker.io/library/app:1";

  @TempDir Path temporary;
  private ImageStore store;

  @BeforeEach
  void open() throws IOException {
    store = ImageStore.open(ImageStoreSettings.of(temporary.resolve("images")));
  }

  // ── OCI layouts ────────────────────────────────────────────────────────────────────────────

  @Test
  void importedLayoutDirectoryGivesTheSameImageAsAPull() throws Exception {
    TestImage image = image();
    Path layout = temporary.resolve("layout");
    TestArchive.layout(image, "app:1").writeTo(layout);
    StoredImage imported = importOne(layout);
    assertThat(imported.id()).isEqualTo(image.id());
    assertThat(imported.repoTags()).containsExactly(NAME);
    assertThat(imported.repoDigests())
        .containsExactly("docker.io/library/app@" + image.manifestDigest());
    assertThat(store.list()).containsExactly(imported);
    List<Path> lower = store.acquire(imported.id(), "c1").lowerDirectories();
    assertThat(lower.get(0).resolve("etc/top")).hasContent("top");
    assertThat(lower.get(1).resolve("etc/base")).hasContent("base");
  }

  @Test
  void tarArchiveIsImportedPlainAndCompressed() throws Exception {
    byte[] tar = TestArchive.layout(image(), "app:1").tar();
    for (byte[] archive : List.of(tar, TestImage.gzipped(tar), Zstd.compress(tar))) {
      StoredImage imported = importOne(file(archive));
      assertThat(imported.repoTags()).containsExactly(NAME);
      store.remove(imported.id());
    }
    assertNothingLeft();
  }

  @Test
  void nameAnnotationOfContainerdTakesPrecedenceOverTheReferenceName() throws Exception {
    TestArchive archive =
        TestArchive.layout(
            image(),
            Map.of(
                OciLayout.NAME_ANNOTATION, "registry.test/team/app:2",
                OciLayout.REF_NAME_ANNOTATION, "2"));
    assertThat(importOne(file(archive.tar())).repoTags())
        .containsExactly("registry.test/team/app:2");
  }

  @Test
  void tagWithoutANameIsIgnored() throws Exception {
    Path archive = file(TestArchive.layout(image(), "latest").tar());
    assertThat(importOne(archive).repoTags()).isEmpty();
    StoredImage named =
        new ImageImporter(store).importFrom(archive, "app:1", false).images().getFirst();
    assertThat(named.repoTags()).containsExactly(NAME);
    assertThat(store.list()).containsExactly(named);
  }

  @Test
  void refusesANameForAnArchiveWhoseImageHasOne() throws Exception {
    Path archive = file(TestArchive.layout(image(), "app:1").tar());
    CriException refused =
        catchThrowableOfType(
            CriException.class,
            () -> new ImageImporter(store).importFrom(archive, "other:1", false));
    assertThat(refused.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining("other:1");
    assertThat(store.list()).isEmpty();
  }

  @Test
  void manifestsWithoutANameAreOneImageForSeveralPlatforms() throws Exception {
    TestImage foreign = TestImage.of(top()).platform("linux", "s390x").build();
    TestImage own = image();
    TestArchive archive =
        new TestArchive().blobs(foreign).blobs(own).index(List.of(foreign, own)).marker();
    assertThat(importOne(file(archive.tar())).id()).isEqualTo(own.id());
  }

  @Test
  void severalImagesAreImportedTogetherOrNotAtAll() throws Exception {
    TestImage first = image();
    TestImage second = TestImage.of(top()).build();
    TestArchive both = TestArchive.layouts(Map.of("first:1", first, "second:1", second));
    assertThat(new ImageImporter(store).importFrom(file(both.tar()), "", false).names())
        .containsExactlyInAnyOrder("docker.io/library/first:1", "docker.io/library/second:1");
    store.remove(first.id());
    store.remove(second.id());
    Path broken = file(both.without(blob(second.layers().getFirst())).tar());
    assertThat(refused(broken)).hasMessageContaining(second.layers().getFirst().toString());
    assertThat(store.list()).isEmpty();
    assertNothingLeft();
  }

  // ── docker archives ────────────────────────────────────────────────────────────────────────

  @Test
  void dockerArchiveIsImportedUnderItsTags() throws Exception {
    TestImage image = TestImage.of().docker().plain(base()).plain(top()).build();
    TestArchive archive =
        TestArchive.docker(image, "app:1", "team/app:2").file("repositories", "{\"app\":{}}");
    StoredImage imported = importOne(file(archive.tar()));
    assertThat(imported.id()).isEqualTo(image.id());
    assertThat(imported.repoTags()).containsExactly(NAME, "docker.io/team/app:2");
    assertThat(imported.repoDigests()).as("no registry has its manifest").isEmpty();
    assertThat(store.acquire(imported.id(), "c1").lowerDirectories().getFirst().resolve("etc/top"))
        .hasContent("top");
  }

  @Test
  void dockerArchiveWithCompressedLayersAndLinksIsImported() throws Exception {
    TestImage image = TestImage.of().docker().gzip(base()).gzip(base()).zstd(top()).build();
    TestArchive archive = TestArchive.docker(image, "app:1");
    byte[] layer = image.blob(image.layers().getFirst());
    // Older versions of Docker save an image like this if it has the same layer twice.
    archive.file("0/layer.tar", layer).symlink("1/layer.tar", "../0/layer.tar");
    assertThat(importOne(file(archive.tar())).id()).isEqualTo(image.id());
  }

  // ── hostile ones ───────────────────────────────────────────────────────────────────────────

  @Test
  void refusesContentWithAWrongDigest() throws Exception {
    TestImage image = image();
    for (Digest digest :
        List.of(Digest.parse(image.id()), image.layers().getFirst(), image.manifestDigest())) {
      TestArchive archive = TestArchive.layout(image, "app:1");
      byte[] content = archive.content(blob(digest));
      content[content.length - 1] ^= 1;
      archive.file(blob(digest), content);
      assertThat(refused(file(archive.tar())).kind())
          .as(digest.toString())
          .isEqualTo(ErrorKind.FAILED_PRECONDITION);
      assertThat(store.list()).isEmpty();
      assertNothingLeft();
    }
  }

  @Test
  void refusesADockerConfigurationWhoseDigestIsNotItsName() throws Exception {
    TestImage image = TestImage.of().docker().plain(base()).build();
    TestArchive archive = TestArchive.docker(image, "app:1");
    String config = image.id().substring("sha256:".length()) + ".json";
    archive.file(config, new String(archive.content(config), UTF_8) + " ");
    assertThat(refused(file(archive.tar()))).hasMessageContaining(config);
  }

  @Test
  void linksCannotLeadOutOfTheArchive() throws Exception {
    Path secret = Files.writeString(temporary.resolve("secret"), "{\"imageLayoutVersion\":\"1\"}");
    for (String target : List.of(secret.toString(), "../secret", "oci-layout")) {
      TestArchive archive = TestArchive.layout(image(), "app:1").without("oci-layout");
      archive.symlink("oci-layout", target);
      assertThat(refused(file(archive.tar())).kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
      Path directory = Files.createTempDirectory(temporary, "layout");
      TestArchive.layout(image(), "app:1").writeTo(directory);
      Files.delete(directory.resolve("oci-layout"));
      Files.createSymbolicLink(directory.resolve("oci-layout"), Path.of(target));
      assertThat(refused(directory)).message().doesNotContain("its version is not");
    }
    assertThat(store.list()).isEmpty();
  }

  @Test
  void dockerArchiveCanNameOnlyItsOwnFiles() throws Exception {
    Files.writeString(temporary.resolve("outside"), "{}");
    for (String name :
        List.of("../outside", temporary.resolve("outside").toString(), "/etc/passwd")) {
      byte[] tar =
          new TestTar()
              .file(
                  "manifest.json",
                  "[{\"Config\":\"%s\",\"RepoTags\":[\"app:1\"],\"Layers\":[]}]".formatted(name))
              .file("../outside", "{}")
              .bytes();
      assertThat(refused(file(tar))).hasMessageContaining("does not have the file");
    }
  }

  @Test
  void refusesInvalidNamesAndNamesWithAWrongDigest() throws Exception {
    for (String name :
        List.of("team/UPPER:1", "app:1\n2", "a/../b:1", "app@sha256:" + "0".repeat(64))) {
      assertThat(refused(file(TestArchive.layout(image(), name).tar())).kind())
          .isEqualTo(ErrorKind.FAILED_PRECONDITION);
    }
    assertThat(store.list()).isEmpty();
  }

  @Test
  void refusesAnArchiveThatHasAFileTwice() throws Exception {
    byte[] tar = new TestTar().file("oci-layout", "{}").file("./oci-layout", "{}").bytes();
    assertThat(refused(file(tar))).hasMessageContaining("twice");
  }

  @Test
  void refusesFilesThatAreNoArchivesAndReportsMissingFilesAsNotFound() throws Exception {
    assertThat(refused(file("no archive".repeat(100).getBytes(UTF_8))).kind())
        .isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refused(file(new TestTar().file("readme", "hello").bytes())))
        .hasMessageContaining("index.json")
        .hasMessageContaining("manifest.json");
    assertThat(refused(temporary.resolve("nothing")).kind()).isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(refused(Path.of("/dev/zero")).kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    Path fifo = temporary.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    assertThat(refused(fifo)).hasMessageContaining("FIFO");
  }

  @Test
  void corruptOrTruncatedCompressionIsTheArchivesFault() throws Exception {
    byte[] tar = TestArchive.layout(image(), "app:1").tar();
    for (byte[] archive : List.of(TestImage.gzipped(tar), Zstd.compress(tar))) {
      for (int length : new int[] {5, 20, archive.length / 2, archive.length - 1}) {
        CriException truncated = refused(file(Arrays.copyOf(archive, length)));
        assertThat(truncated.kind()).as("%d bytes", length).isEqualTo(FAILED_PRECONDITION);
      }
      byte[] corrupt = archive.clone();
      corrupt[archive.length / 2] ^= 0x55;
      corrupt[archive.length / 2 + 1] ^= 0x55;
      assertThat(refused(file(corrupt)).kind()).isEqualTo(FAILED_PRECONDITION);
      assertNothingLeft();
    }
  }

  @Test
  void unusableFileNamesInADockerManifestAreTheArchivesFault() throws Exception {
    for (String name : List.of("a\\u0000b", "n".repeat(300), "d/".repeat(3000), "link")) {
      String manifest = "[{\"Config\":\"%s\",\"Layers\":[]}]".formatted(name);
      Path directory = Files.createTempDirectory(temporary, "docker");
      Files.writeString(directory.resolve("manifest.json"), manifest);
      Files.createSymbolicLink(directory.resolve("link"), Path.of("link"));
      assertThat(refused(directory).kind()).as(name).isEqualTo(FAILED_PRECONDITION);
      byte[] tar = new TestTar().file("manifest.json", manifest).symlink("link", "link").bytes();
      assertThat(refused(file(tar)).kind()).as(name).isEqualTo(FAILED_PRECONDITION);
    }
  }

  @Test
  void refusesACompressedArchiveAboveTheSizeLimit() throws Exception {
    store =
        ImageStore.open(
            new ImageStoreSettings(
                temporary.resolve("small"),
                new LayerLimits(1 << 20, 1000, 0),
                Optional.empty(),
                1,
                Set.of()));
    byte[] bomb = TestImage.gzipped(new byte[64 << 20]);
    assertThat(bomb.length).isLessThan(1 << 20);
    assertThat(refused(file(bomb))).hasMessageContaining("larger than 1048576 bytes");
    assertThat(temporary.resolve("small/temporary")).isEmptyDirectory();
  }

  private StoredImage importOne(Path archive) throws InterruptedException {
    List<StoredImage> images = new ImageImporter(store).importFrom(archive, "", false).images();
    assertThat(images).hasSize(1);
    return images.getFirst();
  }

  private CriException refused(Path archive) {
    return catchThrowableOfType(
        CriException.class, () -> new ImageImporter(store).importFrom(archive, "", false));
  }

  private void assertNothingLeft() {
    assertThat(temporary.resolve("images/temporary")).isEmptyDirectory();
    assertThat(temporary.resolve("images/blobs/sha256")).isEmptyDirectory();
    assertThat(temporary.resolve("images/layers")).isEmptyDirectory();
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(Files.createTempFile(temporary, "archive", ".tar"), content);
  }

  private static String blob(Digest digest) {
    return OciLayout.blob(digest);
  }

  private static TestImage image() {
    return TestImage.of(base(), top()).build();
  }

  private static byte[] base() {
    return new TestTar().directory("etc").file("etc/base", "base").bytes();
  }

  private static byte[] top() {
    return new TestTar().directory("etc").file("etc/top", "top").bytes();
  }
}
