package io.jukung.image.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Int64Value;
import io.jukung.image.store.StoredImage;

/** Reads image names from CRI's messages, and converts images to them. */
final class ImageFields {
  /** A larger number would be another uid after conversion to 32 bits (CVE-2024-40635). */
  private static final long MAX_UID = Integer.MAX_VALUE;

  private ImageFields() {}

  /**
   * The name that a request asks for, which may be empty. The annotations and the name that the
   * user wrote are ignored: neither changes which image is meant.
   */
  static String reference(ImageSpec spec, String field) {
    if (!spec.getRuntimeHandler().isEmpty()) {
      throw CriException.unimplementedField(field + ".runtime_handler");
    }
    if (!spec.getImageRef().isEmpty()) {
      throw CriException.unimplementedField(field + ".image_ref");
    }
    return spec.getImage();
  }

  /** The name that a request asks for; an empty one is an INVALID_ARGUMENT error. */
  static String requiredReference(ImageSpec spec, String field) {
    String reference = reference(spec, field);
    if (reference.isEmpty()) {
      throw CriException.invalidArgument("request has no " + field + ".image");
    }
    return reference;
  }

  /** Converts an image to CRI's message. */
  static Image toCri(StoredImage image) {
    Image.Builder result =
        Image.newBuilder()
            .setId(image.id())
            .addAllRepoTags(image.repoTags())
            .addAllRepoDigests(image.repoDigests())
            .setSize(image.sizeBytes())
            .setSpec(ImageSpec.newBuilder().setImage(image.id()))
            .setPinned(image.pinned());
    setUser(result, image.config().user());
    return result.build();
  }

  /**
   * Sets the user without the group: a number as uid, anything else as name. A number that is not a
   * valid uid stays text, so that kubelet's runAsNonRoot check does not take it for a safe uid.
   */
  private static void setUser(Image.Builder image, String user) {
    int colon = user.indexOf(':');
    String name = colon < 0 ? user : user.substring(0, colon);
    if (name.isEmpty()) {
      return;
    }
    try {
      long uid = Long.parseLong(name);
      if (uid >= 0 && uid <= MAX_UID && name.charAt(0) != '+') {
        image.setUid(Int64Value.newBuilder().setValue(uid));
        return;
      }
    } catch (NumberFormatException e) {
      // not a number, so it is a name
    }
    image.setUsername(name);
  }
}
