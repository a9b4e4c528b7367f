package io.jukung.runtime.store;

/** Whose namespace a container uses. The names of the constants are in records on disk. */
public enum NamespaceOwner {
  /** That of the pod, shared by its containers. */
  POD,
  /** One of its own. */
  CONTAINER,
  /** That of the host. */
  NODE,
  /** That of another container of the pod. */
  TARGET
}
