package io.jukung.runtime.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootDifferenceTest {
  @TempDir private Path directory;
  private Path upper;
  private Path lower;

  @BeforeEach
  void setUp() throws IOException {
    upper = Files.createDirectory(directory.resolve("upper"));
    lower = Files.createDirectory(directory.resolve("lower"));
  }

  private static void file(Path root, String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "x");
  }

  private void whiteout(String path) throws IOException {
    Path file = upper.resolve(path);
    Files.createDirectories(file.getParent());
    try (Fd parent = HostFile.openDirectory(Objects.requireNonNull(file.getParent()))) {
      DirectoryEntry.makeWhiteout(parent, file.getFileName().toString().getBytes(UTF_8));
    }
  }

  private List<String> differences(String... targets) throws IOException {
    List<String> found = new ArrayList<>();
    try (Fd above = HostFile.openDirectory(upper);
        Fd below = HostFile.openDirectory(lower)) {
      var _ =
          new RootDifference.Walk(
                  Set.of(targets),
                  OwnerMap.SAME,
                  each -> found.add(each.getKind() + " " + each.getPath().toString(UTF_8)))
              .directory("", above, below, 0);
    }
    return found;
  }

  @Test
  void addedChangedAndDeletedFilesAreListedWithTheirDirectories() throws IOException {
    file(lower, "etc/passwd");
    file(lower, "etc/gone");
    file(lower, "usr/same");
    file(upper, "etc/passwd");
    file(upper, "new/file");
    whiteout("etc/gone");
    assertThat(differences())
        .containsExactly(
            "CHANGED /etc",
            "DELETED /etc/gone",
            "CHANGED /etc/passwd",
            "ADDED /new",
            "ADDED /new/file");
  }

  @Test
  void whiteoutOfWhatWasNeverBelowIsNoDifference() throws IOException {
    Files.createDirectories(lower.resolve("tmp"));
    whiteout("tmp/made-and-deleted");
    assertThat(differences()).containsExactly("CHANGED /tmp");
  }

  @Test
  void opaqueDirectoryHidesWhatIsBelow() throws IOException {
    file(lower, "data/old");
    file(lower, "data/kept");
    file(upper, "data/kept");
    file(upper, "data/new");
    try (Fd opened = HostFile.openDirectory(upper.resolve("data"))) {
      ExtendedAttributes.set(opened, "trusted.overlay.opaque", "y".getBytes(UTF_8));
    }
    assertThat(differences())
        .containsExactly(
            "CHANGED /data", "CHANGED /data/kept", "ADDED /data/new", "DELETED /data/old");
  }

  @Test
  void mountPointsThatJukungHasMadeAreNoDifference() throws IOException {
    Files.createDirectories(lower.resolve("etc"));
    file(upper, "etc/hosts");
    Files.createDirectories(upper.resolve("var/volume"));
    assertThat(differences("/etc/hosts", "/var/volume")).isEmpty();
    file(upper, "etc/mine");
    assertThat(differences("/etc/hosts", "/var/volume"))
        .containsExactly("CHANGED /etc", "ADDED /etc/mine");
  }

  @Test
  void fileInPlaceOfADirectoryIsChanged() throws IOException {
    file(lower, "a/b");
    file(upper, "a");
    assertThat(differences()).containsExactly("CHANGED /a");
  }
}
