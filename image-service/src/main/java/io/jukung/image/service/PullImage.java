package io.jukung.image.service;

import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.PullImageResponse;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;

/**
 * Pulls an image and answers its ID. The pod's sandbox configuration in the request is ignored: it
 * does not change what is pulled.
 */
public final class PullImage {
  private final ImagePuller puller;

  public PullImage(ImagePuller puller) {
    this.puller = puller;
  }

  /** An interrupt of the calling thread ends the pull; no thread and no file is left then. */
  public PullImageResponse call(PullImageRequest request) throws InterruptedException {
    String reference = ImageFields.requiredReference(request.getImage(), "image");
    Credentials credentials = credentials(request.getAuth());
    String id = puller.pull(reference, credentials, PullListener.NONE, requester(request)).id();
    return PullImageResponse.newBuilder().setImageRef(id).build();
  }

  private static String requester(PullImageRequest request) {
    PodSandboxMetadata pod = request.getSandboxConfig().getMetadata();
    return pod.getName().isEmpty()
        ? "PullImage"
        : "pod " + pod.getNamespace() + "/" + pod.getName();
  }

  /**
   * The credentials of a request.
   *
   * @throws io.jukung.cri.CriException INVALID_ARGUMENT if they are malformed
   */
  public static Credentials credentials(AuthConfig auth) {
    return Credentials.of(
        auth.getUsername(),
        auth.getPassword(),
        auth.getAuth(),
        auth.getServerAddress(),
        auth.getIdentityToken(),
        auth.getRegistryToken());
  }
}
