package io.jukung.runtime.files;

import io.jukung.client.v1.CopyInResponse;
import io.jukung.client.v1.CopyTarget;
import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.TarInput;
import io.jukung.linux.archive.TreeWriter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Unpacks tar archives in directories of containers. */
public final class CopyIn {
  private static final int BUFFER_BYTES = 64 << 10;

  private final OwnContainers own;
  private final ContainerRoots roots;

  public CopyIn(OwnContainers own, ContainerRoots roots) {
    this.own = own;
    this.roots = roots;
  }

  /**
   * Unpacks the archive. What was unpacked before a failure stays.
   *
   * @param archive is read on another thread, up to the end of the archive
   */
  public CopyInResponse call(CopyTarget target, InputStream archive)
      throws IOException, InterruptedException {
    Container container = own.toChange("CopyIn", target.getContainerId(), target.getAnyOwner());
    InnerPath path = InnerPath.of("CopyIn", target.getDirectory());
    TreeWriter.Policy policy = new TreeWriter.Policy(target.getKeepOwners(), 0, 0, true);
    return roots.with(
        container,
        "CopyIn",
        root -> {
          try (Fd directory = directory(root, path, container)) {
            InputStream buffered = new BufferedInputStream(archive, BUFFER_BYTES);
            long files =
                new TreeWriter(directory, policy)
                    .seenBy(roots.owners(container))
                    .unpack(new TarInput(buffered));
            // Bytes can follow the end of an archive, and the caller sends them.
            var _ = buffered.transferTo(OutputStream.nullOutputStream());
            return CopyInResponse.newBuilder().setFiles(files).build();
          }
        });
  }

  private static Fd directory(Fd root, InnerPath path, Container container) throws IOException {
    try {
      return Openat2.openDirectory(root, path.whole());
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        throw CriException.notFound(
            "there is no directory " + path + " in container " + container.id());
      }
      throw e;
    }
  }
}
