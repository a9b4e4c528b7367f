package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Images as volumes (KEP-4639), and the volumes that images declare. */
@ExtendWith(Testbed.Extension.class)
class ImageVolumesIT {
  private static final String ON = "/volume";

  private static Mount.Builder volume(String image) {
    return Mount.newBuilder()
        .setContainerPath(ON)
        .setReadonly(true)
        .setImage(ImageSpec.newBuilder().setImage(image));
  }

  private static ContainerConfig container(Testbed testbed, Pod pod, Mount.Builder mount) {
    return Requests.container(pod.config(), "user", testbed.busybox(), List.of("sleep", "1000"))
        .addMounts(mount)
        .build();
  }

  private static String shell(Testbed testbed, String container, String script) {
    return testbed.exec(container, "sh", "-c", script).getStdout().toStringUtf8();
  }

  /** Pushes an image with all that a sub-path can lead through: files, and links of all kinds. */
  private static String pushTree(Testbed testbed, String name) throws Exception {
    Path root = testbed.registry().copyOfBusybox(name);
    Files.createDirectories(root.resolve("data/deep"));
    Files.writeString(root.resolve("data/deep/file"), "deep\n");
    Files.createSymbolicLink(root.resolve("absolute"), Path.of("/data/deep"));
    Files.createSymbolicLink(root.resolve("relative"), Path.of("data/../data/deep"));
    Files.createSymbolicLink(root.resolve("chain"), Path.of("absolute"));
    Files.createSymbolicLink(root.resolve("up"), Path.of("../../../../../../data/deep"));
    Files.createSymbolicLink(root.resolve("host"), testbed.node().directory());
    Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(root.resolve("process"), Path.of("/proc/1/root"));
    return testbed.registry().push(name + ":1", root);
  }

  @Test
  void imageVolumeIsReadOnlyAndOutlivesTheRemovalOfItsImage(Testbed testbed) throws Exception {
    String id = testbed.pull(pushTree(testbed, "volume-whole"));
    Pod pod = testbed.runPod("whole", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, container(testbed, pod, volume(id)));
    assertThat(testbed.status(container).getMountsList())
        .singleElement()
        .satisfies(
            mount -> {
              assertThat(mount.getImage().getImage()).isEqualTo(id);
              assertThat(mount.getImage().getImageRef()).isEqualTo(id);
              assertThat(mount.getContainerPath()).isEqualTo(ON);
            });
    testbed.removeImage(id);
    assertThat(shell(testbed, container, "cat /volume/data/deep/file; /volume/bin/echo executable"))
        .isEqualTo("deep\nexecutable\n");
    assertThat(shell(testbed, container, "touch /volume/x /volume/data/deep/file 2>&1; true"))
        .contains("Read-only file system");
  }

  @Test
  void subPathIsResolvedWithinTheImage(Testbed testbed) throws Exception {
    String image = pushTree(testbed, "volume-part");
    testbed.pull(image);
    Pod pod = testbed.runPod("part", NamespaceMode.NODE);
    for (String part : List.of("data/deep", "absolute", "relative", "chain", "up")) {
      ContainerConfig config =
          container(testbed, pod, volume(image).setImageSubPath(part)).toBuilder()
              .setMetadata(Requests.container(pod.config(), part, image, List.of()).getMetadata())
              .build();
      String container = testbed.runContainer(pod, config);
      assertThat(shell(testbed, container, "ls /volume; cat /volume/file"))
          .as(part)
          .isEqualTo("file\ndeep\n");
    }
    testbed.removeImage(image);
  }

