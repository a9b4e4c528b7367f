package io.jukung.image.service;

import io.jukung.client.v1.CheckFinding;
import io.jukung.client.v1.CheckRequest;
import io.jukung.image.StoreCheck;
import java.io.IOException;
import java.util.function.Consumer;

/** Looks at every byte of the image store, and mends it where that is asked for. */
public final class Check {
  private final StoreCheck check;

  public Check(StoreCheck check) {
    this.check = check;
  }

  public void call(CheckRequest request, Consumer<CheckFinding> sink)
      throws IOException, InterruptedException {
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
}
