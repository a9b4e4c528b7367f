package io.jukung.cli.image;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.PullImageRequest;
import java.util.Iterator;

/** Pulls an image, and shows progress where the daemon reports it. */
public final class ImagePull {
  private ImagePull() {}

  /** Returns the ID of the pulled image. */
  public static String pull(
      Connection connection, CliEnvironment environment, String image, AuthConfig credentials) {
    PullRequest request = request(image, credentials);
    var view = TransferView.of(environment);
    try {
      return withProgress(connection, request, view);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
        throw e;
      }
      // The socket is another runtime's, which has CRI's PullImage alone, without progress.
      return connection
          .imagesWithoutDeadline()
          .pullImage(
              PullImageRequest.newBuilder()
                  .setImage(request.getImage())
                  .setAuth(credentials)
                  .build())
          .getImageRef();
    } finally {
      view.end();
    }
  }

  static PullRequest request(String image, AuthConfig credentials) {
    return PullRequest.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(image))
        .setAuth(credentials)
        .build();
  }

  private static String withProgress(
      Connection connection, PullRequest request, TransferView view) {
    Iterator<PullProgress> answers = connection.jukung().pull(request);
    String id = "";
    while (answers.hasNext()) {
      PullProgress progress = answers.next();
      progress.getLayersList().forEach(layer -> view.show(Transfer.of(layer)));
      view.flush();
      id = progress.getImageRef().isEmpty() ? id : progress.getImageRef();
    }
    if (id.isEmpty()) {
      throw CliException.failed(
          "the daemon ended the pull of "
              + request.getImage().getImage()
              + " without naming the image's ID");
    }
    return id;
  }
}
