package io.jukung.image.copy;

import com.google.common.io.ByteStreams;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.tar.Decompression;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.archive.TarInput;
import io.jukung.linux.archive.TreeWriter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Optional;

/** A tar archive that ADD unpacks. It is recognised by its content, as docker does it. */
public final class LocalArchive {
  private static final int BUFFER_BYTES = 128 * 1024;

  /** How far the first member is looked for: some extended headers may stand before it. */
  private static final int MAX_HEADER_BYTES = 4 << 20;

  private LocalArchive() {}

  /**
   * Whether the file is an archive.
   *
   * @throws CriException FAILED_PRECONDITION for a file that is compressed with bzip2 or xz, if the
   *     node has not that program
   */
  public static boolean isArchive(SourceTree tree, String path) throws IOException {
    try (Fd handle = Openat2.openPath(tree.root(), TarPath.bytes(path))) {
      if (FileStatus.of(handle).type() != FileType.REGULAR) {
        return false;
      }
      try (InputStream in = content(handle)) {
        return new TarInput(ByteStreams.limit(in, MAX_HEADER_BYTES)).next().isPresent();
      } catch (IOException e) {
        return false; // anything else is copied as it is
      }
    }
  }

  private static InputStream content(Fd handle) throws IOException {
    try (Fd file = Openat2.reopenForReading(handle)) {
      byte[] head;
      try (InputStream in = new FileInputStream(file.procPath())) {
        head = in.readNBytes(NodeDecompressor.Form.MAGIC_BYTES);
      }
      Optional<NodeDecompressor.Form> form = NodeDecompressor.Form.of(head);
      if (form.isPresent()) {
        return new BufferedInputStream(
            NodeDecompressor.open(form.get(), file.procPath()), BUFFER_BYTES);
      }
      FileInputStream raw = new FileInputStream(file.procPath());
      try {
        return Decompression.open(new BufferedInputStream(raw, BUFFER_BYTES));
      } catch (IOException e) {
        raw.close();
        throw e;
      }
    }
  }

  /**
   * Unpacks the archive below the destination. No name and no link leads out of that.
   *
   * @param maxBytes the most that the archive may have, uncompressed
   * @throws InterruptedIOException if the thread is interrupted
   */
  public static void unpack(
      SourceTree tree,
      String path,
      Fd root,
      CopyDestination destination,
      CopyRules rules,
      long maxBytes)
      throws IOException {
    TreeWriter.Policy policy =
        rules
            .owner()
            .map(owner -> new TreeWriter.Policy(false, owner.uid(), owner.gid(), false))
            .orElse(new TreeWriter.Policy(true, 0, 0, true));
    try (Fd handle = Openat2.openPath(tree.root(), TarPath.bytes(path));
        Fd directory = destination.openDirectory(root, rules.ownerOfParents());
        InputStream in = new BoundedInput(content(handle), maxBytes)) {
      var _ = new TreeWriter(directory, policy).overwritingDirectories().unpack(new TarInput(in));
    } catch (CriException | InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      throw new CriException(
          ErrorKind.FAILED_PRECONDITION,
          "unpack %s: %s".formatted(TarPath.display(path), e.getMessage()),
          e);
    }
  }
}
