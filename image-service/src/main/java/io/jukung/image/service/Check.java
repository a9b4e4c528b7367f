package io.jukung.image.service;

import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.StoreCheck;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Verifies every byte of the image store and looks for orphans elsewhere, and repairs what it finds
 * if the request says so.
 */
public final class Check {
  private final ImageStore images;
  private final ImagePuller puller;
  private final Further further;

  /** A check of what is not in the image store. */
  @FunctionalInterface
  public interface Further {
    void run(boolean repair, Consumer<CheckFinding> sink) throws IOException, InterruptedException;
  }

  public Check(ImageStore images, ImagePuller puller, Further further) {
    this.images = images;
    this.puller = puller;
    this.further = further;
  }

  /**
   * Runs the check.
   *
   * @param sink receives each finding, on the calling thread
   */
  public void call(CheckRequest request, Consumer<CheckFinding> sink)
      throws IOException, InterruptedException {
    Credentials credentials = credentials(request.getAuth());
    StoreCheck check =
        new StoreCheck(
            images, name -> puller.pull(name, credentials, PullListener.NONE, "jukung fsck"));
    further.run(request.getRepair(), sink); // first: a lease may keep what the store has to remove
    check.run(
        request.getRepair(),
        finding ->
            sink.accept(
                CheckFinding.newBuilder()
                    .setSubject(finding.subject())
                    .setProblem(finding.problem())
                    .addAllImageIds(finding.imageIds())
                    .setRepaired(finding.repaired())
                    .setOutcome(finding.outcome())
                    .build()));
  }

  /** A repair may pull from several registries, so credentials must name the one they are for. */
  private static Credentials credentials(AuthConfig auth) {
    if (!auth.equals(AuthConfig.getDefaultInstance()) && auth.getServerAddress().isEmpty()) {
      throw CriException.invalidArgument(
          "auth.server_address is empty: a check may pull from several registries");
    }
    return PullImage.credentials(auth);
  }
}
