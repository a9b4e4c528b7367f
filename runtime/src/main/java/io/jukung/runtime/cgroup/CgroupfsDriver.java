package io.jukung.runtime.cgroup;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Cgroups are plain directories that no other program manages.
 *
 * @param root the path of the parent of pods whose requests name no parent
 */
public record CgroupfsDriver(CgroupMount mount, String root) implements PodCgroupDriver {
  @Override
  public CgroupDriver kind() {
    return CgroupDriver.CGROUPFS;
  }

  @Override
  public String parent(String requested) {
    if (requested.endsWith(".slice")) {
      throw new IllegalArgumentException(
          "\""
              + requested
              + "\" is a slice of the systemd cgroup driver, but cgroup.driver is cgroupfs");
    }
    // Some releases of kubelet send a path without a leading slash.
    Path path = Path.of("/").resolve(requested);
    if (!path.equals(path.normalize()) || path.getNameCount() == 0) {
      throw new IllegalArgumentException("\"" + requested + "\" is not the path of a cgroup");
    }
    return path.toString();
  }

  @Override
  public String podPath(String parent, String sandboxId) {
    return parent.isEmpty() ? root + "/" + sandboxId : parent;
  }

  @Override
  public String parentOf(String sandboxId, String podPath) {
    return podPath.equals(podPath("", sandboxId)) ? "" : podPath;
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
  public boolean hasMade(Cgroup pod) throws IOException {
    return pod.isMarked();
  }

  @Override
  public void prepare(String path) {}

  @Override
  public void removeUnused(Cgroup pod) throws IOException {
    pod.removeUnused();
  }

  @Override
  public void close() {}
}
