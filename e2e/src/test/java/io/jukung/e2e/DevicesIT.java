package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static io.jukung.e2e.Calls.logged;
import static io.jukung.e2e.Calls.output;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.jukung.cri.v1.CDIDevice;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.Device;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.AlsoInTestNode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices of the node in containers, requested by path or as CDI devices. */
@AlsoInTestNode
@ExtendWith(Testbed.Extension.class)
class DevicesIT {
  private static final String STAT = "stat -c '%n %F %t:%T %a %u' ";

  private static ContainerConfig.Builder shell(Testbed testbed, Pod pod, String script) {
    return Requests.container(
        pod.config(), "shell", testbed.busybox(), List.of("sh", "-c", script));
  }

  private static Device device(String host, String container, String permissions) {
    return Device.newBuilder()
        .setHostPath(host)
        .setContainerPath(container)
        .setPermissions(permissions)
        .build();
  }

  @Test
  void symlinkIsResolvedAndDirectoryStandsForAllItsDevices(Testbed testbed) throws Exception {
    Path directory = Files.createDirectories(testbed.node().directory().resolve("devices"));
    Path nodes = directory.resolve("nodes");
    Path zero = Files.createDirectories(nodes.resolve("deeper")).resolve("zero");
    testbed.node().run("mknod", zero.toString(), "c", "1", "5").orThrow();
    testbed.node().run("mknod", nodes.resolve("full").toString(), "c", "1", "7").orThrow();
    Files.writeString(nodes.resolve("a-file"), "no device");
    Path link = Files.createSymbolicLink(directory.resolve("link"), zero);
    Pod pod = testbed.runPod("devices", NamespaceMode.NODE);
    assertThat(
            output(
                testbed,
                pod,
                shell(
                        testbed,
                        pod,
                        STAT
                            + "/dev/linked; cd /dev/all && find . -type c | sort;"
                            + " head -c 3 /dev/linked | wc -c")
                    .addDevices(device(link.toString(), "/dev/linked", "rw"))
                    .addDevices(device(nodes.toString(), "/dev/all", "r"))))
        .hasSize(4)
        .satisfies(
            lines -> assertThat(lines.get(0)).startsWith("/dev/linked character special file 1:5 "))
        .endsWith("./deeper/zero", "./full", "3");
    testbed.removeAllPods();
    testbed.node().run("rm", "-r", directory.toString()).orThrow();
  }

