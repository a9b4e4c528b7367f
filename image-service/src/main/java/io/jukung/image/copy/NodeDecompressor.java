package io.jukung.image.copy;

import io.jukung.cri.CriException;
import java.io.File;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Decompresses a file by a program of the node, for forms that no library of jukung knows: xz and
 * bzip2, as docker runs xz. The program gets the open file and a pipe, and no name. Closing the
 * stream ends the program. For one thread.
 */
final class NodeDecompressor extends FilterInputStream {
  /** How long the program may take to end when it has closed its output. */
  private static final long END_SECONDS = 10;

  private final Process process;
  private final String program;
  private boolean checked;

  /** A form of compression. */
  enum Form {
    /** {@code xz -9} needs 65 MiB; an archive may ask for 4 GiB. */
    XZ("fd377a585a00", "xz --decompress --stdout --quiet --memlimit-decompress=512MiB"),
    BZIP2("425a68", "bzip2 --decompress --stdout --quiet");

    /** How many bytes of a file {@link #of} needs. */
    static final int MAGIC_BYTES = 6;

    private final String magic;
    private final String command;

    /**
     * @param magic how files begin, in hexadecimal digits
     */
    Form(String magic, String command) {
      this.magic = magic;
      this.command = command;
    }

    /** The form of a file that begins with these bytes; empty for any other. */
    static Optional<Form> of(byte[] head) {
      String begin = HexFormat.of().formatHex(head);
      return Arrays.stream(values()).filter(form -> begin.startsWith(form.magic)).findFirst();
    }

    private List<String> command() {
      return List.of(command.split(" ", -1));
    }
  }

  private NodeDecompressor(Process process, String program) {
    super(process.getInputStream());
    this.process = process;
    this.program = program;
  }

  /**
   * Starts the program.
   *
   * @param file a path by which this process opens the compressed file
   * @throws CriException FAILED_PRECONDITION if the node has not the program
   */
  static NodeDecompressor open(Form form, String file) {
    ProcessBuilder builder =
        new ProcessBuilder(form.command())
            .redirectInput(new File(file))
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().keySet().retainAll(List.of("PATH"));
    String program = form.command().getFirst();
    try {
      return new NodeDecompressor(builder.start(), program);
    } catch (IOException e) {
      throw CriException.failedPrecondition(
          "an archive is compressed with %s, and the node has no program %s"
              .formatted(program, program));
    }
  }

  @Override
  public int read() throws IOException {
    int read = super.read();
    if (read < 0) {
      checkEnd();
    }
    return read;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = super.read(target, offset, length);
    if (count < 0) {
      checkEnd();
    }
    return count;
  }

  /** A program that fails has not written everything. */
  private void checkEnd() throws IOException {
    if (checked) {
      return;
    }
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(program + " cannot decompress it");
      }
      checked = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException(program).initCause(e);
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    super.close();
  }
}
