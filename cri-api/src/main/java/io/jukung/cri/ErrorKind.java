package io.jukung.cri;

/**
 * The kinds of failures of a call. The names are those of {@code io.grpc.Status.Code}; only the
 * daemon's gRPC server maps one to the other.
 */
public enum ErrorKind {
  /** The request is wrong, whatever the state of the runtime is. */
  INVALID_ARGUMENT,
  /** The object that the request names does not exist. */
  NOT_FOUND,
  /** The object that the request would create exists already and is different. */
  ALREADY_EXISTS,
  /** The object is in a state that does not allow the call. */
  FAILED_PRECONDITION,
  /** A registry has refused the credentials, or there are none. */
  UNAUTHENTICATED,
  /** The kernel or a registry does not permit the operation. */
  PERMISSION_DENIED,
  /** A bound was reached: disk space, memory, descriptors, or a limit of jukung. */
  RESOURCE_EXHAUSTED,
  /** The deadline of the call has passed. */
  DEADLINE_EXCEEDED,
  /** The caller has cancelled the call. */
  CANCELLED,
  /** A request field or call that this release does not implement; the message names it. */
  UNIMPLEMENTED,
  /** A peer (registry, shim, plugin) cannot be reached now. A later attempt may succeed. */
  UNAVAILABLE,
  /**
   * A failure whose message begins with a reason of CRI, such as SignatureValidationFailed. kubelet
   * looks for such a reason only where the kind says nothing.
   */
  UNKNOWN,
  /** Any other failure: the host or the runtime is at fault. */
  INTERNAL
}
