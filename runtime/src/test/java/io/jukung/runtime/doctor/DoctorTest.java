package io.jukung.runtime.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.jukung.linux.fs.FilesystemStatus;
import io.jukung.linux.probe.KernelFeature;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.doctor.Finding.Level;
import io.jukung.runtime.network.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each test makes one thing wrong on a host on which all is well. */
class DoctorTest {
  @TempDir private Path directory;
  private FakeHost host;
  private Readiness network = new Readiness(true, "", "");
  private Config.Cgroup cgroup = Config.DEFAULTS.cgroup();
  private List<String> orphans = List.of();

  @BeforeEach
  void setUp() throws IOException {
    host = new FakeHost(directory);
  }

  /** The findings that are not well. */
  private List<Finding> wrong() {
    List<Finding> findings = new ArrayList<>();
    Config defaults = Config.DEFAULTS;
    Config config =
        new Config(
            host.root(),
            host.state(),
            defaults.socket(),
            defaults.log(),
            defaults.containerLog(),
            defaults.writableLayer(),
            defaults.server(),
            defaults.shim(),
            defaults.cni(),
            defaults.network(),
            defaults.cdi(),
            defaults.nri(),
            cgroup,
            defaults.image(),
            defaults.registry(),
            defaults.streaming(),
            defaults.metrics(),
            defaults.peers(),
            defaults.traces(),
            defaults.checkpoint(),
            defaults.handlers());
    Doctor.of(host, config, () -> network).with(() -> orphans).run(findings::add);
    assertThat(findings).hasSizeGreaterThan(15);
    List<Finding> wrong = findings.stream().filter(each -> each.level() != Level.OK).toList();
    assertThat(findings)
        .allSatisfy(
            each -> assertThat(each.advice().isEmpty()).isEqualTo(each.level() == Level.OK));
    assertThat(wrong)
        .allSatisfy(
            each -> {
              assertThat(each.advice()).endsWith(".");
              assertThat(each.what()).doesNotEndWith(".").doesNotContain("\n");
            });
    return wrong;
  }

