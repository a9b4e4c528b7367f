package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tries known ways to escape from a container. Each must fail. */
@ExtendWith(Testbed.Extension.class)
class ContainerEscapeIT {
  private static ContainerConfig.Builder container(
      Testbed testbed, Pod pod, String name, String script) {
    return Requests.container(pod.config(), name, testbed.busybox(), List.of("sh", "-c", script));
  }

  /** A test that needs an image of its own. The image is removed afterwards, with all pods. */
  private interface WithImage {
    void test(String image) throws Exception;
  }

  private static void withImage(Testbed testbed, String name, String change, WithImage body)
      throws Exception {
    String image = testbed.registry().pushChanged(name, change);
    testbed.pull(image);
    try {
      body.test(image);
    } finally {
      testbed.removeAllPods();
      testbed.removeImage(image);
    }
  }

  /** The checksums of all installed files, which no container must be able to change. */
  private static String installation(Testbed testbed) throws Exception {
    return testbed
        .node()
        .run(
            "sh",
            "-c",
            "find \"$1\" -type f -exec sha256sum {} +",
            "sh",
            Daemon.dist().toRealPath().toString())
        .orThrow();
  }

  /** CVE-2019-5736. */
  @Test
  void imageThatExecutesProcSelfExeCannotChangeTheInstallation(Testbed testbed) throws Exception {
    String before = installation(testbed);
    withImage(
        testbed,
        "self-exe:1",
        "printf '#!/proc/self/exe\\n' >evil && chmod 755 evil",
        image -> {
          Pod pod = testbed.runPod("self-exe", NamespaceMode.NODE);
          String container =
              testbed.createContainer(
                  pod, Requests.container(pod.config(), "evil", image, List.of("/evil")).build());
          try {
            testbed.startContainer(container);
          } catch (StatusRuntimeException refused) {
            assertThat(refused.getStatus().getDescription()).contains("/evil");
          }
          assertThat(testbed.awaitExited(container).getExitCode()).isNotZero();
        });
    assertThat(installation(testbed)).isEqualTo(before);
  }

