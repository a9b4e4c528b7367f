package io.jukung.linux.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.OpenDescriptors;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OverlayMountTest {
  @TempDir Path directory;
  private Path upper;
  private Path work;

  /** The two ways of mounting, whose results must be the same. */
  enum Way {
    OPTION_PER_LAYER,
    OPTION_STRING;

    Fd mount(List<Path> lowers, Optional<Path> upper, Optional<Path> work) throws IOException {
      return switch (this) {
        case OPTION_PER_LAYER ->
            upper.isPresent()
                ? OverlayMount.detached(lowers, upper.get(), work.orElseThrow())
                : OverlayMount.detachedReadOnly(lowers);
        case OPTION_STRING ->
            OverlayMount.mountByOptionString(new OverlayMount.Layers(lowers, upper, work));
      };
    }
  }

  @BeforeEach
  void makeDirectories() throws IOException {
    upper = Files.createDirectory(directory.resolve("upper"));
    work = Files.createDirectory(directory.resolve("work"));
  }

  @ParameterizedTest
  @EnumSource
  void fileOfTheTopLayerIsSeenAndChangesGoToTheUpperDirectory(Way way) throws IOException {
    List<Path> lowers =
        List.of(layer("top", "same", "top"), layer("base", "same", "base", "only", "base"));
    try (Fd mount = way.mount(lowers, Optional.of(upper), Optional.of(work))) {
      Path root = Path.of(mount.procPath());
      assertThat(Files.readString(root.resolve("same"))).isEqualTo("top");
      assertThat(Files.readString(root.resolve("only"))).isEqualTo("base");
      Files.writeString(root.resolve("new"), "written");
      Files.delete(root.resolve("same"));
      assertThat(MountTable.read().under(directory)).isEmpty();
    }
    assertThat(upper.resolve("new")).hasContent("written");
    assertThat(lowers.getFirst().resolve("same")).hasContent("top");
  }

  @ParameterizedTest
  @EnumSource
  void pathsWithSeparatorsOfOptionsAreMounted(Way way) throws IOException {
    List<Path> lowers =
        List.of(
            layer("a:b,c", "a", "1"), layer("back\\slash", "b", "2"), layer("sp ace", "c", "3"));
    try (Fd mount = way.mount(lowers, Optional.of(upper), Optional.of(work))) {
      Path root = Path.of(mount.procPath());
      assertThat(Files.readString(root.resolve("a"))).isEqualTo("1");
      assertThat(Files.readString(root.resolve("b"))).isEqualTo("2");
      assertThat(Files.readString(root.resolve("c"))).isEqualTo("3");
    }
  }

  @ParameterizedTest
  @EnumSource
  void overlayWithoutUpperDirectoryIsReadOnly(Way way) throws IOException {
    List<Path> lowers = List.of(layer("top", "a", "1"), layer("base", "b", "2"));
    try (Fd mount = way.mount(lowers, Optional.empty(), Optional.empty())) {
      Path root = Path.of(mount.procPath());
      assertThat(Files.readString(root.resolve("b"))).isEqualTo("2");
      assertThatThrownBy(() -> Files.writeString(root.resolve("x"), ""))
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining("Read-only file system");
    }
  }

  @Test
  void singleLayerIsReadOnly() throws IOException {
    try (Fd mount = OverlayMount.detachedReadOnly(List.of(layer("only", "a", "1")))) {
      Path root = Path.of(mount.procPath());
      assertThat(Files.readString(root.resolve("a"))).isEqualTo("1");
      assertThatThrownBy(() -> Files.writeString(root.resolve("x"), ""))
          .isInstanceOf(FileSystemException.class);
    }
  }

  @Test
  void fourHundredAndFiftyLayersAreMounted() throws IOException {
    List<Path> lowers = new ArrayList<>();
    for (int i = 0; i < 450; i++) {
      lowers.add(layer("layer-with-a-name-of-some-length-" + i, "file-" + i, "" + i));
    }
    try (Fd mount = OverlayMount.detached(lowers, upper, work)) {
      Path root = Path.of(mount.procPath());
      assertThat(Files.readString(root.resolve("file-0"))).isEqualTo("0");
      assertThat(Files.readString(root.resolve("file-449"))).isEqualTo("449");
    }
    assertThatThrownBy(
            () -> Way.OPTION_STRING.mount(lowers, Optional.of(upper), Optional.of(work)).close())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("450 layers")
        .hasMessageContaining("lowerdir+");
  }

  @Test
  void pathsLongerThanAnOptionValueAreMounted() throws IOException {
    Path deep = directory;
    for (int i = 0; i < 5; i++) {
      deep = deep.resolve("x".repeat(100));
    }
    Path lower = Files.createDirectories(deep.resolve("lower"));
    Path second = Files.createDirectories(deep.resolve("second"));
    Path deepUpper = Files.createDirectories(deep.resolve("upper"));
    Path deepWork = Files.createDirectories(deep.resolve("work"));
    Files.writeString(lower.resolve("a"), "1");
    List<String> before = OpenDescriptors.targets();
    try (Fd mount = OverlayMount.detached(List.of(lower, second), deepUpper, deepWork)) {
      assertThat(Files.readString(Path.of(mount.procPath(), "a"))).isEqualTo("1");
      Files.writeString(Path.of(mount.procPath(), "b"), "2");
    }
    assertThat(deepUpper.resolve("b")).hasContent("2");
    assertThat(OpenDescriptors.openedSince(before)).isEmpty();
  }

  @Test
  void directoriesOfAClosedDraftCanBeMountedAgainWithItsChanges() throws IOException {
    List<Path> lowers = List.of(layer("base", "a", "1"));
    for (int i = 0; i < 3; i++) {
      try (DraftOverlay draft = DraftOverlay.mount(lowers, upper, work)) {
        Path root = Path.of(draft.root().procPath());
        assertThat(root.resolve("a")).hasContent("1");
        Files.writeString(root.resolve("made-" + i), "");
      }
    }
    try (Fd mount = OverlayMount.detached(lowers, upper, work)) {
      assertThat(Path.of(mount.procPath(), "made-2")).isEmptyFile();
    }
  }

  /** The mark that the kernel leaves is what makes closing a draft more than closing its mount. */
  @Test
  void directoriesOfADraftWhoseProcessWasKilledAreRefused() throws IOException {
    List<Path> lowers = List.of(layer("base", "a", "1"));
    DraftOverlay.mount(lowers, upper, work).root().close();
    assertThatThrownBy(() -> OverlayMount.detached(lowers, upper, work))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("EINVAL");
  }

  @Test
  void sameUpperDirectoryCanBeMountedAgainAtOnce() throws IOException {
    List<Path> lowers = List.of(layer("base", "a", "1"));
    for (int i = 0; i < 50; i++) {
      OverlayMount.detached(lowers, upper, work).close();
    }
    assertThat(upper).isEmptyDirectory();
  }

  @Test
  void errorNamesTheMissingLayer() throws IOException {
    Path missing = directory.resolve("missing");
    List<Path> lowers = List.of(layer("base", "a", "1"), missing);
    assertThatThrownBy(() -> OverlayMount.detached(lowers, upper, work))
        .hasMessageContaining("fsconfig(type=overlay, SET_STRING, lowerdir+=" + missing + ")")
        .hasMessageContaining("ENOENT");
    assertThatThrownBy(() -> OverlayMount.detached(List.of(missing), upper, work))
        .hasMessageContaining("ENOENT");
    assertThatThrownBy(
            () -> Way.OPTION_STRING.mount(lowers, Optional.of(upper), Optional.of(work)).close())
        .hasMessageStartingWith("mount(src=overlay, dst=" + upper)
        .hasMessageContaining("ENOENT");
  }

  @Test
  void errorContainsTheKernelsReason() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThatThrownBy(() -> OverlayMount.detached(List.of(layer("base", "a", "1")), file, work))
        .hasMessageContaining("upperdir=" + file)
        .hasMessageMatching("(?s).*E[A-Z]+ .*: .*overlay.*");
  }

  private Path layer(String name, String... namesAndContents) throws IOException {
    Path layer = Files.createDirectory(directory.resolve(name));
    for (int i = 0; i < namesAndContents.length; i += 2) {
      Files.writeString(layer.resolve(namesAndContents[i]), namesAndContents[i + 1]);
    }
    return layer;
  }
}
