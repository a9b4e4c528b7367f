package io.jukung.linux.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryPlaceTest {
  @Test
  void pathsToOneDirectoryHaveOnePlaceAndOthersHaveAnother(@TempDir Path directory)
      throws Exception {
    Path one = Files.createDirectory(directory.resolve("one"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), one);
    Path other = Files.createDirectory(directory.resolve("other"));
    assertThat(DirectoryPlace.of(link)).isEqualTo(DirectoryPlace.of(one));
    assertThat(DirectoryPlace.of(other)).isNotEqualTo(DirectoryPlace.of(one));
  }

  @Test
  void placeNamesTheMountNamespace(@TempDir Path directory) throws Exception {
    assertThat(DirectoryPlace.of(directory)).contains(" mnt:[");
  }
}
