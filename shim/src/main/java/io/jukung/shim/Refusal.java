package io.jukung.shim;

import io.jukung.shim.v1.Failure;

/** Says why the shim does not carry out a request; it becomes the {@link Failure} of the reply. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final Failure.Kind kind;

  Refusal(Failure.Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  static Refusal notFound(String containerId) {
    return new Refusal(Failure.Kind.NOT_FOUND, "no container " + containerId + " in this shim");
  }

  static Refusal precondition(String message) {
    return new Refusal(Failure.Kind.FAILED_PRECONDITION, message);
  }

  Failure.Kind kind() {
    return kind;
  }
}
