package io.jukung.e2e;

import static io.jukung.e2e.Calls.assertRefused;
import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Volumes of containers: sources, targets, propagation and read-only mounts. */
@ExtendWith(Testbed.Extension.class)
class MountsIT {
  private static final List<String> SLEEP = List.of("sleep", "1000");

  private static Path directory(Testbed testbed, String name) throws Exception {
    return Files.createDirectories(testbed.node().directory().resolve("mounts").resolve(name));
  }

  private static Mount.Builder mount(Path host, String container) {
    return Mount.newBuilder().setHostPath(host.toString()).setContainerPath(container);
  }

  private static ContainerConfig.Builder container(Testbed testbed, Pod pod, String name) {
    return Requests.container(pod.config(), name, testbed.busybox(), SLEEP);
  }

  private static String out(Testbed testbed, String container, String script) {
    var answer = testbed.exec(container, "sh", "-c", script);
    return (answer.getStdout().toStringUtf8() + answer.getStderr().toStringUtf8()).strip();
  }

  private static void onNode(Testbed testbed, String script) throws Exception {
    testbed.node().run("sh", "-ec", script).orThrow();
  }

  @Test
  void mountsPropagateInTheRequestedDirections(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("propagation", NamespaceMode.NODE);
    Path shared = directory(testbed, "shared");
    onNode(testbed, "mount -t tmpfs none " + shared + "; mount --make-shared " + shared);
    try {
      onNode(testbed, "cd " + shared + "; mkdir later private slave bidirectional");
      ContainerConfig.Builder config = container(testbed, pod, "mounter");
      for (MountPropagation each :
          List.of(
              MountPropagation.PROPAGATION_PRIVATE,
              MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
              MountPropagation.PROPAGATION_BIDIRECTIONAL)) {
        config.addMounts(mount(shared, "/" + each.getNumber()).setPropagation(each));
      }
      config
          .getLinuxBuilder()
          .getSecurityContextBuilder()
          .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"));
      String container = testbed.runContainer(pod, config.build());
      onNode(testbed, "mount -t tmpfs none " + shared + "/later; touch " + shared + "/later/seen");
      assertThat(out(testbed, container, "ls -d /?/later/seen"))
          .isEqualTo("/1/later/seen\n/2/later/seen");
      out(
          testbed,
          container,
          "for i in 0:private 1:slave 2:bidirectional; do"
              + " d=/${i%:*}/${i#*:}; mount -t tmpfs none $d && touch $d/made; done");
      assertThat(out(testbed, container, "ls -d /?/*/made").lines())
          .contains("/0/private/made", "/1/slave/made", "/2/bidirectional/made");
      assertThat(testbed.node().run("sh", "-c", "ls -d " + shared + "/*/made").orThrow().strip())
          .isEqualTo(shared + "/bidirectional/made");
    } finally {
      testbed.removeAllPods();
      onNode(testbed, "umount -R " + shared);
    }
  }

