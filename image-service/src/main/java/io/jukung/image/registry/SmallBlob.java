package io.jukung.image.registry;

import io.jukung.image.content.BlobSource;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.Descriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Blobs that are documents: read into memory, and not kept. */
public final class SmallBlob {
  private static final int MAX_BYTES = 16 << 20;

  private SmallBlob() {}

  /**
   * Fetches a blob.
   *
   * @throws ContentMismatchException if the registry sends other content, or it is too large
   */
  public static byte[] fetch(Descriptor blob, RegistrySession registry)
      throws IOException, InterruptedException {
    if (blob.size() > MAX_BYTES) {
      throw new ContentMismatchException(
          "%s has %d bytes, more than a document has".formatted(blob.digest(), blob.size()));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    registry.fetch(
        blob.digest(),
        blob.size(),
        new BlobSource.Sink() {
          @Override
          public long position() {
            return bytes.size();
          }

          @Override
          public void write(byte[] source, int start, int length) throws IOException {
            if (length > blob.size() - bytes.size()) {
              throw new ContentMismatchException(blob.digest() + " is longer than it should be");
            }
            bytes.write(source, start, length);
          }
        });
    byte[] content = bytes.toByteArray();
    if (!blob.digest().matches(content)) {
      throw new ContentMismatchException(
          "the content has the digest %s and not %s"
              .formatted(Digest.sha256(content), blob.digest()));
    }
    return content;
  }
}