  /** A container changes only its own root file system, never the layers under a volume. */
  @Test
  void containerOfTheImageCannotChangeASubPathWhileItIsResolved(Testbed testbed) throws Exception {
    String image = pushTree(testbed, "volume-race");
    testbed.pull(image);
    Pod pod = testbed.runPod("race", NamespaceMode.NODE);
    String swap = "mv /data /kept && ln -s /etc /data && rm /data && mv /kept /data";
    String racer =
        testbed.runContainer(
            pod,
            Requests.container(
                    pod.config(),
                    "racer",
                    image,
                    List.of("/bin/sh", "-c", "while " + swap + "; do echo swapped; done"))
                .build());
    for (int i = 0; i < 20; i++) {
      ContainerConfig.Builder config =
          container(testbed, pod, volume(image).setImageSubPath("data/deep")).toBuilder();
      config.getMetadataBuilder().setName("volume-" + i);
      String container = testbed.runContainer(pod, config.build());
      assertThat(shell(testbed, container, "ls /volume; cat /volume/file"))
          .isEqualTo("file\ndeep\n");
    }
    assertThat(testbed.status(racer).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(Calls.logged(pod, "racer")).hasSizeGreaterThan(20).containsOnly("swapped");
    testbed.removeImage(image);
  }

  @Test
  void invalidSubPathIsRefusedAndLeavesNothing(Testbed testbed) throws Exception {
    String image = pushTree(testbed, "volume-bad");
    testbed.pull(image);
    Pod pod = testbed.runPod("bad", NamespaceMode.NODE);
    Map<String, Status.Code> wrong =
        Map.of(
            "missing", Status.Code.NOT_FOUND,
            "host", Status.Code.NOT_FOUND,
            "process", Status.Code.NOT_FOUND,
            "data/deep/file", Status.Code.FAILED_PRECONDITION,
            "loop", Status.Code.FAILED_PRECONDITION,
            "../x", Status.Code.INVALID_ARGUMENT,
            "data/../../x", Status.Code.INVALID_ARGUMENT,
            "/data", Status.Code.INVALID_ARGUMENT);
    wrong.forEach(
        (part, code) -> {
          ContainerConfig config = container(testbed, pod, volume(image).setImageSubPath(part));
          Status status = failure(() -> testbed.createContainer(pod, config));
          assertThat(status.getCode()).as(part).isEqualTo(code);
          assertThat(status.getDescription()).contains(part);
        });
    assertThat(testbed.containers()).isEmpty();
    testbed.removeImage(image);
  }

  @Test
  void invalidImageVolumeIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("refused", NamespaceMode.NODE);
    Map<Mount.Builder, Status.Code> wrong =
        Map.of(
            volume("127.0.0.1:5000/not/here:1"), Status.Code.NOT_FOUND,
            volume(testbed.busybox()).setReadonly(false), Status.Code.INVALID_ARGUMENT,
            volume(testbed.busybox()).setHostPath("/tmp"), Status.Code.INVALID_ARGUMENT);
    wrong.forEach(
        (mount, code) ->
            assertThat(
                    failure(() -> testbed.createContainer(pod, container(testbed, pod, mount)))
                        .getCode())
                .isEqualTo(code));
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void artifactCanBeMountedButNotRun(Testbed testbed) throws Exception {
    String artifact = testbed.registry().pushArtifact("model:1", "weights.bin", "0.25 0.5\n");
    String id = testbed.pull(artifact);
    Pod pod = testbed.runPod("artifact", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, container(testbed, pod, volume(artifact)));
    assertThat(shell(testbed, container, "cat /volume/weights.bin; ls /volume"))
        .isEqualTo("0.25 0.5\nweights.bin\n");
    assertThat(shell(testbed, container, "touch /volume/x 2>&1; true"))
        .contains("Read-only file system");
    assertThat(testbed.status(container).getMounts(0).getImage().getImageRef()).isEqualTo(id);
    ContainerConfig impossible =
        Requests.container(pod.config(), "impossible", artifact, List.of("sleep", "1")).build();
    Status status = failure(() -> testbed.createContainer(pod, impossible));
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains("artifact");
    testbed.removeImage(artifact);
  }

  @Test
  void declaredVolumeIsWritableAndHoldsTheImagesFiles(Testbed testbed) throws Exception {
    Path root = testbed.registry().copyOfBusybox("declared");
    Files.createDirectories(root.resolve("data/deep"));
    Files.writeString(root.resolve("data/deep/file"), "from the image\n");
    Files.createSymbolicLink(root.resolve("data/link"), Path.of("/etc/shadow"));
    Files.createSymbolicLink(root.resolve("escape"), Path.of("/../../etc"));
    String image =
        testbed
            .registry()
            .push(
                "declared:1",
                root,
                "--volumes",
                "{\"/data\":{},\"/new\":{},\"/escape\":{},\"/../../etc\":{},\"/proc\":{}}");
    testbed.pull(image);
    Pod pod = testbed.runPod("declared", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        Requests.container(
            pod.config(),
            "main",
            image,
            List.of(
                "sh",
                "-c",
                "cat /data/deep/file; readlink /data/link; ls /new; echo x > /new/y; cat /new/y;"
                    + " ls /escape | grep -c passwd; cat /etc/shadow 2>/dev/null;"
                    + " touch /root-file 2>/dev/null || echo read-only root; ls -d /proc/self"));
    config.getLinuxBuilder().getSecurityContextBuilder().setReadonlyRootfs(true);
    String container = testbed.runContainer(pod, config.build());
    assertThat(testbed.awaitExited(container).getExitCode()).isZero();
    assertThat(logged(pod, "main"))
        .containsExactly("from the image", "/etc/shadow", "x", "1", "read-only root", "/proc/self");
    testbed.removeImage(image);
  }
}
