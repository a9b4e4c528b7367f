package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.image.manifest.ImageSource;
import java.io.IOException;
import java.util.List;

/** An archive of images, whose content can be read by digest. */
public interface ImageArchive extends ImageSource {
  List<ArchivedImage> images() throws IOException;

  /**
   * Recognises the kind of archive by its documents. Newer archives of Docker have those of both
   * kinds; the OCI documents have more information.
   */
  static ImageArchive of(ArchiveFiles files) throws IOException {
    if (files.size(OciLayout.INDEX).isPresent()) {
      return new OciLayout(files);
    }
    if (files.size(DockerArchive.MANIFEST).isPresent()) {
      return new DockerArchive(files);
    }
    throw CriException.failedPrecondition(
        "it is not an image archive: it has neither %s nor %s"
            .formatted(OciLayout.INDEX, DockerArchive.MANIFEST));
  }
}
