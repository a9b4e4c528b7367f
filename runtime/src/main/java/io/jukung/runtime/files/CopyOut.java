package io.jukung.runtime.files;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.ArchivePart;
import io.jukung.client.v1.CopyOutRequest;
import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.archive.TarOutput;
import io.jukung.linux.archive.TreeReader;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.Openat2;
import io.jukung.runtime.call.Outlet;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Reads files of containers as tar archives. */
public final class CopyOut {
  /** Large enough that a message costs little, and far below the largest message of gRPC. */
  static final int PART_BYTES = 64 << 10;

  private final ContainerStore containers;
  private final ContainerRoots roots;

  public CopyOut(ContainerStore containers, ContainerRoots roots) {
    this.containers = containers;
    this.roots = roots;
  }

  /** Sends the archive. The outlet takes no more than its reader has room for. */
  public void call(CopyOutRequest request, Outlet<ArchivePart> outlet)
      throws IOException, InterruptedException {
    Container container = containers.get(request.getContainerId());
    InnerPath path = InnerPath.of("CopyOut", request.getPath());
    var _ =
        roots.with(
            container,
            "CopyOut",
            root -> {
              try (TarOutput archive =
                  new TarOutput(new BufferedOutputStream(new Parts(outlet), PART_BYTES))) {
                write(
                    root, path, request, reader(request, archive).seenBy(roots.owners(container)));
              } catch (ErrnoException e) {
                throw explained(container, path, e);
              }
              return path;
            });
  }

  private static TreeReader reader(CopyOutRequest request, TarOutput archive) {
    return request.getWithoutMounts() ? TreeReader.withoutMounts(archive) : new TreeReader(archive);
  }

  private static void write(Fd root, InnerPath path, CopyOutRequest request, TreeReader tree)
      throws IOException {
    String member = request.getName().toString(ISO_8859_1);
    if (!request.getFollowLink() && !path.isDirectory() && !member.isEmpty()) {
      try (Fd parent = Openat2.openDirectory(root, path.parent())) {
        tree.add(parent, path.name(), member);
        return;
      }
    }
    try (Fd found = Openat2.openPath(root, path.whole())) {
      if (FileStatus.of(found).isDirectory()) {
        try (Fd directory = Openat2.openDirectory(found, ".")) {
          tree.addDirectory(directory, member);
        }
      } else {
        tree.addFile(found, member);
      }
    }
  }

  private static IOException explained(Container container, InnerPath path, ErrnoException e) {
    if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
      throw CriException.notFound("there is no " + path + " in container " + container.id());
    }
    return e;
  }

  /** Makes a message of each piece that is written. */
  private static final class Parts extends OutputStream {
    private final Outlet<ArchivePart> outlet;

    Parts(Outlet<ArchivePart> outlet) {
      this.outlet = outlet;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      for (int done = 0; done < length; done += PART_BYTES) {
        send(source, offset + done, Math.min(PART_BYTES, length - done));
      }
    }

    private void send(byte[] source, int offset, int length) throws IOException {
      ArchivePart part =
          ArchivePart.newBuilder().setData(ByteString.copyFrom(source, offset, length)).build();
      try {
        outlet.send(part);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the copy was cancelled", e);
      }
    }
  }
}
