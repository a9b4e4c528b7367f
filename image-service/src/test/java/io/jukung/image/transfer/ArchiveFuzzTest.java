package io.jukung.image.transfer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.Fuzz;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.ImageStoreSettings;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Archives of images that nobody meant: each is imported or refused with a reason. Needs root. */
@Timeout(300)
class ArchiveFuzzTest {
  private static final int IMPORTS = Integer.getInteger("fuzz.rounds", 100);
  private static final TestImage IMAGE =
      TestImage.of().docker().plain(new TestTar().file("a", "a").bytes()).build();

  @TempDir Path temporary;
  private ImageStore store;

  @BeforeEach
  void open() throws IOException {
    store =
        ImageStore.open(
            new ImageStoreSettings(
                temporary.resolve("images"),
                new LayerLimits(64 << 20, 10_000, 0),
                Optional.empty(),
                1,
                Set.of()));
  }

  @Test
  void layoutsInTarFiles() throws Exception {
    run(List.of(TestArchive.layout(IMAGE, "app:1").tar()));
  }

  @Test
  void dockerArchives() throws Exception {
    run(List.of(TestArchive.docker(IMAGE, "app:1").tar()));
  }

  @Test
  void compressedArchives() throws Exception {
    byte[] tar = TestArchive.layout(IMAGE, "app:1").tar();
    run(List.of(TestImage.gzipped(tar), Zstd.compress(tar)));
  }

  @Test
  void documentsOfLayouts() throws Exception {
    for (String document : List.of("index.json", "oci-layout")) {
      TestArchive archive = TestArchive.layout(IMAGE, "app:1");
      Fuzz.run(
          IMPORTS,
          List.of(archive.content(document)),
          input -> importAndRemove(archive.file(document, input).tar()),
          CriException.class);
    }
  }

  @Test
  void documentsOfDockerArchives() throws Exception {
    TestArchive archive = TestArchive.docker(IMAGE, "app:1");
    Fuzz.run(
        IMPORTS,
        List.of(archive.content("manifest.json")),
        input -> importAndRemove(archive.file("manifest.json", input).tar()),
        CriException.class);
  }

  private void run(List<byte[]> archives) throws Exception {
    Fuzz.run(IMPORTS, archives, this::importAndRemove, CriException.class);
    assertThat(temporary.resolve("images/temporary")).isEmptyDirectory();
  }

  private void importAndRemove(byte[] archive) throws Exception {
    Path file = Files.write(temporary.resolve("archive"), archive);
    try {
      for (StoredImage image :
          new ImageImporter(store).importFrom(file, "", /* pin= */ false).images()) {
        store.remove(image.id());
      }
    } catch (CriException e) {
      assertThat(e.kind())
          .as(
              "%s for %s",
              e.getMessage(), new String(archive, 0, Math.min(archive.length, 200), UTF_8))
          .isIn(ErrorKind.FAILED_PRECONDITION, ErrorKind.INVALID_ARGUMENT, ErrorKind.NOT_FOUND);
      throw e;
    }
  }
}
