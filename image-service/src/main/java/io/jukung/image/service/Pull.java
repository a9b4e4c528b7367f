package io.jukung.image.service;

import io.jukung.client.v1.LayerProgress;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Pulls an image and reports the progress, for jukung's own client. */
public final class Pull {
  /** People cannot follow more messages, and bytes arrive in thousands of pieces a second. */
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final ImagePuller puller;

  public Pull(ImagePuller puller) {
    this.puller = puller;
  }

  /**
   * Pulls the image. An interrupt of the calling thread ends the pull; no thread and no file is
   * left then.
   *
   * @param sink receives the progress, from one thread at a time; the last message has the image's
   *     ID
   */
  public void call(PullRequest request, Consumer<PullProgress> sink) throws InterruptedException {
    String reference = ImageFields.requiredReference(request.getImage(), "image");
    var changes = new Changes();
    Thread reporter =
        Thread.ofVirtual().name("progress of " + reference).start(() -> report(changes, sink));
    String id;
    try {
      id =
          puller
              .pull(reference, PullImage.credentials(request.getAuth()), changes, "jukung pull")
              .id();
    } finally {
      reporter.interrupt();
      reporter.join();
    }
    sink.accept(changes.take().setImageRef(id).build());
  }

  private static void report(Changes changes, Consumer<PullProgress> sink) {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        PullProgress.Builder progress = changes.take();
        if (progress.getLayersCount() > 0) {
          sink.accept(progress.build());
        }
      }
    } catch (InterruptedException e) {
      return; // the pull has ended; call() sends the rest
    }
  }

  /** The progress of layers since the last message to the client. Thread-safe. */
  private static final class Changes implements PullListener {
    private final Map<Digest, LayerProgress> latest = new LinkedHashMap<>();

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

    private synchronized void put(
        Digest layer, LayerProgress.Phase phase, long arrivedBytes, long totalBytes) {
      latest.put(
          layer,
          LayerProgress.newBuilder()
              .setDigest(layer.toString())
              .setPhase(phase)
              .setArrivedBytes(arrivedBytes)
              .setTotalBytes(totalBytes)
              .build());
    }

    synchronized PullProgress.Builder take() {
      PullProgress.Builder progress = PullProgress.newBuilder().addAllLayers(latest.values());
      latest.clear();
      return progress;
    }
  }
}
