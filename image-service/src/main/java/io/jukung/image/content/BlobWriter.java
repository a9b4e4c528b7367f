package io.jukung.image.content;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Writes one blob in parts to a temporary file, and hashes the bytes as they pass, so that no byte
 * is read again. The file never grows beyond the blob's stated size. Closing without {@link
 * #commit} removes the file. Not thread-safe.
 */
public final class BlobWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 128 * 1024;

  private final ContentStore store;
  private final Path file;
  private final Digest digest;
  private final long size;
  private final MessageDigest computation;
  private final Fd out;
  private final Memory buffer;
  private long written;
  private boolean committed;

  BlobWriter(ContentStore store, Path file, Digest digest, long size) throws IOException {
    this.store = store;
    this.file = file;
    this.digest = digest;
    this.size = size;
    this.computation = digest.algorithm().start();
    try (Fd directory = HostFile.openDirectory(file.resolveSibling("."))) {
      this.out =
          DirectoryEntry.createFile(directory, file.getFileName().toString().getBytes(UTF_8), 0600);
    }
    this.buffer = Memory.allocate(BUFFER_BYTES);
  }

  public Digest digest() {
    return digest;
  }

  /** The size that the blob must have. */
  public long size() {
    return size;
  }

  /** The number of bytes written so far. */
  public long written() {
    return written;
  }

  Path file() {
    return file;
  }

  /**
   * Appends bytes to the blob.
   *
   * @throws ContentMismatchException if the blob would exceed its size
   */
  public void write(byte[] source, int start, int length) throws IOException {
    if (length > size - written) {
      throw new ContentMismatchException(
          "blob %s is longer than its descriptor's %d bytes".formatted(digest, size));
    }
    computation.update(source, start, length);
    for (int done = 0; done < length; ) {
      int count = Math.min(length - done, BUFFER_BYTES);
      buffer.put(0, source, start + done, count);
      out.write(buffer, 0, count);
      done += count;
    }
    written += length;
  }

  /**
   * Verifies the blob's size and digest, syncs the file, and gives it its name in the store.
   *
   * @throws ContentMismatchException if the size or the digest differs
   */
  public void commit() throws IOException {
    if (written != size) {
      throw new ContentMismatchException(
          "blob %s ends after %d of %d bytes".formatted(digest, written, size));
    }
    Digest actual = Digest.of(digest.algorithm(), computation);
    if (!actual.equals(digest)) {
      throw new ContentMismatchException(
          "blob %s has the digest %s instead".formatted(digest, actual));
    }
    Sync.file(out);
    store.adopt(file, digest, size);
    committed = true;
  }

  @Override
  public void close() throws IOException {
    out.close();
    buffer.close();
    if (!committed) {
      Files.deleteIfExists(file);
    }
  }
}
