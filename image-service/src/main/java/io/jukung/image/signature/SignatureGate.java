package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistrySession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets images pass that the node's signature policy accepts. The policy and its keys are read again
 * for each image, so that a change of the files holds at once. Thread-safe.
 */
public final class SignatureGate {
  /** The reason that CRI knows; kubelet looks for it at the beginning of the message. */
  static final String REASON = "SignatureValidationFailed: ";

  /** Reasons that are listed in one message. */
  private static final int MAX_REASONS = 5;

  private volatile @Nullable Path file;

  /**
   * Creates a gate.
   *
   * @param file the policy; null: every image passes
   */
  public SignatureGate(@Nullable Path file) {
    this.file = file;
  }

  /** Takes over another policy for images that are asked for from now on; null: none. */
  public void use(@Nullable Path next) {
    file = next;
  }

  /** Whether there is a policy. */
  public boolean isGuarded() {
    return file != null;
  }

  /**
   * Reads the policy, to see whether it can be used.
   *
   * @throws CriException FAILED_PRECONDITION with the reason, if it cannot
   */
  public void check() throws IOException {
    Path policy = file;
    if (policy != null) {
      PolicyFile.read(policy);
    }
  }

  /**
   * Begins the check of an image that is to be pulled.
   *
   * @return empty if the policy demands nothing of the image
   * @throws CriException UNKNOWN if the policy refuses every image of this name
   */
  public Optional<Approval> begin(ImageReference image) throws IOException {
    Path policy = file;
    if (policy == null) {
      return Optional.empty();
    }
    Approval approval = new Approval(image.toString(), image, PolicyFile.read(policy).of(image));
    approval.refuseRejected();
    return approval.demandsNothing() ? Optional.empty() : Optional.of(approval);
  }

  /**
   * Checks an image that is here already by the signatures that are kept with it.
   *
   * @param names of the image, one of which must be accepted; empty for an image without name
   * @param documents its manifests and indexes
   * @throws CriException UNKNOWN if the policy does not accept the image
   */
  public void checkKept(
      String image,
      List<ImageReference> names,
      List<Digest> documents,
      List<KeptSignature> signatures)
      throws IOException {
    Path policy = file;
    if (policy == null) {
      return;
    }
    SignaturePolicy read = PolicyFile.read(policy);
    if (names.isEmpty()) {
      Approval approval = new Approval(image, null, read.defaults());
      approval.refuseRejected();
      var _ = approval.verify(documents, signatures);
      return;
    }
    @Nullable CriException refusal = null;
    for (ImageReference name : names) {
      Approval approval = new Approval(name.toString(), name, read.of(name));
      try {
        approval.refuseRejected();
        var _ = approval.verify(documents, signatures);
        return;
      } catch (CriException e) {
        refusal = refusal == null ? e : refusal;
      }
    }
    throw refusal == null ? new IllegalStateException("no name was checked") : refusal;
  }

  /** The check of one image. Not thread-safe. */
  public static final class Approval {
    private final String shown;
    private final @Nullable ImageReference image;
    private final SignaturePolicy.Scoped scoped;

    private Approval(String shown, @Nullable ImageReference image, SignaturePolicy.Scoped scoped) {
      this.shown = shown;
      this.image = image;
      this.scoped = scoped;
    }

    private boolean demandsNothing() {
      return scoped.requirements().stream()
          .allMatch(PolicyRequirement.AcceptAnything.class::isInstance);
    }

    private void refuseRejected() {
      if (scoped.requirements().stream().anyMatch(PolicyRequirement.Reject.class::isInstance)) {
        throw refused("the signature policy rejects it by " + scoped.scope());
      }
    }

    /**
     * Fetches the signatures of the image and verifies them.
     *
     * @param documents the manifest of the image, and the indexes that have led to it
     * @return the signatures, to be kept with the image: those that the policy accepts, and others
     *     as far as there is room for another policy's sake
     * @throws CriException UNKNOWN if the policy does not accept the image, another kind if the
     *     registry does not say which signatures there are
     */
    public List<KeptSignature> fetch(List<Digest> documents, RegistrySession registry)
        throws IOException, InterruptedException {
      List<KeptSignature> signatures = new ArrayList<>();
      for (Digest document : documents) {
        try {
          signatures.addAll(AttachedSignatures.of(document, registry));
        } catch (CriException e) {
          if (e.kind() == ErrorKind.FAILED_PRECONDITION) {
            throw refused(e.getMessage());
          }
          throw e;
        }
      }
      Set<KeptSignature> kept = new LinkedHashSet<>(verify(documents, signatures));
      kept.addAll(signatures);
      return kept.stream().limit(KeptSignature.MAX_KEPT).toList();
    }

    /** Returns the signatures that fulfil the requirements, one for each. */
    private List<KeptSignature> verify(List<Digest> documents, List<KeptSignature> signatures) {
      List<KeptSignature> accepted = new ArrayList<>();
      for (PolicyRequirement requirement : scoped.requirements()) {
        if (requirement instanceof PolicyRequirement.SigstoreSigned signed) {
          accepted.add(accepted(signed, documents, signatures));
        }
      }
      return accepted;
    }

    private KeptSignature accepted(
        PolicyRequirement.SigstoreSigned wanted,
        List<Digest> documents,
        List<KeptSignature> signatures) {
      if (signatures.isEmpty()) {
        throw refused(
            "%s demands a signature, and it has none in a tag sha256-….sig (bundles of sigstore are"
                    .formatted(scoped.scope())
                + " not read)");
      }
      List<String> reasons = new ArrayList<>();
      for (KeptSignature signature : signatures) {
        Optional<String> reason = reasonAgainst(signature, wanted, documents);
        if (reason.isEmpty()) {
          return signature;
        }
        reasons.add(reason.get());
      }
      List<String> different = reasons.stream().distinct().limit(MAX_REASONS).toList();
      throw refused(
          "%s accepts none of its %d signatures: %s"
              .formatted(scoped.scope(), signatures.size(), String.join("; ", different)));
    }

    private Optional<String> reasonAgainst(
        KeptSignature signature, PolicyRequirement.SigstoreSigned wanted, List<Digest> documents) {
      byte[] payload = signature.payloadBytes();
      byte[] bytes = signature.signatureBytes();
      if (wanted.keys().stream().noneMatch(key -> key.verifies(payload, bytes))) {
        return Optional.of("one is by another key");
      }
      SignedPayload said;
      try {
        said = SignedPayload.parse(payload);
      } catch (CriException e) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      if (!documents.contains(said.digest())) {
        return Optional.of("one is for the content " + said.digest());
      }
      if (image == null || !wanted.identity().matches(image, said.name())) {
        return Optional.of(
            "one is for the name %s, which %s does not accept"
                .formatted(said.name(), wanted.identity().type()));
      }
      return Optional.empty();
    }

    private CriException refused(@Nullable String reason) {
      return new CriException(ErrorKind.UNKNOWN, REASON + shown + ": " + reason);
    }
  }
}
