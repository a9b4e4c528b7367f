package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.SELinuxOption;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.NeedsSelinux;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * SELinux labels, with a policy (src/node/selinux.cil) under which a process can read a file only
 * if it has the file's categories.
 */
@NeedsSelinux
@ExtendWith(Testbed.Extension.class)
class SelinuxIT {
  private static final String LABEL = "cat /proc/self/attr/current; echo";

  private static ContainerConfig.Builder shell(
      Testbed testbed, Pod pod, String name, String script) {
    return Requests.container(pod.config(), name, testbed.busybox(), List.of("sh", "-c", script));
  }

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder config) {
    return config.getLinuxBuilder().getSecurityContextBuilder();
  }

  private static List<String> output(Testbed testbed, Pod pod, ContainerConfig config)
      throws Exception {
    testbed.awaitExited(testbed.runContainer(pod, config));
    return logged(pod, config.getMetadata().getName());
  }

  private static String label(Testbed testbed, Path file) throws Exception {
    return testbed.node().run("stat", "-c", "%C", file.toString()).orThrow().strip();
  }

  /** The level of a process label, without the zero byte that the kernel puts at its end. */
  private static String level(String label) {
    assertThat(label).startsWith("system_u:system_r:container_t:s0:c");
    return label.substring("system_u:system_r:container_t:".length()).replace("\0", "");
  }

  @Test
  void everyPodHasItsOwnCategories(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("own", NamespaceMode.NODE);
    String container =
        testbed.runContainer(pod, shell(testbed, pod, "one", LABEL + "; sleep 1000").build());
    String one =
        level(testbed.exec(container, "cat", "/proc/self/attr/current").getStdout().toStringUtf8());
    assertThat(level(output(testbed, pod, shell(testbed, pod, "two", LABEL).build()).getFirst()))
        .as("another container of the pod")
        .isEqualTo(one);
    Await.until("the container has logged its label", () -> !logged(pod, "one").isEmpty());
    assertThat(level(logged(pod, "one").getFirst())).as("the first process").isEqualTo(one);
    Pod other = testbed.runPod("other", NamespaceMode.NODE);
    assertThat(
            level(output(testbed, other, shell(testbed, other, "one", LABEL).build()).getFirst()))
        .isNotEqualTo(one);
  }

  @Test
  void requestedLabelIsUsed(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("asked", NamespaceMode.NODE);
    ContainerConfig.Builder config = shell(testbed, pod, "c", LABEL);
    security(config)
        .setSelinuxOptions(SELinuxOption.newBuilder().setType("spc_t").setLevel("s0:c7,c8"));
    assertThat(output(testbed, pod, config.build()).getFirst())
        .startsWith("system_u:system_r:spc_t:s0:c7,c8");
  }

  @Test
  void unknownSelinuxTypeFailsTheStart(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("unknown", NamespaceMode.NODE);
    ContainerConfig.Builder config = shell(testbed, pod, "c", "true");
    security(config).setSelinuxOptions(SELinuxOption.newBuilder().setType("no_such_t"));
    Status status = failure(() -> testbed.runContainer(pod, config.build()));
    assertThat(status.getDescription()).contains("no_such_t");
  }

  /** The pod that owns the volume can read it. */
  @Test
  void podCannotReadTheVolumeOfAnotherPod(Testbed testbed) throws Exception {
    Path volume = testbed.node().directory().resolve("volume");
    Path deep = Files.createDirectories(volume.resolve("deep"));
    Path secret = Files.writeString(deep.resolve("secret"), "secret\n");
    Path outside = Files.writeString(testbed.node().directory().resolve("outside"), "out\n");
    Files.createSymbolicLink(deep.resolve("link"), outside);
    String before = label(testbed, outside);
    Mount asked =
        Mount.newBuilder()
            .setHostPath(volume.toString())
            .setContainerPath("/volume")
            .setSelinuxRelabel(true)
            .build();
    Pod owner = testbed.runPod("owner", NamespaceMode.NODE);
    String script =
        "cat /volume/deep/secret /etc/hosts >/dev/null && echo read; echo x >/dev/shm/x && cat"
            + " /dev/shm/x";
    assertThat(output(testbed, owner, shell(testbed, owner, "c", script).addMounts(asked).build()))
        .containsExactly("read", "x");
    assertThat(label(testbed, secret)).startsWith("system_u:object_r:container_file_t:s0:c");
    assertThat(label(testbed, outside)).as("target of a link in the volume").isEqualTo(before);

    Pod thief = testbed.runPod("thief", NamespaceMode.NODE);
    Mount unasked = asked.toBuilder().setSelinuxRelabel(false).build();
    assertThat(
            output(
                testbed,
                thief,
                shell(testbed, thief, "c", "cat /volume/deep/secret 2>&1")
                    .addMounts(unasked)
                    .build()))
        .containsExactly("cat: can't open '/volume/deep/secret': Permission denied");
    testbed.node().run("rm", "-r", volume.toString(), outside.toString()).orThrow();
  }

  @Test
  void relabellingSystemDirectoriesIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("greedy", NamespaceMode.NODE);
    Mount mount =
        Mount.newBuilder()
            .setHostPath("/usr/share")
            .setContainerPath("/x")
            .setSelinuxRelabel(true)
            .build();
    Status status =
        failure(
            () ->
                testbed.createContainer(
                    pod, shell(testbed, pod, "c", "true").addMounts(mount).build()));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("selinux_relabel", "/usr/share");
  }

  @Test
  void privilegedContainerIsNotConfined(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("privileged", NamespaceMode.NODE);
    config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    Pod pod = testbed.runPod(config.build());
    ContainerConfig.Builder container = shell(testbed, pod, "c", LABEL);
    security(container).setPrivileged(true);
    assertThat(output(testbed, pod, container.build()).getFirst())
        .startsWith("system_u:system_r:kernel_t:s0");
  }
}
