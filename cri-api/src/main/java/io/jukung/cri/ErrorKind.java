package io.jukung.cri;

/**
 * Why a call failed, in the words of the gRPC status codes. The names are those of {@code
 * io.grpc.Status.Code}; the one place that maps them is the gRPC edge of the daemon.
 */
public enum ErrorKind {
  /** The request itself is wrong, whatever the state of the runtime. */
  INVALID_ARGUMENT,
  /** What the request names does not exist. */
  NOT_FOUND,
  /** What the request would create exists already, and differs. */
  ALREADY_EXISTS,
  /** The object is in a state that does not allow the call. */
  FAILED_PRECONDITION,
  /** The credentials are missing or refused by a registry. */
  UNAUTHENTICATED,
  /** The kernel or a registry forbids it. */
  PERMISSION_DENIED,
  /** A bound was reached: disk, memory, descriptors, or a limit of ours. */
  RESOURCE_EXHAUSTED,
  /** The caller's deadline passed. */
  DEADLINE_EXCEEDED,
  /** The caller gave up. */
  CANCELLED,
  /** A request field or call that this release does not implement; the message names it. */
  UNIMPLEMENTED,
  /** A peer (registry, shim, plugin) cannot be reached now; trying again may help. */
  UNAVAILABLE,
  /** Anything else: the host or the runtime is at fault. */
  INTERNAL
}
