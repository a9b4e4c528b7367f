package io.jukung.engine.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Image;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;

/** Removes images with all their names, and says so in docker's words. */
final class ImageRemoval {
  private ImageRemoval() {}

  /**
   * Removes an image.
   *
   * @param told gets an object for each name that is gone, and one for the image
   * @throws StatusRuntimeException if the daemon does not remove it
   */
  static void remove(Daemon daemon, Image image, ArrayNode told) {
    var _ =
        daemon
            .images()
            .removeImage(
                RemoveImageRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(image.getId()))
                    .build());
    image.getRepoTagsList().forEach(name -> addUntagged(told, name));
    told.addObject().put("Deleted", image.getId());
  }

  /** Says that an image has lost a name. */
  static void addUntagged(ArrayNode told, String name) {
    told.addObject().put("Untagged", ImageNames.familiar(name));
  }
}
