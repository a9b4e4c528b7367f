package io.jukung.linux.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeRemovalTest {
  @TempDir Path temporary;

  @Test
  void treeIsRemovedAndItsNeighboursStay() throws Exception {
    tree("tree");
    tree("tree-of-others");
    remove("tree");
    assertThat(temporary.resolve("tree")).doesNotExist();
    assertThat(temporary.resolve("tree-of-others/a/b/c")).hasContent("content");
  }

  @Test
  void nameThatNobodyHasIsNoError() throws Exception {
    remove("nothing");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void symlinkIsRemovedAndWhatItNamesStays() throws Exception {
    tree("secret");
    Files.createDirectory(temporary.resolve("tree"));
    Files.createSymbolicLink(temporary.resolve("tree/link"), temporary.resolve("secret"));
    remove("tree");
    assertThat(temporary.resolve("secret/a/b/c")).hasContent("content");
  }

  /** A power cut in a removal left such a directory, and the daemon did not start any more. */
  @Test
  void removalSucceedsBesideWhatAnInterruptedRemovalOfThatNameHasLeft() throws Exception {
    tree("tree");
    tree("tree.removing-1");
    Files.writeString(temporary.resolve("tree.removing-2"), "a file");
    remove("tree");
    assertThat(temporary.resolve("tree")).doesNotExist();
    assertThat(temporary.resolve("tree.removing-1/a/b/c")).hasContent("content");
    remove("tree.removing-1");
    remove("tree.removing-2");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void nameOfTheGreatestLengthIsRemoved() throws Exception {
    String name = "n".repeat(255);
    tree(name);
    remove(name);
    assertThat(temporary).isEmptyDirectory();
  }

  private void tree(String name) throws IOException {
    Path directory = Files.createDirectories(temporary.resolve(name).resolve("a/b"));
    Files.writeString(directory.resolve("c"), "content");
    Files.createDirectories(temporary.resolve(name).resolve("d/e/f"));
  }

  private void remove(String name) throws IOException {
    try (Fd directory = HostFile.openDirectory(temporary)) {
      TreeRemoval.remove(directory, name.getBytes(UTF_8));
    }
  }
}
