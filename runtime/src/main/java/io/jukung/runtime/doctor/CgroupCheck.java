package io.jukung.runtime.doctor;

import io.jukung.runtime.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether limits of pods can be enforced. */
final class CgroupCheck implements Check {
  private static final String NAME = "cgroup";

  /** Those that the limits of every pod need. */
  private static final List<String> NEEDED = List.of("cpu", "memory", "pids");

  /** Those that only some limits need. */
  private static final List<String> OPTIONAL = List.of("cpuset", "io", "hugetlb");

  private final HostView host;
  private final Config.Cgroup settings;

  CgroupCheck(HostView host, Config.Cgroup settings) {
    this.host = host;
    this.settings = settings;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Finding> run() throws IOException {
    List<Finding> findings = new ArrayList<>();
    Optional<Path> mount = host.cgroupMount();
    if (mount.isEmpty()) {
      findings.add(
          Finding.problem(
              NAME,
              "the cgroup v2 hierarchy is not mounted",
              "Boot with the kernel parameter systemd.unified_cgroup_hierarchy=1."));
      return findings;
    }
    Path hierarchy = mount.get();
    Set<String> controllers = words(hierarchy.resolve("cgroup.controllers"));
    findings.add(controllers(hierarchy, controllers));
    findings.add(delegation(hierarchy, controllers));
    if (settings.driver() == Config.CgroupDriver.SYSTEMD
        && !Files.isDirectory(host.path("/run/systemd/system"))) {
      findings.add(
          Finding.problem(
              "cgroup driver",
              "cgroup.driver is \"systemd\", and systemd does not run",
              "Set cgroup.driver to \"cgroupfs\", in kubelet's configuration too."));
    }
    return findings;
  }

  private Finding controllers(Path hierarchy, Set<String> controllers) {
    List<String> missing = NEEDED.stream().filter(each -> !controllers.contains(each)).toList();
    if (!missing.isEmpty()) {
      String what = hierarchy + " does not have the controllers " + String.join(", ", missing);
      String advice =
          "Boot with cgroup_no_v1=all and systemd.unified_cgroup_hierarchy=1, so that no controller"
              + " stays in a version 1 hierarchy.";
      return settings.missingController() == Config.MissingController.ERROR
          ? Finding.problem(NAME, what + ": pods with such limits are refused", advice)
          : Finding.warning(NAME, what + ": such limits are ignored", advice);
    }
    List<String> rare = OPTIONAL.stream().filter(each -> !controllers.contains(each)).toList();
    return rare.isEmpty()
        ? Finding.ok(NAME, "version 2 with all controllers")
        : Finding.warning(
            NAME,
            hierarchy + " does not have the controllers " + String.join(", ", rare),
            "Nothing has to be done unless pods use limits of these kinds.");
  }

  /** Whether the parents of the pods' cgroup pass the controllers on. */
  private Finding delegation(Path hierarchy, Set<String> all) throws IOException {
    Path nearest = hierarchy;
    for (Path name : Path.of(settings.root().substring(1))) {
      if (!Files.isDirectory(nearest.resolve(name))) {
        break; // the daemon makes the rest
      }
      nearest = nearest.resolve(name);
    }
    Set<String> passed = words(nearest.resolve("cgroup.controllers"));
    List<String> lost =
        NEEDED.stream().filter(each -> all.contains(each) && !passed.contains(each)).toList();
    if (!lost.isEmpty()) {
      return Finding.problem(
          "cgroup root",
          nearest + " does not get the controllers " + String.join(", ", lost),
          "Write +"
              + String.join(" +", lost)
              + " into cgroup.subtree_control of its parent, or set Delegate=yes in the unit that"
              + " owns the parent.");
    }
    return Files.isWritable(nearest)
        ? Finding.ok("cgroup root", settings.root() + " gets the controllers that there are")
        : Finding.problem(
            "cgroup root",
            nearest + " cannot be written",
            "Mount the cgroup hierarchy so that it can be written, and run jukung as root.");
  }

  private static Set<String> words(Path file) throws IOException {
    return new LinkedHashSet<>(
        Arrays.asList(
            Files.exists(file) ? Files.readString(file).strip().split(" +") : new String[0]));
  }
}