  private void assertFound(Level level, String check, String words) {
    assertThat(wrong())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.level()).isEqualTo(level);
              assertThat(finding.check()).isEqualTo(check);
              assertThat(finding.what()).contains(words);
            });
  }

  @Test
  void nothingIsWrongOnAGoodHost() {
    assertThat(wrong()).isEmpty();
  }

  @Test
  void requiredKernelFeatureThatIsMissingIsAProblem() {
    host.missing.put(KernelFeature.CLONE3, "clone3 (Linux 5.7) cannot be used: ENOSYS");
    assertFound(Level.PROBLEM, "kernel", "clone3");
  }

  @Test
  void optionalKernelFeatureThatIsMissingIsAWarning() {
    host.missing.put(KernelFeature.OVERLAY_LOWERDIR_ADD, "lowerdir+ cannot be used");
    assertFound(Level.WARNING, "kernel", "lowerdir+");
  }

  @Test
  void missingErofsIsAWarning() {
    host.missingErofs = "fsopen(erofs): ENODEV";
    assertFound(Level.WARNING, "erofs", "ENODEV");
  }

  @Test
  void missingCgroupHierarchyIsAProblem() {
    host.hasCgroups = false;
    assertFound(Level.PROBLEM, "cgroup", "not mounted");
  }

  @Test
  void missingControllersAreAProblemAndOnlyAWarningWhereTheConfigurationIgnoresThem()
      throws IOException {
    host.write("/sys/fs/cgroup/cgroup.controllers", "hugetlb\n");
    assertFound(Level.PROBLEM, "cgroup", "cpu, memory, pids: pods with such limits are refused");
    cgroup =
        new Config.Cgroup(Config.CgroupDriver.CGROUPFS, "/jukung", Config.MissingController.IGNORE);
    assertFound(Level.WARNING, "cgroup", "are ignored");
  }

  @Test
  void controllersThatOnlySomeLimitsNeedAreAWarning() throws IOException {
    host.write("/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
    assertFound(Level.WARNING, "cgroup", "cpuset, io, hugetlb");
  }

  @Test
  void controllersThatAreNotDelegatedAreAProblem() throws IOException {
    host.write("/sys/fs/cgroup/jukung/cgroup.controllers", "cpu pids\n");
    assertFound(Level.PROBLEM, "cgroup root", "does not get the controllers memory");
  }

  @Test
  void systemdDriverWithoutSystemdIsAProblem() {
    cgroup =
        new Config.Cgroup(Config.CgroupDriver.SYSTEMD, "/jukung", Config.MissingController.ERROR);
    assertFound(Level.PROBLEM, "cgroup driver", "systemd does not run");
  }

  @Test
  void networkThatIsNotReadyIsAProblemAndIgnoredFilesAreAWarning() {
    network = new Readiness(false, "NetworkPluginNotReady", "no plugin bridge in /opt/cni/bin");
    assertFound(Level.PROBLEM, "network", "no plugin bridge");
    network = new Readiness(true, "", "ignored: 00-old.conf is no JSON");
    assertFound(Level.WARNING, "network", "00-old.conf");
  }

  @Test
  void nodeThatDoesNotForwardIsAWarning() throws IOException {
    host.write("/proc/sys/net/ipv4/ip_forward", "0\n");
    assertFound(Level.WARNING, "forwarding", "ip_forward is 0");
  }

  @Test
  void missingToolsOfThePluginsAreAWarning() {
    host.programs.clear();
    assertFound(Level.WARNING, "tools", "neither nft nor iptables");
  }

  @Test
  void anotherRuntimeOnTheSameConfigurationIsAWarning() throws IOException {
    host.write("/run/containerd/containerd.sock", "");
    assertFound(Level.WARNING, "other runtimes", "containerd");
  }

  @Test
  void missingSeccompIsAProblem() {
    host.missingSeccomp = "libseccomp is not installed";
    assertFound(Level.PROBLEM, "seccomp", "libseccomp is not installed");
  }

  @Test
  void selinuxWithoutThePolicyForContainersIsAWarning() throws IOException {
    host.write("/sys/fs/selinux/enforce", "1");
    assertFound(Level.WARNING, "selinux", "without the policy");
  }

  @Test
  void userNamespacesThatCannotBeUsedAreAWarning() throws IOException {
    host.missingUserNamespaces = "user namespaces cannot be used on this host: EINVAL";
    assertFound(Level.WARNING, "user namespaces", "EINVAL");
    host.write("/proc/sys/user/max_user_namespaces", "0\n");
    assertFound(Level.WARNING, "user namespaces", "max_user_namespaces is 0");
  }

  @Test
  void littleSpaceIsAWarningAndAlmostNoneAProblem() {
    host.filesystem = new FilesystemStatus(FakeHost.EXT4, 1000, 50, 1000, 500);
    assertThat(wrong())
        .extracting(Finding::check, Finding::level)
        .containsExactly(
            tuple("space of root", Level.WARNING), tuple("space of state", Level.WARNING));
    host.filesystem = new FilesystemStatus(FakeHost.EXT4, 1000, 500, 1000, 5);
    assertThat(wrong())
        .extracting(Finding::level)
        .as("few inodes")
        .containsExactly(Level.PROBLEM, Level.PROBLEM);
    host.filesystem = new FilesystemStatus(FakeHost.EXT4, 1000, 500, 0, 0);
    assertThat(wrong()).as("a file system that does not count inodes").isEmpty();
  }

  @Test
  void rootOnAnOverlayIsAProblem() {
    host.filesystem = new FilesystemStatus(0x794c7630L, 1000, 500, 1000, 500);
    assertFound(Level.PROBLEM, "file system of root", "overlay");
  }

  @Test
  void directoryThatOthersCanWriteIsAProblem() throws IOException {
    Files.setPosixFilePermissions(host.root(), PosixFilePermissions.fromString("rwxrwx---"));
    assertFound(Level.PROBLEM, "mode of root", "can be written by others");
  }

  @Test
  void directoryOfAnotherUserIsAProblem() throws IOException {
    Files.setAttribute(host.state(), "unix:uid", 1000);
    assertFound(Level.PROBLEM, "mode of state", "belongs to uid 1000");
  }

  @Test
  void clockBeforeTheLastChangeOnTheDiskIsAProblem() {
    host.now = host.now.minus(Duration.ofDays(400));
    assertFound(Level.PROBLEM, "clock", "was changed at");
  }

  @Test
  void lowLimitsAreWarnings() throws IOException {
    host.limits("4096");
    assertFound(Level.WARNING, "open files", "at most 4096");
    host.limits("1048576");
    host.write("/proc/sys/fs/inotify/max_user_instances", "128\n");
    assertFound(Level.WARNING, "limits", "fs.inotify.max_user_instances is 128");
    host.write("/proc/sys/fs/inotify/max_user_instances", "1024\n");
    host.write("/proc/sys/kernel/pid_max", "4096\n");
    assertFound(Level.WARNING, "limits", "kernel.pid_max is 4096");
  }

  @Test
  void settingOfTheKernelIsReadWhole() throws IOException {
    // Linux allows no pid_max below 301 (PIDS_PER_CPU_MIN and reserved pids).
    assertThat(Sysctl.read(Path.of("/proc/sys/kernel/pid_max")).orElseThrow())
        .matches("[1-9][0-9]{2,}");
  }

  @Test
  void swapIsAWarning() throws IOException {
    host.write("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    assertFound(Level.WARNING, "swap", "swap is on");
  }

  @Test
  void orphansAreNamed() {
    orphans = List.of("remove cgroup of sandbox abc");
    assertFound(Level.WARNING, "orphans", "remove cgroup of sandbox abc");
  }

  @Test
  void checkThatFailsIsAWarningAndKeepsNoneOfTheOthers() throws IOException {
    Files.delete(host.path("/proc/self/limits"));
    assertFound(Level.WARNING, "limits", "could not be checked");
  }
}
