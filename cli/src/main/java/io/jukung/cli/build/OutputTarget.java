package io.jukung.cli.build;

import com.google.protobuf.ByteString;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.linux.archive.TarInput;
import io.jukung.linux.archive.TreeWriter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.HostFile;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the archive that a build is for: into a file, to standard output, or unpacked into a
 * directory. A file appears when it is complete. Closing it before {@link #finish} leaves no file;
 * what is unpacked already stays. For one thread.
 */
final class OutputTarget implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;

  private final OutputStream stream;
  private final @Nullable Path partial;
  private final @Nullable Path file;
  private final @Nullable CompletableFuture<Void> unpacked;
  private boolean closed;

  private OutputTarget(
      OutputStream stream,
      @Nullable Path partial,
      @Nullable Path file,
      @Nullable CompletableFuture<Void> unpacked) {
    this.stream = stream;
    this.partial = partial;
    this.file = file;
    this.unpacked = unpacked;
  }

  /** Opens the target of an option that has one. */
  static OutputTarget open(OutputOption option, CliEnvironment environment) throws IOException {
    if (option.directory()) {
      Path directory = Files.createDirectories(environment.absolute(Path.of(option.target())));
      return unpacking(directory);
    }
    if (option.target().equals(OutputOption.STANDARD_OUTPUT)) {
      if (environment.caller().display().terminal()) {
        throw CliException.usage(
            "an archive would be written to the terminal; name a file with --output dest=FILE");
      }
      return new OutputTarget(
          new BufferedOutputStream(environment.out(), BUFFER_BYTES), null, null, null);
    }
    Path file = environment.absolute(Path.of(option.target()));
    Path parent = file.getParent();
    if (parent == null || !Files.isDirectory(parent) || Files.isDirectory(file)) {
      throw CliException.failed(file + " cannot be written: it is a directory, or in none");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) { // a device or pipe stays what it is
      return new OutputTarget(
          new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES), null, file, null);
    }
    Path partial =
        Files.createTempFile(
            parent,
            ".jukung-build-",
            ".partial",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
    return new OutputTarget(
        new BufferedOutputStream(Files.newOutputStream(partial), BUFFER_BYTES),
        partial,
        file,
        null);
  }

  /** The files belong to the owner of the directory. Device files are an error. */
  private static OutputTarget unpacking(Path directory) throws IOException {
    Fd root = HostFile.openDirectory(directory);
    FileStatus own = FileStatus.of(root);
    var policy = new TreeWriter.Policy(false, own.uid(), own.gid(), /* devices= */ false);
    Pipe pipe = Pipe.open();
    OutputStream out =
        new BufferedOutputStream(Channels.newOutputStream(pipe.sink()), BUFFER_BYTES);
    CompletableFuture<Void> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("build-output")
        .start(
            () -> {
              try (root;
                  InputStream in =
                      new BufferedInputStream(
                          Channels.newInputStream(pipe.source()), BUFFER_BYTES)) {
                var _ = new TreeWriter(root, policy).unpack(new TarInput(in));
                var _ = in.transferTo(OutputStream.nullOutputStream());
                end.complete(null);
              } catch (IOException | RuntimeException | Error e) {
                end.completeExceptionally(e);
              }
            });
    return new OutputTarget(out, null, null, end);
  }

  void write(ByteString piece) throws IOException {
    try {
      piece.writeTo(stream);
    } catch (IOException e) {
      throw explained(e);
    }
  }

  /** A broken pipe says less than why nobody reads it any more. */
  private IOException explained(IOException e) {
    Throwable cause =
        unpacked != null && unpacked.isCompletedExceptionally() ? unpacked.exceptionNow() : e;
    return new IOException("write the result of the build: " + cause.getMessage(), cause);
  }

  /** Has what was written appear. */
  void finish() throws IOException, InterruptedException {
    closed = true;
    try {
      stream.flush();
      if (file != null) {
        stream.close();
      }
      if (partial != null && file != null) {
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
      }
      if (unpacked != null) {
        stream.close();
        var _ = unpacked.get();
      }
    } catch (IOException e) {
      throw explained(e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw explained(new IOException(e.getMessage(), e));
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    if (file != null) {
      stream.close();
    }
    if (partial != null) {
      Files.deleteIfExists(partial);
    }
    if (unpacked != null) {
      stream.close(); // the archive ends too early, which ends the thread
    }
  }
}
