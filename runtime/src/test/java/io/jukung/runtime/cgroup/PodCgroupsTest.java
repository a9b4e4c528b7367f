package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.linux.cgroup.Cgroup;
import io.jukung.linux.cgroup.CgroupMount;
import io.jukung.linux.cgroup.CgroupSetting;
import io.jukung.runtime.cgroup.PodCgroups.MissingController;
import io.jukung.runtime.spec.ResourceRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a tree of plain files: kernels at hand lack the controller of processor sets. */
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

  /** With the files that these controllers make in a cgroup. */
  private Cgroup cgroup(PodCgroups cgroups, String... files) throws IOException {
    Path directory = Files.createDirectories(tree.resolve("pod/container"));
    for (String file : files) {
      Files.writeString(directory.resolve(file), "");
    }
    return cgroups.at("/pod/container");
  }

  @Test
  void processorsAndMemoryNodesAreWritten() throws IOException {
    PodCgroups cgroups = cgroups(MissingController.ERROR, "cpu", "cpuset");
    Cgroup cgroup = cgroup(cgroups, "cpu.weight", "cpuset.cpus", "cpuset.mems");
    cgroups.check(SETTINGS);
    cgroups.apply(cgroup, SETTINGS);
    assertThat(cgroup.read("cpuset.cpus")).isEqualTo("1,3-5");
    assertThat(cgroup.read("cpuset.mems")).isEqualTo("0");
    assertThat(cgroup.read("cpu.weight")).isEqualTo("100");
  }

  @Test
  void whatTheHostCannotLimitIsNamed() {
    PodCgroups cgroups = cgroups(MissingController.ERROR, "cpu", "memory");
    assertThatThrownBy(() -> cgroups.check(SETTINGS))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
        .hasMessageContainingAll("resources.cpuset_cpus", "cpuset.cpus", "cpu memory");
  }

  @Test
  void bestEffortSetsTheRest() throws IOException {
    PodCgroups cgroups = cgroups(MissingController.IGNORE, "cpu");
    Cgroup cgroup = cgroup(cgroups, "cpu.weight");
    cgroups.check(SETTINGS);
    cgroups.apply(cgroup, SETTINGS);
    assertThat(cgroup.read("cpu.weight")).isEqualTo("100");
    assertThat(cgroup.has("cpuset.cpus")).isFalse();
  }
}
