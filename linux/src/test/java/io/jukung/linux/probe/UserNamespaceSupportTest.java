package io.jukung.linux.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root. */
class UserNamespaceSupportTest {
  @TempDir private Path layers;
  @TempDir private Path state;

  /** A regression: a daemon that was killed during its attempt left its directories for ever. */
  @Test
  void attemptRemovesWhatKilledProcessesHaveLeft() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    String left = "user-namespace-probe-" + ended.pid() + "-1";
    Files.createDirectories(layers.resolve(left).resolve("lower"));
    Files.createFile(layers.resolve(left).resolve("lower/file"));
    Files.createDirectory(state.resolve(left));
    Files.createFile(state.resolve(left).resolve("user"));
    String living = "user-namespace-probe-" + ProcessHandle.current().pid() + "-1";
    Files.createDirectory(layers.resolve(living));

    assertThat(UserNamespaceSupport.missing(layers, state)).isEmpty();
    assertThat(layers).isDirectoryContaining(each -> each.endsWith(living));
    assertThat(layers.resolve(left)).doesNotExist();
    assertThat(state).isEmptyDirectory();
  }
}
