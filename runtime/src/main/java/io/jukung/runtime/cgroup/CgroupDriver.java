package io.jukung.runtime.cgroup;

import io.jukung.linux.cgroup.Cgroup;
import java.io.IOException;

/** How pods' cgroups are named, and who makes them. Thread-safe. */
public interface CgroupDriver extends AutoCloseable {
  /** What kubelet is told. */
  io.jukung.cri.v1.CgroupDriver kind();

  /**
   * What is kept of the parent that a request names.
   *
   * @throws IllegalArgumentException where it is none
   */
  String parent(String requested);

  /**
   * The path of the cgroup that a pod's containers are in.
   *
   * @param parent as {@link #parent} gives it; empty: none is named
   */
  String podPath(String parent, String sandboxId);

  /** The path of the cgroup that shims are in, beside the pods. */
  String shimsPath();

  /** The cgroup in which the pods stand that name no parent. */
  String ownPath();

  /** The sandbox whose cgroup has this name below {@link #ownPath}; empty where it is none's. */
  String sandboxOf(String name);

  /** Makes what has to be there before a cgroup is made inside the pod's or the shims'. */
  void prepare(String path) throws IOException;

  /** Removes the pod's cgroup, and those above it that are ours, where nothing is in them. */
  void removeUnused(Cgroup pod) throws IOException;

  /** Gives up what it needs for that; what it has made stays. */
  @Override
  void close();
}
