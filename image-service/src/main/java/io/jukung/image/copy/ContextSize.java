package io.jukung.image.copy;

import io.jukung.cri.CriException;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.layer.SpaceReserve;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileType;
import java.io.IOException;

/** Counts the files of a context while it is written, and refuses what it must not have. */
final class ContextSize {
  private final LayerLimits limits;
  private final SpaceReserve reserve;
  private long bytes;
  private long entries;

  /**
   * @param target the directory to which the files are written; the caller's
   */
  ContextSize(Fd target, LayerLimits limits) throws IOException {
    this.limits = limits;
    this.reserve = new SpaceReserve(target, limits.reservedBytes(), "a build context");
  }

  /**
   * Counts a file that is about to be written.
   *
   * @param size in bytes; what is no regular file has none
   * @throws CriException INVALID_ARGUMENT for a device, and if the context is too large
   */
  void add(String path, FileType type, long size) throws IOException {
    if (type == FileType.CHARACTER_DEVICE || type == FileType.BLOCK_DEVICE) {
      throw CriException.invalidArgument(
          "the context has the device \"" + TarPath.display(path) + "\"");
    }
    long added = type == FileType.REGULAR ? size : 0;
    bytes += added;
    entries++;
    if (bytes > limits.maxBytes()) {
      throw CriException.invalidArgument(
          "the context has more than " + limits.maxBytes() + " bytes");
    }
    if (entries > limits.maxEntries()) {
      throw CriException.invalidArgument(
          "the context has more than " + limits.maxEntries() + " files");
    }
    reserve.require(added);
  }
}
