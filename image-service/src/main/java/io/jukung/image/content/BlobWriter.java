package io.jukung.image.content;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * A blob arriving in parts: hashed as it is written, so that no byte is read twice. It never holds
 * more than its stated size. Closing without {@link #commit} removes it. Not thread-safe.
 */
public final class BlobWriter implements AutoCloseable {
  private final ContentStore store;
  private final Path file;
  private final Digest digest;
  private final long size;
  private final MessageDigest computation;
  private final FileOutputStream out;
  private long written;
  private boolean committed;

  BlobWriter(ContentStore store, Path file, Digest digest, long size) throws IOException {
    this.store = store;
    this.file = file;
    this.digest = digest;
    this.size = size;
    this.computation = digest.algorithm().start();
    this.out = new FileOutputStream(file.toFile());
  }

  public Digest digest() {
    return digest;
  }

  /** The size that the blob must have. */
  public long size() {
    return size;
  }

  public long written() {
    return written;
  }

  Path file() {
    return file;
  }

  public void write(byte[] source, int start, int length) throws IOException {
    if (length > size - written) {
      throw new ContentMismatchException(
          "blob %s is longer than its descriptor's %d bytes".formatted(digest, size));
    }
    computation.update(source, start, length);
    out.write(source, start, length);
    written += length;
  }

  /** Verifies the blob, brings it to the disk and gives it its name. */
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
    out.getFD().sync();
    out.close();
    store.adopt(file, digest, size);
    committed = true;
  }

  @Override
  public void close() throws IOException {
    out.close();
    if (!committed) {
      Files.deleteIfExists(file);
    }
  }
}