  @Test
  void propagationFromAPrivateMountIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("no-propagation", NamespaceMode.NODE);
    Path source = directory(testbed, "unshared");
    onNode(testbed, "mount -t tmpfs none " + source + "; mount --make-private " + source);
    try {
      for (MountPropagation each :
          List.of(
              MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
              MountPropagation.PROPAGATION_BIDIRECTIONAL)) {
        assertRefused(
            () ->
                testbed.createContainer(
                    pod,
                    container(testbed, pod, "refused")
                        .addMounts(mount(source, "/v").setPropagation(each))
                        .build()),
            Status.Code.FAILED_PRECONDITION,
            "its propagation needs a shared");
      }
    } finally {
      onNode(testbed, "umount " + source);
    }
  }

  @Test
  void mountOptionsTakeRightsFromAVolume(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("options", NamespaceMode.NODE);
    Path source = directory(testbed, "options");
    String container =
        testbed.runContainer(
            pod,
            container(testbed, pod, "reader")
                .addMounts(mount(source, "/plain"))
                .addMounts(
                    mount(source, "/less").addMountOptions("noexec").addMountOptions("nosuid"))
                .build());
    String run =
        "cp /bin/busybox /plain/true && /plain/true && echo runs; /less/true 2>/dev/null || echo not";
    assertThat(out(testbed, container, run)).isEqualTo("runs\nnot");
    assertThat(out(testbed, container, "grep ' /less ' /proc/self/mountinfo"))
        .contains("nosuid")
        .contains("noexec");
  }

  @Test
  void readOnlyCoversTheMountAndRecursiveReadOnlyItsSubmounts(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("read-only", NamespaceMode.NODE);
    Path source = directory(testbed, "tree");
    Files.createDirectories(source.resolve("below"));
    onNode(testbed, "mount -t tmpfs none " + source + "/below");
    try {
      String container =
          testbed.runContainer(
              pod,
              container(testbed, pod, "reader")
                  .addMounts(mount(source, "/ro").setReadonly(true))
                  .addMounts(mount(source, "/rro").setReadonly(true).setRecursiveReadOnly(true))
                  .build());
      assertThat(
              out(
                  testbed,
                  container,
                  "for d in /ro /ro/below /rro /rro/below; do"
                      + " touch $d/x 2>/dev/null && echo $d; done"))
          .isEqualTo("/ro/below");
      for (Mount.Builder wrong :
          List.of(
              mount(source, "/v").setRecursiveReadOnly(true),
              mount(source, "/v")
                  .setRecursiveReadOnly(true)
                  .setReadonly(true)
                  .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER))) {
        assertRefused(
            () ->
                testbed.createContainer(
                    pod, container(testbed, pod, "refused").addMounts(wrong).build()),
            Status.Code.INVALID_ARGUMENT,
            "recursive_read_only takes readonly and private propagation");
      }
    } finally {
      testbed.removeAllPods();
      onNode(testbed, "umount " + source + "/below");
    }
  }

  @Test
  void parentMountsComeFirstAndFilesCanBeMountTargets(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("order", NamespaceMode.NODE);
    Path outer = directory(testbed, "outer");
    Path inner = directory(testbed, "inner");
    Files.writeString(inner.resolve("f"), "inner\n");
    Files.writeString(outer.resolve("f"), "outer\n");
    ContainerConfig.Builder config =
        container(testbed, pod, "nested")
            .addMounts(mount(inner.resolve("f"), "/v/deep/file"))
            .addMounts(mount(inner, "/v/in"))
            .addMounts(mount(outer, "/v"))
            .addMounts(mount(inner.resolve("f"), "/bin/new-file"))
            .addMounts(mount(inner, "/dev/own"))
            .addMounts(mount(inner.resolve("f"), "/etc/hostname"));
    config.getLinuxBuilder().getSecurityContextBuilder().setReadonlyRootfs(true);
    String container = testbed.runContainer(pod, config.build());
    assertThat(
            out(
                testbed,
                container,
                "cat /v/f /v/in/f /v/deep/file /bin/new-file /dev/own/f /etc/hostname;"
                    + " touch /v/x /dev/own/x && touch /x 2>/dev/null || echo read-only"))
        .isEqualTo("outer\ninner\ninner\ninner\ninner\ninner\nread-only");
  }

  @Test
  void mountOnProcOrRootIsRefused(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("places", NamespaceMode.NODE);
    Path source = directory(testbed, "places");
    for (String place : List.of("/", "/..", "/proc", "/proc/sys", "/tmp/../proc/self")) {
      assertRefused(
          () ->
              testbed.createContainer(
                  pod, container(testbed, pod, "refused").addMounts(mount(source, place)).build()),
          Status.Code.INVALID_ARGUMENT,
          "on \"" + place + "\"");
    }
  }

  /** A symbolic link in a volume leads to what the container has there, not to the node's files. */
  @Test
  void linksInAMountTargetAreResolvedInTheContainer(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("links", NamespaceMode.NODE);
    Path volume = directory(testbed, "links");
    Path secret = directory(testbed, "secret");
    Files.writeString(secret.resolve("f"), "secret\n");
    Path host = directory(testbed, "host-only");
    Files.createSymbolicLink(volume.resolve("absolute"), Path.of("/etc"));
    Files.createSymbolicLink(volume.resolve("up"), Path.of("../../../../../../../../etc"));
    Files.createSymbolicLink(volume.resolve("dangling"), host);
    String container =
        testbed.runContainer(
            pod,
            container(testbed, pod, "links")
                .addMounts(mount(volume, "/v"))
                .addMounts(mount(secret, "/v/absolute/one"))
                .addMounts(mount(secret, "/v/up/two"))
                .build());
    assertThat(out(testbed, container, "cat /etc/one/f /etc/two/f")).isEqualTo("secret\nsecret");
    assertThat(Path.of("/etc/one")).doesNotExist();
    assertThat(Path.of("/etc/two")).doesNotExist();
    String dangling =
        testbed.createContainer(
            pod,
            container(testbed, pod, "dangling")
                .addMounts(mount(volume, "/v"))
                .addMounts(mount(secret, "/v/dangling/three"))
                .build());
    failure(() -> testbed.startContainer(dangling));
    assertThat(host).isEmptyDirectory();
  }

  /**
   * While containers start whose mount target lies in a volume, another process exchanges a
   * directory on the way to the target with a link to the node's /etc.
   */
  @Test
  void exchangedDirectoryInAVolumeNeverLeadsToTheNode(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("race", NamespaceMode.NODE);
    Path volume = directory(testbed, "race");
    Path payload = directory(testbed, "payload");
    Files.writeString(payload.resolve("f"), "payload\n");
    Path way = Files.createDirectories(volume.resolve("way"));
    Path link = volume.resolve("link");
    Files.createSymbolicLink(link, Path.of("/etc"));
    List<String> before = hostTree(testbed);
    Path enough = volume.resolve("enough");
    // renameat2(2) with RENAME_EXCHANGE: at every moment there is the directory or the link.
    String exchange = System.getProperty("os.arch").equals("amd64") ? "316" : "276";
    Process swapper =
        new ProcessBuilder(
                "perl",
                "-e",
                "my ($call, $a, $b, $enough) = @ARGV; my $n = 0;"
                    + " while ($n < 10000 || !-e $enough) {"
                    + "   syscall($call + 0, -100, $a, -100, $b, 2) == 0 or die $!; $n++ }"
                    + " print $n",
                exchange,
                way.toString(),
                link.toString(),
                enough.toString())
            .start();
    int started = 0;
    int refused = 0;
    for (int i = 0; i < 20; i++) {
      String id =
          testbed.createContainer(
              pod,
              container(testbed, pod, "racer-" + i)
                  .addMounts(mount(volume, "/v"))
                  .addMounts(mount(payload, "/v/way/target"))
                  .build());
      try {
        testbed.startContainer(id);
        started++;
      } catch (StatusRuntimeException e) {
        refused++;
      }
    }
    Files.createFile(enough);
    String swaps = new String(swapper.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String error = new String(swapper.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(swapper.waitFor()).as(error).isZero();
    assertThat(Integer.parseInt(swaps)).isGreaterThanOrEqualTo(10_000);
    assertThat(started + refused).isEqualTo(20);
    assertThat(hostTree(testbed)).isEqualTo(before);
    assertThat(Path.of("/etc/target")).doesNotExist();
  }

  /** The node's mounts, and the names in its /etc. */
  private static List<String> hostTree(Testbed testbed) throws Exception {
    return testbed
        .node()
        .run("sh", "-c", "ls /etc; cut -d' ' -f5 /proc/1/mountinfo")
        .orThrow()
        .lines()
        .toList();
  }
}
