package io.jukung.runtime.cgroup;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.linux.cgroup.Cgroup;
import java.io.IOException;

/**
 * Decides how the cgroups of pods and shims are named, and creates and removes what lies above the
 * cgroups that jukung makes itself. Thread-safe.
 */
public interface PodCgroupDriver extends AutoCloseable {
  /** The driver's name in CRI, which kubelet must agree with. */
  CgroupDriver kind();

  /**
   * Checks the parent cgroup that a request names, and returns the form that is recorded.
   *
   * @throws IllegalArgumentException if the text does not name a cgroup of this driver
   */
  String parent(String requested);

  /**
   * The path of the cgroup that contains the pod's containers.
   *
   * @param parent a result of {@link #parent}; empty if the request names no parent
   */
  String podPath(String parent, String sandboxId);

  /** The parent with which {@link #podPath} returns this path for the sandbox. */
  String parentOf(String sandboxId, String podPath);

  /** The path of the cgroup of the shims. It is no parent or child of a pod's cgroup. */
  String shimsPath();

  /** The path of the cgroup that contains the pods whose requests name no parent. */
  String ownPath();

  /**
   * The id of the sandbox whose cgroup has this name directly below {@link #ownPath}; empty if the
   * cgroup is not a sandbox's.
   */
  String sandboxOf(String name);

  /**
   * Whether a daemon of jukung has made this cgroup, which lies directly below {@link #ownPath}.
   */
  boolean hasMade(Cgroup pod) throws IOException;

  /**
   * Creates whatever must exist before jukung creates a cgroup inside the pod's or the shims'.
   *
   * @param path the path of the cgroup to be created
   */
  void prepare(String path) throws IOException;

  /** Removes the pod's cgroup, and those of jukung's above it, as far as they are empty. */
  void removeUnused(Cgroup pod) throws IOException;

  /** Releases the driver's own resources, for example a bus connection. Cgroups stay. */
  @Override
  void close();
}
