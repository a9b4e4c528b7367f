package io.jukung.image.signature;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.manifest.JsonDocument;

/**
 * What a signature of cosign says (containers/image, atomic-signature.md, with the type that cosign
 * writes): this content may have this name.
 *
 * @param name the critical docker-reference
 * @param digest the critical docker-manifest-digest
 */
record SignedPayload(SignedName name, Digest digest) {
  private static final String TYPE = "cosign container image signature";

  /**
   * Reads a payload, whose signature need not be verified yet.
   *
   * @throws CriException FAILED_PRECONDITION or INVALID_ARGUMENT for any other text
   */
  static SignedPayload parse(byte[] content) {
    JsonDocument json = JsonDocument.parse("the signed text", content);
    JsonDocument critical =
        json.object("critical").orElseThrow(() -> json.refused("it has no critical part"));
    // A critical part that is not understood must not be passed over.
    for (String field : critical.fields()) {
      if (!field.equals("type") && !field.equals("identity") && !field.equals("image")) {
        throw critical.refused("its part " + field + " is not known");
      }
    }
    String type = critical.requiredString("type");
    if (!type.equals(TYPE)) {
      throw critical.refused("its type is not \"" + TYPE + "\"");
    }
    JsonDocument identity = part(critical, "identity");
    JsonDocument image = part(critical, "image");
    return new SignedPayload(
        SignedName.parse(identity.requiredString("docker-reference")),
        image.requiredDigest("docker-manifest-digest"));
  }

  private static JsonDocument part(JsonDocument critical, String name) {
    return critical.object(name).orElseThrow(() -> critical.refused("it has no " + name));
  }
}
