package io.jukung.runtime.doctor;

import java.io.IOException;
import java.util.List;

/** What is left of pods that no record knows. */
final class OrphanCheck implements Check {
  private static final String NAME = "orphans";

  /** The number of orphans that are named. */
  private static final int SHOWN = 5;

  private final Orphans orphans;

  OrphanCheck(Orphans orphans) {
    this.orphans = orphans;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Finding> run() throws IOException {
    List<String> found = orphans.find();
    if (found.isEmpty()) {
      return List.of(Finding.ok(NAME, "no namespace, cgroup or lease is left without a pod"));
    }
    String named = String.join("; ", found.subList(0, Math.min(SHOWN, found.size())));
    return List.of(
        Finding.warning(
            NAME,
            found.size() + " are left of pods that are gone: " + named,
            "Run `jukung fsck`, or restart the daemon, which removes them at its start."));
  }
}
