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

/** Has the daemon pull an image, and shows progress where it reports any. */
public final class ImagePull {
  private ImagePull() {}

  /** Returns the ID of the pulled image of the node's platform. */
  public static String pull(
      Connection connection, CliEnvironment environment, String image, AuthConfig credentials) {
    return pull(connection, environment, request(image, credentials).build());
  }

  /** Returns the ID of the image, which is pulled where the policy of the request says so. */
  public static String pull(
      Connection connection, CliEnvironment environment, PullRequest request) {
    var view = TransferView.of(environment);
    try {
      return withProgress(connection, request, view);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
        throw e;
      }
      if (!request.getPlatform().isEmpty()) {
        throw CliException.usage("--platform: the runtime behind the socket does not support it");
      }
      // The socket is another runtime's, which has CRI's PullImage alone, without progress.
      return connection
          .imagesWithoutDeadline()
          .pullImage(
              PullImageRequest.newBuilder()
                  .setImage(request.getImage())
                  .setAuth(request.getAuth())
                  .build())
          .getImageRef();
    } finally {
      view.end();
    }
  }

  /** A request for the image of the node's platform, for which the registry is always asked. */
  public static PullRequest.Builder request(String image, AuthConfig credentials) {
    return PullRequest.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(image))
        .setAuth(credentials);
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
