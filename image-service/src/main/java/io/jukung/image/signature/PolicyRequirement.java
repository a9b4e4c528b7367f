package io.jukung.image.signature;

import java.util.List;

/** What an image must fulfil (a policy requirement of containers-policy.json(5)). */
sealed interface PolicyRequirement {
  /** Fulfilled by every image (insecureAcceptAnything). */
  record AcceptAnything() implements PolicyRequirement {}

  /** Fulfilled by no image. */
  record Reject() implements PolicyRequirement {}

  /**
   * Fulfilled by an image that has a signature by one of the keys for the right name.
   *
   * @param keys at least one
   */
  record SigstoreSigned(List<VerificationKey> keys, SignedIdentity identity)
      implements PolicyRequirement {}
}
