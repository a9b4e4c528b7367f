package io.jukung.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.Fuzz;
import io.jukung.image.pull.TestImage;
import io.jukung.image.store.RecordDirectory.DamagedRecordException;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageImporter;
import io.jukung.image.transfer.TestArchive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Records that a crash, a disk or a hand has changed. Needs root. */
@Timeout(180)
class RecordFuzzTest {
  /** A low number, because the store is opened for each input. */
  private static final int OPENINGS = Integer.getInteger("fuzz.rounds", 60);

  @TempDir Path temporary;
  private Path root;
  private TestImage image;

  @BeforeEach
  void importImage() throws Exception {
    root = temporary.resolve("images");
    image = TestImage.of(new TestTar().file("a", "a").bytes()).build();
    Path archive =
        Files.write(temporary.resolve("a.tar"), TestArchive.layout(image, "app:1").tar());
    ImageStore store = open();
    new ImageImporter(store).importFrom(archive, "", false);
    store.acquire(image.id(), "c1");
  }

  private ImageStore open() throws Exception {
    return ImageStore.open(ImageStoreSettings.of(root));
  }

  @Test
  void recordsAreReadOrReportedAsDamaged() throws Exception {
    Path file = only(root.resolve("records"));
    RecordDirectory<ImageRecord> records =
        new RecordDirectory<>(root.resolve("records"), ImageRecord.class, ImageRecord::check);
    Fuzz.run(
        List.of(Files.readAllBytes(file)),
        input -> {
          Files.write(file, input);
          ImageRecord stored = records.read(file);
          stored.blobs();
          stored.chain();
          stored.isArtifact();
        },
        DamagedRecordException.class);
  }

  @Test
  void leasesAreReadOrReportedAsDamaged() throws Exception {
    Path file = only(root.resolve("leases"));
    RecordDirectory<Lease> records =
        new RecordDirectory<>(root.resolve("leases"), Lease.class, Lease::check);
    Fuzz.run(
        List.of(Files.readAllBytes(file)),
        input -> {
          Files.write(file, input);
          records.read(file).chain();
        },
        DamagedRecordException.class);
  }

  @Test
  void storeOpensWhateverOneOfItsRecordsSays() throws Exception {
    for (Path file :
        List.of(
            only(root.resolve("records")),
            only(root.resolve("leases")),
            only(root.resolve("layers")).resolve("layer.json"),
            root.resolve("blobs/sha256").resolve(image.manifestDigest().hex()))) {
      byte[] real = Files.readAllBytes(file);
      for (int round = 0; round < OPENINGS / 4; round++) {
        // The mutations of the harness, one at a time: the store never refuses to open.
        Files.createDirectories(file.getParent());
        Files.write(file, Fuzz.changed(real, round));
        ImageStore store = open();
        store.list();
        store.leases();
        store.usage();
        store.detailedUsage();
      }
      importImageAnew();
    }
    assertThat(open().list()).hasSize(1);
  }

  private void importImageAnew() throws Exception {
    try (Stream<Path> files = Files.list(root.resolve("leases"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    importImage();
  }

  private static Path only(Path directory) throws Exception {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }
}
