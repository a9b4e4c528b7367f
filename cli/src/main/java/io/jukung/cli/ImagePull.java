package io.jukung.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PullImageRequest;
import java.util.Iterator;

/** Pulls an image and shows how it goes on, where the daemon tells. */
final class ImagePull {
  private ImagePull() {}

  /** Returns the image's ID. */
  static String pull(
      Connection connection, CliEnvironment environment, String image, AuthConfig credentials) {
    ImageSpec spec = ImageSpec.newBuilder().setImage(image).build();
    var view = PullView.of(environment);
    try {
      return withProgress(connection, spec, credentials, view);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
        throw e;
      }
      // Another runtime's socket: the CRI itself knows no progress.
      return connection
          .imagesWithoutDeadline()
          .pullImage(PullImageRequest.newBuilder().setImage(spec).setAuth(credentials).build())
          .getImageRef();
    } finally {
      view.end();
    }
  }

  private static String withProgress(
      Connection connection, ImageSpec image, AuthConfig credentials, PullView view) {
    var request = PullRequest.newBuilder().setImage(image).setAuth(credentials).build();
    Iterator<PullProgress> answers = connection.jukung().pull(request);
    String id = "";
    while (answers.hasNext()) {
      PullProgress progress = answers.next();
      progress.getLayersList().forEach(view::show);
      view.flush();
      id = progress.getImageRef().isEmpty() ? id : progress.getImageRef();
    }
    if (id.isEmpty()) {
      throw CliException.failed(
          "the daemon ended the pull of " + image.getImage() + " without a word");
    }
    return id;
  }
}
