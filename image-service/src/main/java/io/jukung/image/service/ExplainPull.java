package io.jukung.image.service;

import io.jukung.client.v1.PlannedHost;
import io.jukung.client.v1.PullPlan;
import io.jukung.client.v1.PullRequest;
import io.jukung.image.pull.ImagePuller;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.HostPlan;
import java.io.IOException;

/** Tells which hosts a pull would ask, in which order and why, without asking any of them. */
public final class ExplainPull {
  private final ImagePuller puller;

  public ExplainPull(ImagePuller puller) {
    this.puller = puller;
  }

  /** The answer names files, headers and hosts, and no secret. */
  public PullPlan call(PullRequest request) throws IOException, InterruptedException {
    ImageReference reference =
        ImageReference.parse(ImageFields.requiredReference(request.getImage(), "image"));
    PullPlan.Builder plan = PullPlan.newBuilder().setImage(reference.toString());
    for (HostPlan host : puller.explain(reference, PullImage.credentials(request.getAuth()))) {
      plan.addHosts(
          PlannedHost.newBuilder()
              .setUrl(host.url())
              .setAsked(host.asked())
              .setOrigin(host.origin())
              .addAllNotes(host.notes()));
    }
    return plan.build();
  }
}
