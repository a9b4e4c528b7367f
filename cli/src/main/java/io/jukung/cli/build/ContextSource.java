package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.client.v1.BuildOptions;
import io.jukung.linux.archive.TarOutput;
import io.jukung.linux.archive.TreeReader;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the context and the Dockerfile of a build come from: a directory, a tar archive on standard
 * input, or a Dockerfile there.
 */
final class ContextSource {
  private static final int BUFFER_BYTES = 128 << 10;
  private static final int TAR_HEADER_BYTES = 512;
  private static final int MAX_DOCKERFILE_BYTES = 4 << 20;

  private final CliEnvironment environment;
  private final @Nullable Path directory;
  private final @Nullable InputStream archive;

  private ContextSource(
      CliEnvironment environment, @Nullable Path directory, @Nullable InputStream archive) {
    this.environment = environment;
    this.directory = directory;
    this.archive = archive;
  }

  /**
   * Looks at the context, and adds what the daemon must know of it to the options.
   *
   * @param context a directory, or {@code -}
   * @param file the Dockerfile; {@code -} for standard input, and empty for the usual one
   */
  static ContextSource of(
      String context, String file, CliEnvironment environment, BuildOptions.Builder options)
      throws IOException {
    if (context.matches("(https?|git|ssh)://.*|git@.*")) {
      throw CliException.failed("a context at a URL is not implemented: " + context);
    }
    if (!context.equals("-")) {
      Path directory = environment.absolute(Path.of(context));
      if (!Files.isDirectory(directory)) {
        throw CliException.failed("the context " + context + " is not a directory");
      }
      var source = new ContextSource(environment, directory, null);
      source.describe(file, options);
      return source;
    }
    if (file.equals("-")) {
      throw CliException.usage("only one of the context and the Dockerfile can be standard input");
    }
    InputStream in = new BufferedInputStream(environment.in(), BUFFER_BYTES);
    in.mark(TAR_HEADER_BYTES);
    byte[] head = in.readNBytes(TAR_HEADER_BYTES);
    in.reset();
    if (isArchive(head)) {
      options.setDockerfilePath(file);
      return new ContextSource(environment, null, in);
    }
    options.setDockerfile(text(in, "standard input"));
    return new ContextSource(environment, null, null);
  }

  private static boolean isArchive(byte[] head) {
    boolean gzip = head.length > 2 && (head[0] & 0xFF) == 0x1F && (head[1] & 0xFF) == 0x8B;
    boolean zstd =
        head.length > 4
            && (head[0] & 0xFF) == 0x28
            && (head[1] & 0xFF) == 0xB5
            && head[2] == 0x2F
            && (head[3] & 0xFF) == 0xFD;
    boolean tar =
        head.length == TAR_HEADER_BYTES
            && new String(head, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar");
    return gzip || zstd || tar;
  }

  private void describe(String file, BuildOptions.Builder options) throws IOException {
    Path root = Objects.requireNonNull(directory);
    if (file.equals("-")) {
      options.setDockerfile(text(environment.in(), "standard input"));
      setIgnored(root.resolve(".dockerignore"), options);
      return;
    }
    Path dockerfile =
        file.isEmpty() ? root.resolve("Dockerfile") : environment.absolute(Path.of(file));
    if (!Files.isRegularFile(dockerfile)) {
      throw CliException.failed("there is no Dockerfile " + dockerfile);
    }
    try (InputStream in = Files.newInputStream(dockerfile)) {
      options.setDockerfile(text(in, dockerfile.toString()));
    }
    Path own = dockerfile.resolveSibling(dockerfile.getFileName() + ".dockerignore");
    setIgnored(Files.isRegularFile(own) ? own : root.resolve(".dockerignore"), options);
  }

  /** A text that leaves nothing out tells the daemon that there is no file to be looked for. */
  private static void setIgnored(Path file, BuildOptions.Builder options) throws IOException {
    String text = "# none";
    if (Files.isRegularFile(file)) {
      try (InputStream in = Files.newInputStream(file)) {
        text =
            in.readNBytes(MAX_DOCKERFILE_BYTES).length == 0 ? text : Files.readString(file, UTF_8);
      }
    }
    options.setIgnoreFile(text.isBlank() ? "# none" : text);
  }

  private static String text(InputStream in, String name) throws IOException {
    byte[] content = in.readNBytes(MAX_DOCKERFILE_BYTES + 1);
    if (content.length > MAX_DOCKERFILE_BYTES) {
      throw CliException.failed(
          name + " has more than " + MAX_DOCKERFILE_BYTES + " bytes, so it is no Dockerfile");
    }
    String text = new String(content, UTF_8);
    if (text.isBlank()) {
      throw CliException.failed("the Dockerfile " + name + " is empty");
    }
    return text;
  }

  /** Writes the context as an archive. */
  void send(OutputStream target) throws IOException {
    if (archive != null) {
      archive.transferTo(target);
    } else if (directory != null) {
      try (Fd root = HostFile.openDirectory(directory);
          TarOutput output = new TarOutput(target)) {
        // The daemon leaves out what is ignored, and a link to that would lead to nothing.
        TreeReader.withoutHardLinks(output).addDirectory(root, "");
      }
    }
  }
}
