package io.jukung.image.service;

import io.jukung.client.v1.BlobProgress;
import io.jukung.client.v1.PushProgress;
import io.jukung.client.v1.PushRequest;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.push.PushListener;
import io.jukung.image.push.PushedImage;
import java.util.List;
import java.util.function.Consumer;

/** Pushes an image and reports the progress, for jukung's own client. */
public final class Push {
  private final ImagePusher pusher;

  public Push(ImagePusher pusher) {
    this.pusher = pusher;
  }

  /**
   * Pushes the image. An interrupt of the calling thread ends the push.
   *
   * @param sink receives the progress, from one thread at a time; the last message has the digest
   */
  public void call(PushRequest request, Consumer<PushProgress> sink) throws InterruptedException {
    if (request.getImage().isEmpty()) {
      throw CriException.invalidArgument("request has no image");
    }
    ImagePusher.Platforms platforms =
        request.getAllPlatforms() ? ImagePusher.Platforms.ALL : ImagePusher.Platforms.OWN;
    var reports =
        new ProgressReports<BlobProgress>(
            request.getImage(),
            blobs -> sink.accept(PushProgress.newBuilder().addAllBlobs(blobs).build()));
    PushProgress.Builder last = PushProgress.newBuilder();
    try {
      PushedImage pushed =
          pusher.push(
              request.getImage(),
              PullImage.credentials(request.getAuth()),
              platforms,
              new Listener(reports));
      last.setReference(pushed.reference())
          .setDigest(pushed.digest().toString())
          .setSize(pushed.sizeBytes());
    } finally {
      List<BlobProgress> rest = reports.end();
      if (!last.getDigest().isEmpty()) {
        sink.accept(last.addAllBlobs(rest).build());
      }
    }
  }

  /** Turns what happens to blobs into reports. */
  private record Listener(ProgressReports<BlobProgress> reports) implements PushListener {
    @Override
    public void blobNeeded(Digest blob, long sizeBytes) {
      put(blob, BlobProgress.Phase.WAITING, 0, sizeBytes);
    }

    @Override
    public void blobSent(Digest blob, long sentBytes, long sizeBytes) {
      put(blob, BlobProgress.Phase.UPLOADING, sentBytes, sizeBytes);
    }

    @Override
    public void blobReady(Digest blob, Outcome outcome) {
      BlobProgress.Phase phase =
          switch (outcome) {
            case UPLOADED -> BlobProgress.Phase.UPLOADED;
            case PRESENT -> BlobProgress.Phase.PRESENT;
            case MOUNTED -> BlobProgress.Phase.MOUNTED;
          };
      put(blob, phase, 0, 0);
    }

    private void put(Digest blob, BlobProgress.Phase phase, long sentBytes, long totalBytes) {
      reports.put(
          blob,
          BlobProgress.newBuilder()
              .setDigest(blob.toString())
              .setPhase(phase)
              .setSentBytes(sentBytes)
              .setTotalBytes(totalBytes)
              .build());
    }
  }
}
