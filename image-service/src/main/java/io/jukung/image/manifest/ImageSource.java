package io.jukung.image.manifest;

import io.jukung.image.content.BlobSource;
import io.jukung.image.content.Digest;
import java.io.IOException;

/** A place that images come from, such as a registry or an archive. */
public interface ImageSource extends BlobSource {
  /** Returns the manifest or index with this digest, which is verified. */
  FetchedManifest manifest(Digest digest) throws IOException, InterruptedException;
}
