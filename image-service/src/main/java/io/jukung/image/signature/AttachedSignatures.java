package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.image.content.BlobSource;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.JsonDocument;
import io.jukung.image.registry.RegistrySession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The signatures that cosign and skopeo attach to an image: a manifest with the tag {@code
 * sha256-<hex>.sig} in the image's repository (cosign's specs/SIGNATURE_SPEC.md). Each layer is a
 * signed text, and an annotation of the layer has the signature.
 */
final class AttachedSignatures {
  private static final String LAYER_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";
  private static final String ANNOTATION = "dev.cosignproject.cosign/signature";

  /** The text has the image's name and digest, and perhaps a few annotations. */
  private static final int MAX_PAYLOAD_BYTES = 64 * 1024;

  /** RSA with 8192 bits needs 1368 digits. */
  private static final int MAX_SIGNATURE_DIGITS = 4096;

  private static final int MAX_ANNOTATIONS = 100;

  private AttachedSignatures() {}

  /**
   * Fetches the signatures of a manifest or index; none if it has no such tag.
   *
   * @throws CriException FAILED_PRECONDITION for a manifest of signatures that is malformed, and as
   *     {@link RegistrySession} if the registry does not answer
   */
  static List<KeptSignature> of(Digest signed, RegistrySession registry)
      throws IOException, InterruptedException {
    String tag = signed.algorithm().label() + "-" + signed.hex() + ".sig";
    Optional<FetchedManifest> manifest = registry.tagged(tag);
    List<KeptSignature> signatures = new ArrayList<>();
    if (manifest.isPresent()) {
      JsonDocument json = JsonDocument.parse("signatures " + tag, manifest.get().content());
      for (JsonDocument layer : json.objects("layers", KeptSignature.MAX_KEPT)) {
        String signature = layer.stringMap("annotations", MAX_ANNOTATIONS).get(ANNOTATION);
        if (layer.requiredString("mediaType").equals(LAYER_TYPE) && signature != null) {
          signatures.add(signature(layer, signature, registry));
        }
      }
    }
    return signatures;
  }

  private static KeptSignature signature(
      JsonDocument layer, String signature, RegistrySession registry)
      throws IOException, InterruptedException {
    if (signature.length() > MAX_SIGNATURE_DIGITS) {
      throw layer.refused("its signature has more than " + MAX_SIGNATURE_DIGITS + " digits");
    }
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(signature);
    } catch (IllegalArgumentException e) {
      throw layer.refused("its signature is not base64");
    }
    long size = layer.requiredSize("size");
    if (size > MAX_PAYLOAD_BYTES) {
      throw layer.refused("its signed text has more than " + MAX_PAYLOAD_BYTES + " bytes");
    }
    Digest digest = layer.requiredDigest("digest");
    Payload payload = new Payload((int) size);
    registry.fetch(digest, size, payload);
    byte[] content = payload.bytes.toByteArray();
    if (!digest.matches(content)) {
      throw layer.refused("its signed text does not have its digest");
    }
    return KeptSignature.of(content, decoded);
  }

  /** Holds a small blob in memory. */
  private static final class Payload implements BlobSource.Sink {
    private final int size;
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Payload(int size) {
      this.size = size;
    }

    @Override
    public long position() {
      return bytes.size();
    }

    @Override
    public void write(byte[] source, int start, int length) throws IOException {
      if (length > size - bytes.size()) {
        throw new ContentMismatchException("a signed text is longer than its descriptor says");
      }
      bytes.write(source, start, length);
    }
  }
}