  @Test
  void impossibleDeviceIsAnInvalidArgument(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("no-device", NamespaceMode.NODE);
    for (Device each :
        List.of(
            device("/dev/no-such", "/dev/x", "rw"),
            device("/etc/passwd", "/dev/x", "rw"),
            device("/dev/null", "/etc/x", "rw"),
            device("/dev/null", "/dev/../etc/x", "rw"),
            device("/dev/null", "/dev/x", "all"))) {
      Status status =
          failure(
              () ->
                  testbed.createContainer(
                      pod, shell(testbed, pod, "true").addDevices(each).build()));
      assertThat(status.getCode()).as("%s", each).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).contains("config.devices");
    }
    assertThat(testbed.containers()).isEmpty();
  }

  @Test
  void privilegedContainerHasTheHostsDevicesAndAWritableSys(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("privileged", NamespaceMode.NODE);
    config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    Pod pod = testbed.runPod(config.build());
    ContainerConfig.Builder container =
        shell(
            testbed,
            pod,
            "ls /dev | wc -l; grep -c '/sys .*rw' /proc/mounts;"
                + " grep CapEff /proc/self/status; mount | grep -c ' on /proc/.*ro,'");
    container
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setPrivileged(true)
        .addMaskedPaths("/proc/keys")
        .addReadonlyPaths("/proc/sys");
    List<String> lines = output(testbed, pod, container);
    assertThat(Integer.parseInt(lines.get(0)))
        .as("more devices than the dozen that every container has")
        .isGreaterThan(14);
    assertThat(lines.get(1)).isEqualTo("1");
    assertThat(lines.get(2)).doesNotContain("a80425fb");
    assertThat(lines.get(3)).isEqualTo("0");
    Pod plain = testbed.runPod("plain", NamespaceMode.NODE);
    assertThat(
            failure(
                    () -> {
                      ContainerConfig.Builder refused = shell(testbed, plain, "true");
                      refused.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
                      testbed.createContainer(plain, refused.build());
                    })
                .getDescription())
        .contains("privileged sandbox");
  }

  /** A container with CAP_SYSLOG: only the device rules keep it from reading the kernel's log. */
  private static ContainerConfig.Builder withSyslog(Testbed testbed, Pod pod, String script) {
    ContainerConfig.Builder config = shell(testbed, pod, script);
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getCapabilitiesBuilder()
        .addAddCapabilities("SYSLOG");
    return config;
  }

  /** Containers have CAP_MKNOD by default. It must not give them access to the node's disks. */
  @Test
  void containerCannotUseADeviceNodeThatItMade(Testbed testbed) throws Exception {
    String root = testbed.daemon().root().toString();
    String disk = testbed.node().run("stat", "-c", "%Hd %Ld", root).orThrow().strip();
    String script =
        "try() { mknod $1 $2 $3 $4 && echo made; (: <$1) 2>&1 && echo read;"
            + " (: >$1) 2>&1 && echo written; rm $1; }; try /disk b "
            + disk
            + "; try /kmsg c 1 11; ";
    List<String> refused =
        Stream.of("/disk", "/kmsg")
            .flatMap(
                device ->
                    Stream.of(
                        "made",
                        "sh: can't open " + device + ": Operation not permitted",
                        "sh: can't create " + device + ": Operation not permitted"))
            .toList();
    Pod pod = testbed.runPod("makes-nodes", NamespaceMode.NODE);
    String container =
        testbed.runContainer(pod, withSyslog(testbed, pod, script + "exec sleep 1000").build());
    Await.until("the script is done", () -> logged(pod, "shell").size() == refused.size());
    assertThat(logged(pod, "shell")).isEqualTo(refused);
    assertThat(testbed.exec(container, "sh", "-c", script).getStdout().toStringUtf8().lines())
        .as("in an exec")
        .containsExactlyElementsOf(refused);
  }

  @ParameterizedTest
  @CsvSource({"r, read", "w, written", "rw, read written", "m, ''"})
  void devicePermissionsAreEnforced(String permissions, String expected, Testbed testbed)
      throws Exception {
    Path kmsg = testbed.node().directory().resolve("kmsg");
    testbed.node().run("mknod", kmsg.toString(), "c", "1", "11").orThrow();
    Pod pod = testbed.runPod("permissions-" + permissions, NamespaceMode.NODE);
    String script = "(: </dev/log) && echo read; (: >/dev/log) && echo written; echo end";
    ContainerConfig.Builder config =
        withSyslog(testbed, pod, "(" + script + ") 2>/dev/null")
            .addDevices(device(kmsg.toString(), "/dev/log", permissions));
    assertThat(String.join(" ", output(testbed, pod, config)))
        .isEqualTo((expected + " end").strip());
    Files.delete(kmsg);
  }

  private static Path cdi(Testbed testbed) {
    return testbed.daemon().directory().resolve("cdi");
  }

  private static ContainerConfig.Builder withCdi(
      Testbed testbed, Pod pod, String script, String... names) {
    ContainerConfig.Builder config = shell(testbed, pod, script);
    for (String name : names) {
      config.addCDIDevices(CDIDevice.newBuilder().setName(name));
    }
    return config;
  }

  @Test
  void cdiDeviceAddsItsNodesMountsAndEnvironment(Testbed testbed) throws Exception {
    if (Daemon.isForeign()) {
      return; // another runtime may look for CDI files elsewhere
    }
    Path library = Files.writeString(testbed.node().directory().resolve("driver.so"), "driver\n");
    Files.createDirectories(cdi(testbed));
    Path file =
        Files.writeString(
            cdi(testbed).resolve("vendor.yaml"),
            """
            cdiVersion: 0.6.0
            kind: vendor.example/gpu
            containerEdits:
              env: [VENDOR=yes]
            devices:
              - name: "0"
                containerEdits:
                  env: [GPU=0]
                  deviceNodes:
                    - {path: /dev/gpu0, hostPath: /dev/zero}
                    - {path: /dev/gpu/ctl, type: c, major: 1, minor: 7, fileMode: 384, permissions: r}
                  mounts:
                    - {hostPath: %s, containerPath: /lib/driver.so, options: [ro, nosuid]}
                  additionalGids: [4444]
              - name: hooked
                containerEdits:
                  hooks: [{hookName: createContainer, path: /usr/bin/hook}]
            """
                .formatted(library));
    Pod pod = testbed.runPod("cdi", NamespaceMode.NODE);
    assertThat(
            output(
                testbed,
                pod,
                withCdi(
                    testbed,
                    pod,
                    "echo $VENDOR $GPU; stat -c %t:%T /dev/gpu0; stat -c '%t:%T %a' /dev/gpu/ctl;"
                        + " cat /lib/driver.so; id -G; (: >/lib/driver.so) 2>/dev/null || echo ro",
                    "vendor.example/gpu=0")))
        .containsExactly("yes 0", "1:5", "1:7 600", "driver", "0 4444", "ro");
    Pod other = testbed.runPod("annotated", NamespaceMode.NODE);
    assertThat(
            output(
                testbed,
                other,
                shell(testbed, other, "echo $GPU")
                    .putAnnotations("cdi.k8s.io/plugin", "vendor.example/gpu=0")))
        .containsExactly("0");
    Pod refused = testbed.runPod("refused", NamespaceMode.NODE);
    for (String name : List.of("vendor.example/gpu=1", "vendor.example/gpu=hooked", "gpu")) {
      assertThat(
              failure(
                      () ->
                          testbed.createContainer(
                              refused, withCdi(testbed, refused, "true", name).build()))
                  .getDescription())
          .contains("CDI device", name);
    }
    testbed.removeAllPods();
    Files.delete(file);
    Files.delete(library);
  }
}
