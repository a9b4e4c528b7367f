package io.jukung.image.content;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.fs.DiskUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bounds on the beginnings of blobs. */
class PartialBlobsTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
  private static final int BYTES = (int) PartialBlobs.MIN_BYTES;

  @TempDir Path root;
  private PartialBlobs partial;

  @BeforeEach
  void open() throws IOException {
    Files.createDirectories(root.resolve("partial"));
    Files.createDirectories(root.resolve("temporary"));
    partial =
        new PartialBlobs(
            root.resolve("partial"),
            root.resolve("temporary"),
            Clock.fixed(NOW, ZoneOffset.UTC),
            /* maxTotalBytes= */ 2L * BYTES);
  }

  @Test
  void oldestPartsAreRemovedWhenAllTogetherAreTooLarge() throws Exception {
    for (int i = 0; i < 3; i++) {
      keep("blob" + i, BYTES, Duration.ofMinutes(10 - i));
    }
    assertThat(names()).containsExactlyInAnyOrder(name("blob1"), name("blob2"));
  }

  @Test
  void partsOfMoreThanADayAreRemoved() throws Exception {
    keep("young", BYTES, Duration.ofHours(23));
    keep("old", BYTES, Duration.ofHours(25));
    assertThat(names()).containsExactly(name("young"));
  }

  @Test
  void shortPartsAreNotKept() throws Exception {
    keep("short", BYTES - 1, Duration.ZERO);
    assertThat(names()).isEmpty();
    assertThat(root.resolve("temporary")).isEmptyDirectory();
  }

  @Test
  void partsCountAsDiskSpaceOfTheStore() throws Exception {
    ContentStore store =
        ContentStore.open(root.resolve("blobs"), root.resolve("temporary"), partial);
    assertThat(store.usage()).isEqualTo(DiskUsage.NONE);
    keep("interrupted", BYTES, Duration.ZERO);
    assertThat(store.usage()).isEqualTo(new DiskUsage(BYTES, 1));
  }

  @Test
  void filesThatAreNoPartsAreRemoved() throws Exception {
    Files.writeString(root.resolve("partial/readme"), "x");
    Files.setLastModifiedTime(root.resolve("partial/readme"), FileTime.from(NOW));
    partial.expire();
    assertThat(names()).isEmpty();
  }

  private void keep(String blob, int bytes, Duration age) throws IOException {
    Digest digest = Digest.sha256(blob.getBytes(UTF_8));
    Path file = Files.write(partial.unfinished(digest), new byte[bytes]);
    Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
    partial.keep(file, digest);
  }

  private static String name(String blob) {
    return "sha256-" + Digest.sha256(blob.getBytes(UTF_8)).hex();
  }

  private Stream<String> names() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("partial"))) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }
}
