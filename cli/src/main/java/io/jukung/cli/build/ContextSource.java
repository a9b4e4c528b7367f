package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuildsGrpc.BuildsBlockingStub;
import io.jukung.client.v1.ContextDirectory;
import io.jukung.linux.archive.TarOutput;
import io.jukung.linux.archive.TreeReader;
import io.jukung.linux.fs.DirectoryPlace;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.BufferedInputStream;
import java.io.Closeable;
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
 * input or at a URL, a Dockerfile there, or a Git repository. Closing it removes what was cloned.
 */
final class ContextSource implements AutoCloseable {
  private static final int BUFFER_BYTES = 128 << 10;
  private static final int TAR_HEADER_BYTES = 512;
  private static final int MAX_DOCKERFILE_BYTES = 4 << 20;

  private final CliEnvironment environment;
  private final @Nullable Path directory;
  private final @Nullable InputStream archive;
  private final @Nullable Closeable resource;

  private ContextSource(
      CliEnvironment environment,
      @Nullable Path directory,
      @Nullable InputStream archive,
      @Nullable Closeable resource) {
    this.environment = environment;
    this.directory = directory;
    this.archive = archive;
    this.resource = resource;
  }

  /**
   * Looks at the context, and adds what the daemon must know of it to the options.
   *
   * @param context a directory, {@code -}, or a URL
   * @param file the Dockerfile; {@code -} for standard input, and empty for the usual one. It is
   *     relative to the root of a context that has a URL
   */
  static ContextSource of(
      String context, String file, CliEnvironment environment, BuildOptions.Builder options)
      throws IOException, InterruptedException {
    if (RemoteContext.isGit(context)) {
      return cloned(context, file, environment, options);
    }
    if (RemoteContext.isRemote(context)) {
      ContextUrl url = ContextUrl.of(context);
      InputStream in = RemoteContext.download(url);
      return ofStream(in, url.shown(), file, environment, options, in);
    }
    if (!context.equals("-")) {
      Path directory = environment.absolute(Path.of(context));
      if (!Files.isDirectory(directory)) {
        throw CliException.failed("the context " + context + " is not a directory");
      }
      var source = new ContextSource(environment, directory, null, null);
      source.describe(environment.absolute(Path.of("")), file, options);
      return source;
    }
    if (file.equals("-")) {
      throw CliException.usage("only one of the context and the Dockerfile can be standard input");
    }
    InputStream in = new BufferedInputStream(environment.in(), BUFFER_BYTES);
    return ofStream(in, "standard input", file, environment, options, null);
  }

  private static ContextSource cloned(
      String url, String file, CliEnvironment environment, BuildOptions.Builder options)
      throws IOException, InterruptedException {
    GitClone git = new GitClone(ContextUrl.of(url), environment);
    ClonedFiles files = ClonedFiles.make(git, environment);
    boolean described = false;
    try {
      Path directory = git.run(files.directory());
      ContextSource source = new ContextSource(environment, directory, null, files);
      Path dockerfile = directory.resolve(file.isEmpty() ? "Dockerfile" : file);
      boolean isGiven = file.equals("-");
      if (!isGiven
          && (!Files.exists(dockerfile) || !dockerfile.toRealPath().startsWith(directory))) {
        throw CliException.failed(
            "the repository has no file " + (file.isEmpty() ? "Dockerfile" : file));
      }
      source.describe(directory, file, options);
      described = true;
      return source;
    } finally {
      if (!described) {
        files.close();
      }
    }
  }

  private static ContextSource ofStream(
      InputStream in,
      String name,
      String file,
      CliEnvironment environment,
      BuildOptions.Builder options,
      @Nullable Closeable resource)
      throws IOException {
    in.mark(TAR_HEADER_BYTES);
    byte[] head = in.readNBytes(TAR_HEADER_BYTES);
    in.reset();
    if (isArchive(head)) {
      options.setDockerfilePath(file);
      return new ContextSource(environment, null, in, resource);
    }
    options.setDockerfile(text(in, name));
    return new ContextSource(environment, null, null, resource);
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

  /**
   * @param base what the Dockerfile's name is relative to
   */
  private void describe(Path base, String file, BuildOptions.Builder options) throws IOException {
    Path root = Objects.requireNonNull(directory);
    if (file.equals("-")) {
      options.setDockerfile(text(environment.in(), "standard input"));
      setIgnored(root.resolve(".dockerignore"), options);
      return;
    }
    Path dockerfile = file.isEmpty() ? root.resolve("Dockerfile") : base.resolve(file).normalize();
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

  /**
   * Names the directory in the options if the daemon sees the same one as this client: then it
   * reads the files itself, and nothing is to be sent.
   */
  void offer(BuildsBlockingStub daemon, BuildOptions.Builder options) throws IOException {
    if (directory == null) {
      return;
    }
    ContextDirectory here =
        ContextDirectory.newBuilder()
            .setPath(directory.toString())
            .setPlace(DirectoryPlace.of(directory))
            .build();
    if (daemon.findContext(here).getFound()) {
      options.setContextDirectory(here);
    }
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

  /** Removes what was cloned, and ends a download. */
  @Override
  public void close() throws IOException {
    if (resource != null) {
      resource.close();
    }
  }
}
