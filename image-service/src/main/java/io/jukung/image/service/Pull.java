package io.jukung.image.service;

import io.jukung.client.v1.LayerProgress;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.NamedImages;
import java.util.List;
import java.util.function.Consumer;

/** Pulls an image and reports the progress, for jukung's own client. */
public final class Pull {
  private final NamedImages images;

  public Pull(NamedImages images) {
    this.images = images;
  }

  /**
   * Pulls the image, where the policy of the request says so. An interrupt of the calling thread
   * ends the pull; no thread and no file is left then.
   *
   * @param sink receives the progress, from one thread at a time; the last message has the image's
   *     ID
   */
  public void call(PullRequest request, Consumer<PullProgress> sink) throws InterruptedException {
    String reference = ImageFields.requiredReference(request.getImage(), "image");
    Platform platform =
        request.getPlatform().isEmpty()
            ? Platform.current()
            : Platform.parse(request.getPlatform());
    NamedImages.Policy policy = policy(request);
    Credentials credentials = PullImage.credentials(request.getAuth());
    var reports =
        new ProgressReports<LayerProgress>(
            reference,
            layers -> sink.accept(PullProgress.newBuilder().addAllLayers(layers).build()));
    String id = "";
    try {
      id =
          images
              .get(
                  reference,
                  platform,
                  policy,
                  registry -> credentials,
                  new Listener(reports),
                  "jukung pull")
              .id();
    } finally {
      List<LayerProgress> rest = reports.end();
      if (!id.isEmpty()) {
        sink.accept(PullProgress.newBuilder().addAllLayers(rest).setImageRef(id).build());
      }
    }
  }

  private static NamedImages.Policy policy(PullRequest request) {
    return switch (request.getPolicy()) {
      case ALWAYS -> NamedImages.Policy.ALWAYS;
      case IF_MISSING -> NamedImages.Policy.IF_MISSING;
      case NEVER -> NamedImages.Policy.NEVER;
      case UNRECOGNIZED ->
          throw CriException.invalidArgument("policy: unknown value " + request.getPolicyValue());
    };
  }

  /** Turns what happens to layers into reports. */
  private record Listener(ProgressReports<LayerProgress> reports) implements PullListener {
    @Override
    public void layerNeeded(Digest layer, long sizeBytes) {
      put(layer, LayerProgress.Phase.WAITING, 0, sizeBytes);
    }

    @Override
    public void layerArrived(Digest layer, long arrivedBytes, long sizeBytes) {
      put(
          layer,
          arrivedBytes < sizeBytes
              ? LayerProgress.Phase.DOWNLOADING
              : LayerProgress.Phase.UNPACKING,
          arrivedBytes,
          sizeBytes);
    }

    @Override
    public void layerReady(Digest layer) {
      put(layer, LayerProgress.Phase.DONE, 0, 0);
    }

    private void put(Digest layer, LayerProgress.Phase phase, long arrivedBytes, long totalBytes) {
      reports.put(
          layer,
          LayerProgress.newBuilder()
              .setDigest(layer.toString())
              .setPhase(phase)
              .setArrivedBytes(arrivedBytes)
              .setTotalBytes(totalBytes)
              .build());
    }
  }
}
