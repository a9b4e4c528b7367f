package io.jukung.runtime.cgroup;

import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Plain directories, which nobody else manages.
 *
 * @param root the parent of pods that name none
 */
public record CgroupfsDriver(CgroupMount mount, String root) implements CgroupDriver {
  @Override
  public io.jukung.cri.v1.CgroupDriver kind() {
    return io.jukung.cri.v1.CgroupDriver.CGROUPFS;
  }

  @Override
  public String parent(String requested) {
    if (requested.endsWith(".slice")) {
      throw new IllegalArgumentException(
          "\"" + requested + "\" is for the systemd cgroup driver, and cgroup.driver is cgroupfs");
    }
    // Also kubelet's, which has no leading slash in some releases.
    Path path = Path.of("/").resolve(requested);
    if (!path.equals(path.normalize()) || path.getNameCount() == 0) {
      throw new IllegalArgumentException("\"" + requested + "\" is not a cgroup's path");
    }
    return path.toString();
  }

  @Override
  public String podPath(String parent, String sandboxId) {
    return parent.isEmpty() ? root + "/" + sandboxId : parent;
  }

  @Override
  public String shimsPath() {
    return root + "/shims";
  }

  @Override
  public String ownPath() {
    return root;
  }

  @Override
  public String sandboxOf(String name) {
    return name;
  }

  @Override
  public void prepare(String path) {}

  @Override
  public void removeUnused(Cgroup pod) throws IOException {
    pod.removeUnused();
    if (pod.path().startsWith(root + "/")) {
      mount.at(root).removeUnused(); // where its child had not got its mark yet
    }
  }

  @Override
  public void close() {}
}
