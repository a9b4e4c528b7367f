package io.jukung.image.commit;

import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.store.Pin;
import io.jukung.image.tar.GzipStream;
import io.jukung.image.tar.TarEntryWriter;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileTime;
import io.jukung.linux.fs.HostFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Optional;

/** A layer's archive, compressed with gzip, in a file among the unfinished work of the store. */
public final class CompressedLayer implements AutoCloseable {
  private static final int BUFFER_BYTES = 128 * 1024;

  private final Path file;
  private final CommittedDocuments.NewLayer layer;

  private CompressedLayer(Path file, CommittedDocuments.NewLayer layer) {
    this.file = file;
    this.layer = layer;
  }

  /**
   * Writes the archive of an overlay's upper directory.
   *
   * @param owners turns the ids of files into the container's
   * @param newest later times of files become this one; empty: they stay
   * @param directory the store's directory for unfinished work
   */
  public static CompressedLayer write(
      Path upper, OwnerMap owners, Optional<FileTime> newest, Path directory) throws IOException {
    Path file = Files.createTempFile(directory, "commit-", ".tar.gz");
    try {
      MessageDigest compressed = Digest.Algorithm.SHA256.start();
      MessageDigest plain = Digest.Algorithm.SHA256.start();
      try (Fd tree = HostFile.openDirectory(upper);
          OutputStream out =
              new BufferedOutputStream(
                  new DigestOutputStream(
                      GzipStream.compress(
                          new DigestOutputStream(Files.newOutputStream(file), compressed),
                          BUFFER_BYTES),
                      plain),
                  BUFFER_BYTES)) {
        UpperLayer.write(tree, owners, newest, new TarEntryWriter(out));
      }
      return new CompressedLayer(
          file,
          new CommittedDocuments.NewLayer(
              Digest.of(Digest.Algorithm.SHA256, plain),
              Digest.of(Digest.Algorithm.SHA256, compressed),
              Files.size(file)));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  public Path file() {
    return file;
  }

  /** The digest of the archive. */
  public Digest diffId() {
    return layer.diffId();
  }

  /** The digest of the compressed archive. */
  public Digest digest() {
    return layer.digest();
  }

  /** The bytes of the compressed archive. */
  public long size() {
    return layer.size();
  }

  /**
   * Gives the file to the store that it was written in.
   *
   * @param pin keeps the blob
   */
  public void moveInto(ContentStore content, Pin pin) throws IOException {
    pin.addBlob(digest());
    content.take(file, digest(), size());
  }

  CommittedDocuments.NewLayer layer() {
    return layer;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
  }
}
