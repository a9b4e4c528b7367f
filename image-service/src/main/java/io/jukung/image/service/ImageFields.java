package io.jukung.image.service;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Int64Value;
import io.jukung.image.store.StoredImage;

/** Images in the words of CRI. */
final class ImageFields {
  /** Above this, an id is another one by the time it reaches a 32-bit uid (CVE-2024-40635). */
  private static final long MAX_UID = Integer.MAX_VALUE;

  private ImageFields() {}

  /**
   * The name that a request asks by. Annotations are the pod's, for runtimes that act on them, and
   * the name that the user wrote is for the record: neither changes which image is meant.
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

  /** As {@link #reference}, where a name is needed. */
  static String requiredReference(ImageSpec spec, String field) {
    String reference = reference(spec, field);
    if (reference.isEmpty()) {
      throw CriException.invalidArgument("request has no " + field + ".image");
    }
    return reference;
  }

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
   * The user without the group: a number is the uid, anything else a name. A number that no uid can
   * be stays text, so that who asks for proof that it is not root does not get it.
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
      // then it is a name
    }
    image.setUsername(name);
  }
}
