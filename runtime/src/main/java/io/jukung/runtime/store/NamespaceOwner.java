package io.jukung.runtime.store;

/** Whose namespace a container is in. */
public enum NamespaceOwner {
  /** The pod's. */
  POD,
  /** Its own. */
  CONTAINER,
  /** The host's. */
  NODE,
  /** Another container's of the pod. */
  TARGET
}
