package io.jukung.image.content;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.fs.Sync;
import io.jukung.linux.libc.Memory;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * Writes one blob in parts to a file among the unfinished work, and hashes the bytes as they pass,
 * so that no byte is read again. The file never grows beyond the blob's stated size. Closing
 * without {@link #commit} keeps the file as the blob's beginning, unless its bytes turned out to be
 * wrong. Not thread-safe.
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
  private final boolean continues;
  private long written;
  private boolean worthKeeping = true;
  private boolean committed;

  /**
   * @param continues whether the file exists and has the blob's beginning
   */
  BlobWriter(ContentStore store, Path file, Digest digest, long size, boolean continues)
      throws IOException {
    this.store = store;
    this.file = file;
    this.digest = digest;
    this.size = size;
    this.continues = continues;
    this.computation = digest.algorithm().start();
    byte[] name = file.getFileName().toString().getBytes(UTF_8);
    try (Fd directory = HostFile.openDirectory(file.resolveSibling("."))) {
      this.out =
          continues
              ? Openat2.open(directory, name, OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, 0)
              : DirectoryEntry.createFile(directory, name, 0600);
    }
    this.buffer = Memory.allocate(BUFFER_BYTES);
  }

  /**
   * Hashes what an earlier transfer has left of the blob, so that writing continues behind it. To
   * be called once, before anything is written; a no-op for a new file.
   */
  void resume() throws IOException {
    byte[] bytes = new byte[continues ? BUFFER_BYTES : 0];
    while (continues) {
      int count = out.read(bytes, 0, bytes.length);
      if (count == 0) {
        return;
      }
      computation.update(bytes, 0, count);
      written += count;
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("blob " + digest);
      }
    }
  }

  /** Whether the blob began with bytes of an earlier transfer, which may be damaged. */
  boolean continues() {
    return continues;
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
      throw mismatch("blob %s is longer than its descriptor's %d bytes".formatted(digest, size));
    }
    computation.update(source, start, length);
    try {
      for (int done = 0; done < length; ) {
        int count = Math.min(length - done, BUFFER_BYTES);
        buffer.put(0, source, start + done, count);
        out.write(buffer, 0, count);
        done += count;
      }
    } catch (IOException e) {
      worthKeeping = false; // on a full disk, for example, other things need the space
      throw e;
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
      throw mismatch("blob %s ends after %d of %d bytes".formatted(digest, written, size));
    }
    Digest actual = Digest.of(digest.algorithm(), computation);
    if (!actual.equals(digest)) {
      throw mismatch("blob %s has the digest %s instead".formatted(digest, actual));
    }
    Sync.file(out);
    store.adopt(file, digest, size);
    committed = true;
  }

  private ContentMismatchException mismatch(String message) {
    worthKeeping = false;
    return new ContentMismatchException(message);
  }

  @Override
  public void close() throws IOException {
    out.close();
    buffer.close();
    if (committed) {
      return;
    }
    if (worthKeeping) {
      store.partial().keep(file, digest);
    } else {
      Files.deleteIfExists(file);
    }
  }
}
