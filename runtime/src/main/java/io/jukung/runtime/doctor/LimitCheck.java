package io.jukung.runtime.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Scanner;

/** Limits of the node that pods and the daemon run into. */
final class LimitCheck implements Check {
  /** The daemon and 250 pods: a few descriptors for each. Containers can raise theirs to this. */
  private static final long OPEN_FILES = 65_536;

  /** 250 pods with some hundred threads each. */
  private static final long THREADS = 32_768;

  /** Each kubelet, journal and application that watches files takes one; the default is 128. */
  private static final long INOTIFY_INSTANCES = 512;

  private static final long INOTIFY_WATCHES = 65_536;

  private final HostView host;

  LimitCheck(HostView host) {
    this.host = host;
  }

  @Override
  public String name() {
    return "limits";
  }

  @Override
  public List<Finding> run() throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(openFiles());
    sysctl("kernel/pid_max", THREADS).ifPresent(findings::add);
    sysctl("kernel/threads-max", THREADS).ifPresent(findings::add);
    sysctl("fs/inotify/max_user_instances", INOTIFY_INSTANCES).ifPresent(findings::add);
    sysctl("fs/inotify/max_user_watches", INOTIFY_WATCHES).ifPresent(findings::add);
    if (findings.size() == 1) {
      findings.add(Finding.ok("limits", "processes and inotify watches are enough for 250 pods"));
    }
    findings.add(swap());
    return findings;
  }

  private Finding openFiles() throws IOException {
    String label = "Max open files";
    for (String line : Files.readAllLines(host.path("/proc/self/limits"))) {
      if (line.startsWith(label)) {
        Scanner words = new Scanner(line.substring(label.length()));
        words.next(); // the soft limit, which Java raises to the hard one
        String hard = words.next();
        boolean isEnough = hard.equals("unlimited") || Long.parseLong(hard) >= OPEN_FILES;
        return isEnough
            ? Finding.ok("open files", "the limit is " + hard)
            : Finding.warning(
                "open files",
                "the daemon and every container may open at most " + hard + " files",
                "Set LimitNOFILE=1048576 in the unit of jukung.");
      }
    }
    throw new IOException("/proc/self/limits has no line \"" + label + "\"");
  }

  private Optional<Finding> sysctl(String name, long enough) throws IOException {
    Optional<Long> value = Sysctl.read(host.path("/proc/sys/" + name)).map(Long::parseLong);
    if (value.isEmpty() || value.get() >= enough) {
      return Optional.empty();
    }
    String sysctl = name.replace('/', '.');
    return Optional.of(
        Finding.warning(
            "limits",
            sysctl + " is " + value.get() + ", which a node full of pods reaches",
            "Set " + sysctl + "=" + enough + " or more in /etc/sysctl.d."));
  }

  /** The first line of /proc/swaps is a heading. */
  private Finding swap() throws IOException {
    Path file = host.path("/proc/swaps");
    boolean isOn = Files.exists(file) && Files.readAllLines(file).size() > 1;
    return isOn
        ? Finding.warning(
            "swap",
            "swap is on",
            "Turn it off (swapoff -a, and /etc/fstab), or set failSwapOn: false in kubelet's"
                + " configuration.")
        : Finding.ok("swap", "off");
  }
}
