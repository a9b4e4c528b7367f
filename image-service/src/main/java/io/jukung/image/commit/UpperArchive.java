package io.jukung.image.commit;

import io.jukung.image.tar.TarEntryWriter;
import io.jukung.linux.archive.OwnerMap;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a container has written, as the archive of a layer without compression. */
public final class UpperArchive {
  private static final int BUFFER_BYTES = 128 * 1024;

  private UpperArchive() {}

  /**
   * Writes the archive (OCI image-spec, layer.md).
   *
   * @param upper the upper directory of the container's overlay
   * @param owners turns the ids of files in {@code upper} into the container's
   * @param archive is created; must not exist
   */
  public static void write(Path upper, OwnerMap owners, Path archive) throws IOException {
    Files.createFile(archive);
    try (Fd tree = HostFile.openDirectory(upper);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(archive), BUFFER_BYTES)) {
      UpperLayer.write(tree, owners, Optional.empty(), new TarEntryWriter(out));
    }
  }
}
