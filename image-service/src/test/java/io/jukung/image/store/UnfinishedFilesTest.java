package io.jukung.image.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash left in the store's directory of unfinished files. Needs root. */
class UnfinishedFilesTest {
  @TempDir Path temporary;

  @Test
  void unfinishedTreesAreRemovedAlsoWhereACrashInterruptedTheirRemoval() throws Exception {
    Path unfinished = unfinished();
    for (String name : new String[] {"erofs-probe", "erofs-probe.removing-1", "layer-1"}) {
      Files.createDirectories(unfinished.resolve(name).resolve("a/b"));
      Files.createDirectories(unfinished.resolve(name).resolve("c/d"));
    }
    open();
    assertThat(unfinished).isEmptyDirectory();
  }

  @Test
  void storeOpensAlthoughAnUnfinishedFileCannotBeRemoved() throws Exception {
    Path unfinished = unfinished();
    Path immutable = Files.createFile(unfinished.resolve("immutable"));
    Files.createFile(unfinished.resolve("other"));
    chattr("+i", immutable);
    try {
      open();
      assertThat(unfinished).isDirectoryContaining("glob:**/immutable");
      assertThat(unfinished.resolve("other")).doesNotExist();
    } finally {
      chattr("-i", immutable);
    }
    open();
    assertThat(unfinished).isEmptyDirectory();
  }

  private Path unfinished() throws IOException {
    return Files.createDirectories(temporary.resolve("images/temporary"));
  }

  private void open() throws IOException {
    ImageStore.open(ImageStoreSettings.of(temporary.resolve("images")));
  }

  private static void chattr(String change, Path file) throws Exception {
    Process chattr = new ProcessBuilder("chattr", change, file.toString()).inheritIO().start();
    assertThat(chattr.waitFor()).isZero();
  }
}
