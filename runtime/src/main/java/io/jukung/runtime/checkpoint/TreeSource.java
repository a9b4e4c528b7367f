package io.jukung.runtime.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * The files of an image that was made of an archive. They are read below one directory, and no
 * symbolic link is followed.
 */
final class TreeSource implements CheckpointSource {
  private static final List<String> FILES =
      List.of(ArchiveNames.CONFIG, ArchiveNames.SPEC, ArchiveNames.ROOT_DIFFERENCE);

  private final String image;
  private final Fd root;

  /**
   * @param root of the merged layers; closed by this object
   */
  TreeSource(String image, Fd root) {
    this.image = image;
    this.root = root;
  }

  @Override
  public void visit(Visitor visitor) throws IOException {
    for (String name : FILES) {
      byte[] bytes = name.getBytes(UTF_8);
      if (FileStatus.find(root, bytes).isPresent()) {
        file(root, bytes, name, visitor);
      }
    }
    byte[] images = ArchiveNames.IMAGES.getBytes(UTF_8);
    Optional<FileStatus> found = FileStatus.find(root, images);
    if (found.isEmpty() || !found.get().isDirectory()) {
      return; // the reader misses the images
    }
    try (Fd directory = DirectoryEntry.openDirectory(root, images)) {
      for (byte[] name : DirectoryListing.names(directory)) {
        file(directory, name, ArchiveNames.IMAGES + "/" + new String(name, UTF_8), visitor);
      }
    }
  }

  private void file(Fd directory, byte[] name, String path, Visitor visitor) throws IOException {
    try (Fd handle = DirectoryEntry.openPath(directory, name)) {
      FileStatus status = FileStatus.of(handle);
      if (status.type() != FileType.REGULAR) {
        throw CriException.failedPrecondition(
            "checkpoint image %s: %s is a %s, and not a plain file"
                .formatted(image, path, status.type()));
      }
      visitor.member(
          path,
          status.size(),
          out -> {
            try (InputStream in = new FileInputStream(handle.procPath())) {
              in.transferTo(out);
            }
          });
    }
  }

  @Override
  public String name() {
    return image;
  }

  @Override
  public void close() {
    root.close();
  }
}
