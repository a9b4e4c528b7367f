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
    return fetch("document", blob, registry);
  }

  /**
   * Fetches a blob whose size the caller has checked.
   *
   * @param what it is, for error texts
   * @throws ContentMismatchException if the source sends other content
   */
  public static byte[] fetch(String what, Descriptor blob, BlobSource source)
      throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) blob.size());
    source.fetch(
        blob.digest(),
        blob.size(),
        new BlobSource.Sink() {
          @Override
          public long position() {
            return bytes.size();
          }

          @Override
          public void write(byte[] part, int start, int length) throws IOException {
            if (length > blob.size() - bytes.size()) {
              throw new ContentMismatchException(
                  "%s %s is longer than its descriptor's %d bytes"
                      .formatted(what, blob.digest(), blob.size()));
            }
            bytes.write(part, start, length);
          }
        });
    byte[] content = bytes.toByteArray();
    if (!blob.digest().matches(content)) {
      throw new ContentMismatchException(
          "%s %s has the digest %s instead".formatted(what, blob.digest(), Digest.sha256(content)));
    }
    return content;
  }
}
