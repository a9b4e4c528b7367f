package io.jukung.runtime.recovery;

import io.jukung.client.v1.CheckFinding;
import io.jukung.runtime.pod.LinuxPodHost;
import io.jukung.runtime.recovery.BoundedWork.Work;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * The part of {@code jukung fsck} that is not about images: what belongs to no pod and no
 * container, such as a directory, a cgroup, a lease on an image, or an address. It is removed on
 * request.
 */
public final class OrphanRepair {
  private final Recovery recovery;
  private final LinuxPodHost host;

  public OrphanRepair(Recovery recovery, LinuxPodHost host) {
    this.recovery = recovery;
    this.host = host;
  }

  /**
   * Finds orphans while the daemon serves.
   *
   * @param sink receives each finding, after the attempt to repair it
   */
  public void run(boolean repair, Consumer<CheckFinding> sink)
      throws IOException, InterruptedException {
    for (Work orphan : recovery.orphanWork()) {
      sink.accept(mended(orphan, repair));
    }
    for (LinuxPodHost.Leftover leftover : host.networkLeftovers()) {
      sink.accept(mended(new Work(leftover.what(), leftover.release()::run), repair));
    }
  }

  private static CheckFinding mended(Work orphan, boolean repair) throws InterruptedException {
    String outcome = "not repaired";
    boolean repaired = false;
    if (repair) {
      try {
        orphan.step().run();
        repaired = true;
        outcome = "removed";
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) { // the others are tried as well
        outcome = "not repaired: " + e.getMessage();
      }
    }
    return CheckFinding.newBuilder()
        .setSubject(orphan.what())
        .setProblem("belongs to no pod")
        .setRepaired(repaired)
        .setOutcome(outcome)
        .build();
  }
}
