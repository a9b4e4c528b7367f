package io.jukung.image.service;

import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.PullImageResponse;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.registry.Credentials;

/**
 * Brings an image here and answers its id. The pod's sandbox configuration that comes along is
 * context only: nothing in it changes what is pulled.
 */
public final class PullImage {
  private final ImagePuller puller;

  public PullImage(ImagePuller puller) {
    this.puller = puller;
  }

  /** The caller's interrupt ends the pull, with no work going on and no files left. */
  public PullImageResponse call(PullImageRequest request) throws InterruptedException {
    String reference = ImageFields.requiredReference(request.getImage(), "image");
    Credentials credentials = credentials(request.getAuth());
    String id = puller.pull(reference, credentials, PullListener.SILENT).id();
    return PullImageResponse.newBuilder().setImageRef(id).build();
  }

  static Credentials credentials(AuthConfig auth) {
    return Credentials.of(
        auth.getUsername(),
        auth.getPassword(),
        auth.getAuth(),
        auth.getServerAddress(),
        auth.getIdentityToken(),
        auth.getRegistryToken());
  }
}
