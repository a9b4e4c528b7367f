package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.runtime.call.Rollback;
import io.jukung.runtime.cgroup.PodCgroups.MissingController;
import io.jukung.runtime.spec.ResourceRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Uses plain files in place of a cgroup hierarchy: the kernels that tests run on have no cpuset
 * controller in cgroup v2.
 */
class PodCgroupsTest {
  private static final List<CgroupSetting> SETTINGS =
      ResourceRules.settings(
          ResourceRules.toSpec(
              LinuxContainerResources.newBuilder()
                  .setCpuShares(1024)
                  .setCpusetCpus("1,3-5")
                  .setCpusetMems("0")
                  .build(),
              List.of()));

  @TempDir private Path tree;

  private PodCgroups cgroups(MissingController missing, String... controllers) {
    CgroupMount mount = new CgroupMount(tree, Set.of(controllers));
    return new PodCgroups(mount, new CgroupfsDriver(mount, "/jukung"), missing);
  }

  /** A cgroup with these control files. */
  private Cgroup cgroup(PodCgroups cgroups, String... files) throws IOException {
    Path directory = Files.createDirectories(tree.resolve("pod/container"));
    for (String file : files) {
      Files.writeString(directory.resolve(file), "");
    }
    return cgroups.at("/pod/container");
  }

  @Test
  void cpusetLimitsAreWritten() throws IOException {
    PodCgroups cgroups = cgroups(MissingController.ERROR, "cpu", "cpuset");
    Cgroup cgroup = cgroup(cgroups, "cpu.weight", "cpuset.cpus", "cpuset.mems");
    cgroups.check(SETTINGS);
    cgroups.apply(cgroup, SETTINGS);
    assertThat(cgroup.read("cpuset.cpus")).isEqualTo("1,3-5");
    assertThat(cgroup.read("cpuset.mems")).isEqualTo("0");
    assertThat(cgroup.read("cpu.weight")).isEqualTo("100");
  }

  @Test
  void missingControllerIsRefusedByName() {
    PodCgroups cgroups = cgroups(MissingController.ERROR, "cpu", "memory");
    assertThatThrownBy(() -> cgroups.check(SETTINGS))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessageContainingAll("resources.cpuset_cpus", "cpuset.cpus", "cpu memory");
  }

  @Test
  void ignoredMissingControllerLeavesTheOtherLimitsInForce() throws IOException {
    PodCgroups cgroups = cgroups(MissingController.IGNORE, "cpu");
    Cgroup cgroup = cgroup(cgroups, "cpu.weight");
    cgroups.check(SETTINGS);
    cgroups.apply(cgroup, SETTINGS);
    assertThat(cgroup.read("cpu.weight")).isEqualTo("100");
    assertThat(cgroup.has("cpuset.cpus")).isFalse();
  }

  /** A container can be removed while its limits are changed. */
  @ParameterizedTest
  @EnumSource
  void limitsOfACgroupThatDoesNotExistAreNotTakenForAMissingController(MissingController missing)
      throws IOException {
    PodCgroups cgroups = cgroups(missing, "cpu", "cpuset");
    Cgroup gone = cgroups.at("/pod/gone");
    assertThatThrownBy(() -> cgroups.apply(gone, SETTINGS))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("/pod/gone", "does not exist");
    try (Rollback rollback = Rollback.named("UpdateContainerResources", "c1")) {
      assertThatThrownBy(() -> cgroups.change(gone, SETTINGS, rollback))
          .isInstanceOf(IOException.class)
          .hasMessageContainingAll("/pod/gone", "does not exist");
    }
  }

  /** All values of a file are equally long: a write to a plain file does not shorten it. */
  @Test
  void rolledBackChangeRestoresTheOldLimits() throws IOException {
    PodCgroups cgroups = cgroups(MissingController.ERROR, "cpu", "cpuset");
    Cgroup cgroup = cgroup(cgroups, "cpu.weight", "cpuset.cpus", "cpuset.mems");
    cgroup.write("cpu.weight", "200");
    cgroup.write("cpuset.cpus", "0,2-3");
    cgroup.write("cpuset.mems", "1");
    try (Rollback rollback = Rollback.named("UpdateContainerResources", "c1")) {
      cgroups.change(cgroup, SETTINGS, rollback);
      assertThat(cgroup.read("cpuset.cpus")).isEqualTo("1,3-5");
    }
    assertThat(cgroup.read("cpu.weight")).isEqualTo("200");
    assertThat(cgroup.read("cpuset.cpus")).isEqualTo("0,2-3");
    assertThat(cgroup.read("cpuset.mems")).isEqualTo("1");
  }
}
