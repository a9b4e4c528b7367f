package io.jukung.image.build;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Runs the commands of RUN instructions in containers. One runner serves the commands of one stage,
 * one after the other. Closing it removes what they have left.
 */
public interface CommandRunner extends AutoCloseable {
  /** What network a command has. */
  enum Network {
    /** That of {@code jukung run}: a pod's. */
    DEFAULT,
    /** That of the node. */
    HOST,
    /** None but the loopback. */
    NONE
  }

  /**
   * A command.
   *
   * @param imageId the image of the layers so far
   * @param arguments the program and its arguments
   * @param user as in the image's configuration; empty: root
   * @param directory the working directory
   */
  record Command(
      String imageId,
      List<String> arguments,
      Map<String, String> environment,
      String user,
      String directory,
      Network network,
      List<Mount> mounts) {}

  /** Something that a command sees at a path, and that is not in the image afterwards. */
  sealed interface Mount {
    /** The absolute path. */
    String target();

    /** A file or directory of the daemon, read-only. */
    record Bind(Path source, String target) implements Mount {}

    /**
     * A directory of another image, read-only.
     *
     * @param path relative to the image's root; empty for all of it
     */
    record OfImage(String imageId, String path, String target) implements Mount {}

    /**
     * A directory that later builds find again.
     *
     * @param locked whether the commands that use it run one after the other
     */
    record Cache(
        String id, String target, boolean locked, boolean readOnly, int mode, int uid, int gid)
        implements Mount {}

    /** An empty directory that is removed afterwards. */
    record Temporary(String target) implements Mount {}

    /** A file with a secret, which the build must have. */
    record Secret(String id, String target, int mode, int uid, int gid) implements Mount {}

    /**
     * A socket on which an SSH agent of the build's client answers, which the build must have.
     *
     * @param id of the agent
     */
    record Agent(String id, String target, int mode, int uid, int gid) implements Mount {}

    /**
     * A script.
     *
     * @param content its text, which begins with the name of its interpreter
     */
    record Script(String content, String target) implements Mount {}
  }

  /** Receives what a command writes. */
  @FunctionalInterface
  interface Output {
    void write(boolean error, byte[] data, int length) throws InterruptedException;
  }

  /** A command that has ended. Closing it removes its files. */
  interface Ended extends AutoCloseable {
    /** The exit code; 128 and the number of the signal that has ended it. */
    int exitCode();

    /** Whether the command needed more memory than it may have. */
    boolean outOfMemory();

    /** What it has written: the upper directory of an overlay. */
    Path upper();

    @Override
    void close() throws IOException, InterruptedException;
  }

  /** Runs a command to its end. An interrupt of the calling thread ends the command. */
  Ended run(Command command, Output output) throws IOException, InterruptedException;

  /** Whether the build was given a secret with this id. */
  boolean hasSecret(String id);

  /** Whether the build was given an SSH agent with this id. */
  boolean hasAgent(String id);

  @Override
  void close() throws IOException, InterruptedException;

  /** Makes runners. */
  @FunctionalInterface
  interface Factory {
    /** Makes a runner, which takes nothing before its first command. */
    CommandRunner open();
  }
}
