package io.jukung.runtime.doctor;

import io.jukung.runtime.config.Config;
import io.jukung.runtime.network.Readiness;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Looks for what is wrong on the node. The daemon does so when its client asks, and {@code jukung
 * serve --check} does so without a daemon. Nothing on the node is changed. Thread-safe.
 */
public final class Doctor {
  private final List<Check> checks;

  Doctor(List<Check> checks) {
    this.checks = List.copyOf(checks);
  }

  /**
   * The checks that need no daemon.
   *
   * @param readiness whether pods can get a network
   */
  public static Doctor of(HostView host, Config config, Supplier<Readiness> readiness) {
    return new Doctor(
        List.of(
            new KernelCheck(host),
            new CgroupCheck(host, config.cgroup()),
            new NetworkCheck(host, config.cni(), readiness),
            new SecurityCheck(host, config.root(), config.state()),
            new StorageCheck(host, config.root(), config.state()),
            new LimitCheck(host)));
  }

  /** The same checks, and one for what is left of pods that are gone. */
  public Doctor with(Orphans orphans) {
    List<Check> more = new ArrayList<>(checks);
    more.add(new OrphanCheck(orphans));
    return new Doctor(more);
  }

  /** Makes all checks. One that fails is a finding too, and keeps none of the others. */
  public void run(Consumer<Finding> sink) {
    for (Check check : checks) {
      try {
        check.run().forEach(sink);
      } catch (IOException | RuntimeException e) {
        sink.accept(
            Finding.warning(
                check.name(),
                "this could not be checked: " + e,
                "Run `jukung doctor` as root; if that does not help, report this as a fault."));
      }
    }
  }
}