  /** CVE-2019-5736 through an exec. The attacking container has CAP_SYS_PTRACE. */
  @Test
  void executableOfAnExecCannotBeOverwritten(Testbed testbed) throws Exception {
    String before = installation(testbed);
    Pod pod = testbed.runPod("overwrite", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        container(
            testbed,
            pod,
            "attacker",
            "while :; do for p in /proc/[0-9]*; do"
                + " (echo x >$p/exe) 2>/dev/null && echo overwritten; done; done");
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_PTRACE"));
    String container = testbed.runContainer(pod, config.build());
    for (int i = 0; i < 20; i++) {
      assertThat(testbed.exec(container, "true").getExitCode()).isZero();
    }
    assertThat(logged(pod, "attacker")).doesNotContain("overwritten");
    assertThat(installation(testbed)).isEqualTo(before);
  }

  /** CVE-2024-21626. */
  @Test
  void workingDirectoryCannotBeADescriptorOfTheRuntime(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("cwd", NamespaceMode.NODE);
    for (int fd = 0; fd < 32; fd++) {
      String name = "fd-" + fd;
      String directory = (fd % 2 == 0 ? "/proc/self/fd/" : "/proc/thread-self/fd/") + fd;
      ContainerConfig config =
          container(testbed, pod, name, "ls -d ../../../../../..").setWorkingDir(directory).build();
      assertThat(failure(() -> testbed.runContainer(pod, config)).getDescription())
          .contains(directory);
      assertThat(logged(pod, name)).isEmpty();
    }
  }

  /** The container replaces its working directory by links to the descriptors of an exec. */
  @Test
  void workingDirectoryOfAnExecCannotBeADescriptorOfTheRuntime(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("exec-cwd", NamespaceMode.NODE);
    String container =
        testbed.runContainer(
            pod,
            container(
                    testbed,
                    pod,
                    "mover",
                    "cd / && rmdir /work && echo moved; fd=3; while :; do"
                        + " ln -sfn /proc/self/fd/$fd /work; fd=$(((fd + 1) % 24)); done")
                .setWorkingDir("/work")
                .build());
    Await.until("the directory is gone", () -> logged(pod, "mover").equals(List.of("moved")));
    for (int i = 0; i < 40; i++) {
      String description =
          failure(() -> testbed.exec(container, "ls", "-a", "../../..")).getDescription();
      assertThat(description).contains("/work");
    }
  }

  /** Runs a test with an image that has a tracing script and perl, which can make any call. */
  private static void withTracer(Testbed testbed, WithImage body) throws Exception {
    Path script = testbed.node().directory().resolve("tracer.pl");
    try (InputStream source = ContainerEscapeIT.class.getResourceAsStream("/tracer.pl")) {
      Files.write(script, Objects.requireNonNull(source).readAllBytes());
    }
    withImage(
        testbed,
        "tracer:1",
        "cp "
            + script
            + " . && for f in $(command -v perl) $(ldd $(command -v perl) | grep -o '/[^ ]*'); do"
            + " mkdir -p .${f%/*} && cp -L $f .$f; done && for m in strict warnings; do"
            + " cp --parents $(perl -M$m -e 'print $INC{\"'$m'.pm\"}') .; done",
        body);
    Files.delete(script);
  }

  private static ContainerConfig tracer(Testbed testbed, Pod pod, String image, String... add) {
    boolean x86 = System.getProperty("os.arch").equals("amd64");
    ContainerConfig.Builder config =
        Requests.container(
            pod.config(),
            "tracer",
            image,
            List.of(
                "perl",
                "/tracer.pl",
                x86 ? "101" : "117",
                x86 ? "61" : "260",
                testbed.node().directory().resolve("tracer.pl").toString()));
    config // The search for the command is the last step of a launch. A long PATH makes it slow.
        .addEnvsBuilder()
        .setKey("PATH")
        .setValue(ByteString.copyFromUtf8("/usr/bin:" + "/none:".repeat(800) + "/bin"));
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getCapabilitiesBuilder()
        .addAllAddCapabilities(List.of(add));
    return config.build();
  }

  /**
   * What a tracer in a container found while execs joined the container. The tracer may look into
   * the commands that the execs run.
   */
  private static List<String> caught(
      Testbed testbed, String image, String podName, String... capabilities) throws Exception {
    Pod pod = testbed.runPod(podName, NamespaceMode.NODE);
    String container = testbed.runContainer(pod, tracer(testbed, pod, image, capabilities));
    Await.until("the tracer is ready", () -> logged(pod, "tracer").contains("ready"));
    for (int i = 0; i < 60; i++) {
      testbed.exec(container, "sleep", "0.01");
    }
    List<String> caught =
        logged(pod, "tracer").stream().filter(line -> !line.equals("ready")).toList();
    assertThat(caught).as("the tracer traces").contains("traces /bin/busybox | own |  | 0");
    return caught;
  }

  /**
   * CVE-2016-9962: between joining the container and being confined, a process has privileges and
   * files of the node.
   */
  @Test
  void execCannotBeTracedBeforeItIsConfined(Testbed testbed) throws Exception {
    withTracer(
        testbed,
        image ->
            assertThat(caught(testbed, image, "tracer"))
                .allMatch(line -> line.matches("(sees|traces) /bin/busybox \\| own \\|  \\| 0")));
  }

  /** With CAP_SYS_PTRACE the tracer may trace every process that it sees. */
  @Test
  void execIsConfinedBeforeATracerSeesIt(Testbed testbed) throws Exception {
    withTracer(
        testbed,
        image ->
            assertThat(caught(testbed, image, "privileged-tracer", "SYS_PTRACE"))
                .allMatch(line -> line.matches("[^|]* \\| own \\|  \\| 0")));
  }

  /** The containers share their pod's pid namespace. Needs Linux 6.17. */
  @Test
  void startingContainerIsConfinedBeforeOthersSeeIt(Testbed testbed) throws Exception {
    String kernel = System.getProperty("os.version");
    String[] version = kernel.split("[.-]", 3);
    int number = Integer.parseInt(version[0]) * 1_000 + Integer.parseInt(version[1]);
    Assumptions.assumeTrue(number >= 6_017, "proc of another pid namespace");
    PodSandboxConfig.Builder config = testbed.podConfig("shared-tracer", NamespaceMode.NODE);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    withTracer(
        testbed,
        image -> {
          Pod pod = testbed.runPod(config.build());
          testbed.runContainer(pod, tracer(testbed, pod, image, "SYS_PTRACE"));
          Await.until("the tracer is ready", () -> logged(pod, "tracer").contains("ready"));
          for (int i = 0; i < 30; i++) {
            testbed.runContainer(pod, "victim-" + i, List.of("sleep", "0.01"));
          }
          assertThat(logged(pod, "tracer"))
              .contains("traces /bin/busybox | own |  | 0")
              .filteredOn(line -> !line.equals("ready"))
              .allMatch(line -> line.matches("[^|]* \\| own \\|  \\| 0"));
        });
  }

  /** CVE-2019-19921, CVE-2023-27561. */
  @Test
  void procThatIsASymlinkIsRefused(Testbed testbed) throws Exception {
    withImage(
        testbed,
        "proc-link:1",
        "rmdir proc && mkdir -p fake/self/attr && ln -s fake proc",
        image -> {
          Pod pod = testbed.runPod("proc-link", NamespaceMode.NODE);
          assertThat(
                  failure(
                          () ->
                              testbed.runContainer(
                                  pod,
                                  Requests.container(
                                          pod.config(), "c", image, List.of("cat", "/proc/mounts"))
                                      .build()))
                      .getDescription())
              .contains("/proc");
        });
  }

  /**
   * CVE-2026-41579, CVE-2024-5154: files that the runtime creates in these directories must be
   * created in the container.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dev", "etc", "sys"})
  void symlinkInPlaceOfADirectoryDoesNotLeadOutOfTheContainer(String directory, Testbed testbed)
      throws Exception {
    Path victim = Files.createDirectories(testbed.node().directory().resolve("victim"));
    withImage(
        testbed,
        "link-" + directory + ":1",
        "rm -rf " + directory + " && ln -s " + victim + " " + directory,
        image -> {
          Pod pod = testbed.runPod("link-" + directory, NamespaceMode.NODE);
          try {
            testbed.runContainer(
                pod, Requests.container(pod.config(), "c", image, List.of("true")).build());
          } catch (StatusRuntimeException refused) {
            assertThat(refused.getStatus().getDescription()).isNotBlank();
          }
          assertThat(victim).isEmptyDirectory();
        });
    Files.delete(victim);
  }

  /** CVE-2025-31133: a container must not be able to choose the file that masks a path. */
  @Test
  void maskedPathIsEmptyAlthoughAVolumeReplacesDevNull(Testbed testbed) throws Exception {
    Path devices = Files.createDirectories(testbed.node().directory().resolve("fake-dev"));
    Files.createSymbolicLink(devices.resolve("null"), Path.of("/etc/group"));
    Pod pod = testbed.runPod("mask", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        container(testbed, pod, "reader", "wc -c </proc/timer_list; echo done")
            .addMounts(Mount.newBuilder().setHostPath(devices.toString()).setContainerPath("/dev"));
    config.getLinuxBuilder().getSecurityContextBuilder().addMaskedPaths("/proc/timer_list");
    String container = testbed.runContainer(pod, config.build());
    testbed.awaitExited(container);
    assertThat(logged(pod, "reader")).containsExactly("0", "done");
    Files.delete(devices.resolve("null"));
    Files.delete(devices);
  }

  /** CVE-2025-31133 as a race: another container changes the volume while this one starts. */
  @Test
  void maskedPathIsEmptyWhileAVolumeOverDevChanges(Testbed testbed) throws Exception {
    Path devices = Files.createDirectories(testbed.node().directory().resolve("raced-dev"));
    Pod pod = testbed.runPod("mask-race", NamespaceMode.NODE);
    Mount.Builder volume = Mount.newBuilder().setHostPath(devices.toString());
    testbed.runContainer(
        pod,
        container(
                testbed,
                pod,
                "racer",
                "cd /v; echo racing; while :; do ln -sfn /proc/timer_list null; rm -f null;"
                    + " ln -sfn /etc/group null; rm -f null; mknod null c 1 3; done")
            .addMounts(volume.clone().setContainerPath("/v"))
            .build());
    Await.until("the race is on", () -> logged(pod, "racer").contains("racing"));
    for (int round = 0; round < 40; round++) {
      String name = "victim-" + round;
      ContainerConfig.Builder victim =
          container(testbed, pod, name, "wc -c </proc/timer_list; cat /etc/group | wc -l")
              .addMounts(volume.clone().setContainerPath("/dev"));
      victim.getLinuxBuilder().getSecurityContextBuilder().addMaskedPaths("/proc/timer_list");
      testbed.awaitExited(testbed.runContainer(pod, victim.build()));
      assertThat(logged(pod, name)).hasSize(2).startsWith("0").doesNotHaveDuplicates();
    }
    testbed.removeAllPods();
    testbed.node().run("rm", "-r", devices.toString()).orThrow();
  }

  /**
   * CVE-2025-52565: a file in the place of the terminal is not opened, and does not become the
   * container user's.
   */
  @Test
  void terminalIsNotTakenFromAVolumeOverDev(Testbed testbed) throws Exception {
    Path devices = Files.createDirectories(testbed.node().directory().resolve("fake-pts"));
    Path pts = Files.createDirectories(devices.resolve("pts"));
    Path loot = Files.writeString(pts.resolve("0"), "loot");
    Files.createSymbolicLink(pts.resolve("ptmx"), Path.of("0"));
    Pod pod = testbed.runPod("terminal", NamespaceMode.NODE);
    ContainerConfig.Builder config =
        container(testbed, pod, "c", "true")
            .setTty(true)
            .addMounts(Mount.newBuilder().setHostPath(devices.toString()).setContainerPath("/dev"));
    assertThat(failure(() -> testbed.runContainer(pod, config.build())).getDescription())
        .contains("terminal");
    assertThat(loot).hasContent("loot");
    testbed.removeAllPods();
    testbed.node().run("rm", "-r", devices.toString()).orThrow();
  }

  /** CVE-2020-15257. */
  @Test
  void runtimeHasNoSocketThatAHostNetworkPodCanReach(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("sockets", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    Set<String> abstractSockets =
        testbed
            .exec(container, "cat", "/proc/net/unix")
            .getStdout()
            .toStringUtf8()
            .lines()
            .map(line -> line.split(" +", 8))
            .filter(fields -> fields.length == 8 && fields[7].startsWith("@"))
            .map(fields -> "socket:[" + fields[6] + "]")
            .collect(Collectors.toSet());
    List<String> ours =
        testbed
            .node()
            .run(
                "sh",
                "-c",
                "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline 2>/dev/null) in"
                    + " *jukung*) readlink $p/fd/* 2>/dev/null;; esac; done; true")
            .orThrow()
            .lines()
            .filter(file -> file.startsWith("socket:"))
            .toList();
    assertThat(ours).as("sockets of the daemon and its shims").hasSizeGreaterThan(2);
    assertThat(ours)
        .as("abstract sockets, which every process of the network can reach")
        .noneMatch(abstractSockets::contains);
    String open =
        testbed
            .node()
            .run(
                "find",
                testbed.daemon().state().toString(),
                testbed.daemon().root().toString(),
                "-type",
                "s",
                "!",
                "-path",
                testbed.daemon().socket().toString(),
                "-perm",
                "/0077")
            .orThrow();
    assertThat(open).as("sockets that others may use").isEmpty();
  }

  /** CVE-2024-25621. */
  @Test
  void unprivilegedHostUserSeesNoFilesOfTheRuntime(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("private", NamespaceMode.POD);
    testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    String nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
    for (Path directory : List.of(testbed.daemon().root(), testbed.daemon().state())) {
      String seen =
          testbed
              .node()
              .run(
                  "sh",
                  "-c",
                  "chmod 711 \"$2\"; "
                      + nobody
                      + "find \"$1\" -mindepth 1 2>/dev/null; "
                      + nobody
                      + "sh -c 'cat \"$1\"/*' sh \"$1\" 2>/dev/null",
                  "sh",
                  directory.toString(),
                  testbed.node().directory().toString())
              .stdout();
      assertThat(seen).as("%s as nobody sees it", directory).isEmpty();
    }
    assertThat(
            testbed
                .node()
                .run(
                    "find",
                    testbed.daemon().root().toString(),
                    testbed.daemon().state().toString(),
                    "-maxdepth",
                    "0",
                    "-perm",
                    "/0066")
                .orThrow())
        .as("directories that others may list or write")
        .isEmpty();
  }
}
