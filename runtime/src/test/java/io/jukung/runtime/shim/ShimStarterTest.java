package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShimStarterTest {
  /** A regression: the second of two pools removed the log of its own shim as a leftover. */
  @Test
  void startersOfTheSameMillisecondUseNoNameTwice() {
    Path directory = Path.of("/spares");
    ShimLauncher launcher = new ShimLauncher(List.of("shim"), directory, null);
    List<Path> sockets = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      sockets.add(new ShimStarter(launcher, directory).newSocket());
    }
    assertThat(sockets).doesNotHaveDuplicates();
  }
}
