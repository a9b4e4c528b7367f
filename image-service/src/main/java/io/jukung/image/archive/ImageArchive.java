package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.image.manifest.ImageSource;
import java.io.IOException;
import java.util.List;

/** The images in an archive, and their content by digest. */
public interface ImageArchive extends ImageSource {
  List<ArchivedImage> images() throws IOException;

  /** By the documents that are there. Docker's newer archives have both; the OCI ones say more. */
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
