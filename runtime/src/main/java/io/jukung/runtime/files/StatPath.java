package io.jukung.runtime.files;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.StatPathRequest;
import io.jukung.client.v1.StatPathResponse;
import io.jukung.cri.CriException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.Openat2;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;

/** Looks at files of containers. */
public final class StatPath {
  private final ContainerStore containers;
  private final ContainerRoots roots;

  public StatPath(ContainerStore containers, ContainerRoots roots) {
    this.containers = containers;
    this.roots = roots;
  }

  public StatPathResponse call(StatPathRequest request) throws IOException, InterruptedException {
    Container container = containers.get(request.getContainerId());
    InnerPath path = InnerPath.of("StatPath", request.getPath());
    return roots.with(container, "StatPath", root -> stat(root, path, request.getFollowLink()));
  }

  private static StatPathResponse stat(Fd root, InnerPath path, boolean follow) throws IOException {
    try {
      if (follow || path.isDirectory()) {
        try (Fd found = Openat2.openPath(root, path.whole())) {
          return answer(FileStatus.of(found)).build();
        }
      }
      try (Fd parent = Openat2.openDirectory(root, path.parent())) {
        FileStatus status = FileStatus.of(parent, path.name());
        StatPathResponse.Builder answer = answer(status);
        if (status.type() == FileType.SYMLINK) {
          answer.setLinkTarget(
              ByteString.copyFrom(DirectoryEntry.readSymlink(parent, path.name())));
        }
        return answer.build();
      }
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return StatPathResponse.getDefaultInstance();
      }
      if (e.is(Errno.ELOOP)) {
        throw CriException.failedPrecondition(
            path + ": too many symbolic links, or a link of procfs, which is not followed");
      }
      throw e;
    }
  }

  private static StatPathResponse.Builder answer(FileStatus status) {
    return StatPathResponse.newBuilder()
        .setExists(true)
        .setMode(status.type().bits() | status.mode())
        .setSize(status.size());
  }
}
