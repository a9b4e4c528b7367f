package io.jukung.cli.build;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.linux.fs.TreeRemoval;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory that a repository is cloned into. It is removed when it is closed, and when a
 * signal ends the command: git is ended first, which would go on writing.
 */
final class ClonedFiles implements Closeable {
  private final Path directory;
  private final CliEnvironment environment;
  private final Thread hook;

  private ClonedFiles(Path directory, GitClone git, CliEnvironment environment) {
    this.directory = directory;
    this.environment = environment;
    this.hook = new Thread(() -> giveUp(git), "remove the clone");
  }

  static ClonedFiles make(GitClone git, CliEnvironment environment) throws IOException {
    ClonedFiles files =
        new ClonedFiles(Files.createTempDirectory("jukung-context-"), git, environment);
    environment.caller().addEndHook(files.hook);
    return files;
  }

  private void giveUp(GitClone git) {
    git.end();
    try {
      TreeRemoval.remove(directory);
    } catch (IOException e) {
      environment.printError("the clone " + directory + " is left: " + e.getMessage());
    }
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() throws IOException {
    environment.caller().removeEndHook(hook);
    TreeRemoval.remove(directory);
  }
}
