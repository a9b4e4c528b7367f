package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.HugepageLimit;
import io.jukung.cri.v1.LinuxContainerResources;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Limits of huge pages. Not run in the test node, whose kernel has no huge pages. */
@ExtendWith(Testbed.Extension.class)
class HugepagesIT {
  @Test
  void hugePageLimitIsSetForItsPageSize(Testbed testbed) throws Exception {
    Assumptions.assumeTrue(
        Files.readString(Node.cgroupMount().resolve("cgroup.controllers")).contains("hugetlb"),
        "cgroup v2 has the hugetlb controller here");
    Pod pod = testbed.runPod("huge", NamespaceMode.NODE);
    HugepageLimit limit = HugepageLimit.newBuilder().setPageSize("2MB").setLimit(4L << 20).build();
    LinuxContainerResources limits =
        LinuxContainerResources.newBuilder().addHugepageLimits(limit).build();
    String container =
        testbed.runContainer(pod, Limits.container(testbed, pod, "app", limits, "exec sleep 1000"));
    Path cgroup = Limits.cgroup(container);
    assertThat(Limits.read(cgroup, "hugetlb.2MB.max")).isEqualTo(Long.toString(4L << 20));
    assertThat(testbed.status(container).getResources().getLinux().getHugepageLimitsList())
        .containsExactly(limit);
  }
}
