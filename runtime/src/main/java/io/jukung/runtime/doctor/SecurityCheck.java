package io.jukung.runtime.doctor;

import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which mechanisms confine containers. */
final class SecurityCheck implements Check {
  private final HostView host;
  private final Path root;
  private final Path state;

  /**
   * A check of the security mechanisms.
   *
   * @param root where layers are; need not exist
   * @param state where namespaces are pinned; need not exist
   */
  SecurityCheck(HostView host, Path root, Path state) {
    this.host = host;
    this.root = root;
    this.state = state;
  }

  @Override
  public String name() {
    return "security";
  }

  @Override
  public List<Finding> run() throws IOException {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        host.missingSeccomp()
            .map(
                why ->
                    Finding.problem(
                        "seccomp",
                        why + ": containers with a seccomp profile are refused",
                        "Install libseccomp (Debian: libseccomp2)."))
            .orElse(Finding.ok("seccomp", "filters can be compiled")));
    findings.add(appArmor());
    findings.add(selinux());
    findings.add(userNamespaces());
    return findings;
  }

  private Finding appArmor() throws IOException {
    return new AppArmor(host.path("/sys"))
        .missing()
        .map(why -> Finding.ok("apparmor", why + "; only pods that ask for a profile need it"))
        .orElse(Finding.ok("apparmor", "available"));
  }

  private Finding selinux() {
    Optional<String> missing = new Selinux(host.path("/")).missing();
    if (missing.isPresent()) {
      return Finding.ok("selinux", missing.get() + "; only pods that ask for labels need it");
    }
    boolean hasPolicy = Files.isDirectory(host.path("/usr/share/containers/selinux"));
    return hasPolicy
        ? Finding.ok("selinux", "available, with the policy for containers")
        : Finding.warning(
            "selinux",
            "SELinux runs without the policy for containers",
            "Install container-selinux, so that containers get labels of their own.");
  }

  private Finding userNamespaces() throws IOException {
    if (Sysctl.read(host.path("/proc/sys/user/max_user_namespaces")).equals(Optional.of("0"))) {
      return Finding.warning(
          "user namespaces",
          "user.max_user_namespaces is 0: pods with hostUsers: false are refused",
          "Remove that sysctl, or set it to some thousands.");
    }
    if (!Files.isDirectory(root) || !Files.isDirectory(state)) {
      return Finding.ok("user namespaces", "not tried, because the daemon has never run");
    }
    return host.missingUserNamespaces(root, state)
        .map(
            why ->
                Finding.warning(
                    "user namespaces",
                    why + ": pods with hostUsers: false are refused",
                    "Put " + root + " on a file system that can be id-mapped (ext4, xfs, btrfs)."))
        .orElse(Finding.ok("user namespaces", "layers and volumes can be id-mapped"));
  }
}
