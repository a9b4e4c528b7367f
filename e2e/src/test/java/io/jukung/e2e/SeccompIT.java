package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.grpc.Status;
import io.jukung.cri.v1.Capability;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.Int64Value;
import io.jukung.cri.v1.LinuxContainerConfig;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.Mount;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Seccomp profiles of containers. */
@ExtendWith(Testbed.Extension.class)
class SeccompIT {
  private static final String NO_CHMOD =
      """
      {"defaultAction": "SCMP_ACT_ALLOW",
       "syscalls": [{"names": ["chmod", "fchmod", "fchmodat", "fchmodat2"],
                     "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
      """;

  private static LinuxContainerSecurityContext.Builder plain() {
    return LinuxContainerSecurityContext.newBuilder();
  }

  private static LinuxContainerSecurityContext.Builder with(ProfileType type) {
    return plain().setSeccomp(SecurityProfile.newBuilder().setProfileType(type));
  }

  private static LinuxContainerSecurityContext.Builder with(Path profile) {
    return plain()
        .setSeccomp(
            SecurityProfile.newBuilder()
                .setProfileType(ProfileType.Localhost)
                .setLocalhostRef(profile.toString()));
  }

  private static Path profile(Testbed testbed, String content) throws IOException {
    Path directory = Files.createDirectories(testbed.node().directory().resolve("seccomp"));
    return Files.writeString(directory.resolve("profile.json"), content);
  }

  private static ContainerConfig sleeper(
      Testbed testbed, Pod pod, LinuxContainerSecurityContext.Builder security) {
    security.setNamespaceOptions(
        pod.config().getLinux().getSecurityContext().getNamespaceOptions());
    return Requests.container(pod.config(), "sleeper", testbed.busybox(), List.of("sleep", "1000"))
        .setLinux(LinuxContainerConfig.newBuilder().setSecurityContext(security))
        .build();
  }

  /** The seccomp mode (proc_pid_status(5)) of process 1 and of an exec, which must be the same. */
  private static String mode(
      Testbed testbed, String name, LinuxContainerSecurityContext.Builder security)
      throws Exception {
    Pod pod = testbed.runPod(name, NamespaceMode.NODE);
    String container = testbed.runContainer(pod, sleeper(testbed, pod, security));
    String modes =
        testbed
            .exec(container, "grep", "-h", "^Seccomp:", "/proc/1/status", "/proc/self/status")
            .getStdout()
            .toStringUtf8();
    List<String> lines = modes.lines().map(line -> line.replaceAll("\\D", "")).toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).as("mode of an exec").isEqualTo(lines.get(0));
    return lines.get(0);
  }

  @Test
  void noProfileAndUnconfinedInstallNoFilter(Testbed testbed) throws Exception {
    assertThat(mode(testbed, "none", plain())).isEqualTo("0");
    assertThat(mode(testbed, "unconfined", with(ProfileType.Unconfined))).isEqualTo("0");
  }

  @Test
  @SuppressWarnings("deprecation")
  void runtimeDefaultInstallsAFilterForEveryUser(Testbed testbed) throws Exception {
    assertThat(mode(testbed, "root", with(ProfileType.RuntimeDefault))).isEqualTo("2");
    assertThat(mode(testbed, "old-field", plain().setSeccompProfilePath("runtime/default")))
        .isEqualTo("2");
    Int64Value user = Int64Value.newBuilder().setValue(1234).build();
    assertThat(mode(testbed, "user", with(ProfileType.RuntimeDefault).setRunAsUser(user)))
        .isEqualTo("2");
    assertThat(
            mode(
                testbed,
                "no-new-privs",
                with(ProfileType.RuntimeDefault).setRunAsUser(user).setNoNewPrivs(true)))
        .isEqualTo("2");
  }

  @Test
  void runtimeDefaultRefusesNewNamespacesWithoutSysAdmin(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("namespaces", NamespaceMode.NODE);
    String container =
        testbed.runContainer(pod, sleeper(testbed, pod, with(ProfileType.RuntimeDefault)));
    ExecSyncResponse refused = testbed.exec(container, "unshare", "-r", "true");
    assertThat(refused.getExitCode()).isNotZero();
    assertThat(refused.getStderr().toStringUtf8()).contains("Operation not permitted");
    assertThat(testbed.exec(container, "sh", "-c", "(sleep 0 & wait); ls / | cat").getExitCode())
        .as("what ordinary programs do")
        .isZero();
    Pod other = testbed.runPod("administrator", NamespaceMode.NODE);
    String administrator =
        testbed.runContainer(
            other,
            sleeper(
                testbed,
                other,
                with(ProfileType.RuntimeDefault)
                    .setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"))));
    assertThat(testbed.exec(administrator, "unshare", "-m", "true").getExitCode()).isZero();
  }

  @Test
  void localhostProfileAppliesToContainerAndExec(Testbed testbed) throws Exception {
    Path profile = profile(testbed, NO_CHMOD);
    Pod pod = testbed.runPod("localhost", NamespaceMode.NODE);
    String container = testbed.runContainer(pod, sleeper(testbed, pod, with(profile)));
    Files.delete(profile); // the file must not be read again
    ExecSyncResponse refused = testbed.exec(container, "chmod", "400", "/tmp");
    assertThat(refused.getExitCode()).isNotZero();
    assertThat(refused.getStderr().toStringUtf8()).contains("No space left on device");
    testbed.killAndRestartDaemon();
    assertThat(testbed.exec(container, "chmod", "400", "/tmp").getExitCode())
        .as("after the daemon was killed")
        .isNotZero();
    assertThat(testbed.exec(container, "mkdir", "/made").getExitCode()).isZero();
  }

  @Test
  void privilegedContainerIgnoresItsProfile(Testbed testbed) throws Exception {
    PodSandboxConfig.Builder config = testbed.podConfig("privileged", NamespaceMode.NODE);
    config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    Pod pod = testbed.runPod(config.build());
    String container =
        testbed.runContainer(
            pod, sleeper(testbed, pod, with(profile(testbed, NO_CHMOD)).setPrivileged(true)));
    assertThat(testbed.exec(container, "chmod", "700", "/tmp").getExitCode()).isZero();
  }

  @Test
  void unusableProfileFailsTheCreation(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("wrong", NamespaceMode.NODE);
    Path missing = testbed.node().directory().resolve("no-such-profile.json");
    Status status =
        failure(() -> testbed.createContainer(pod, sleeper(testbed, pod, with(missing))));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("seccomp", missing.toString(), "no such file");
    for (String broken :
        List.of(
            "{",
            "{\"defaultAction\": \"SCMP_ACT_SHRUG\"}",
            "{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}")) {
      Path profile = profile(testbed, broken);
      status = failure(() -> testbed.createContainer(pod, sleeper(testbed, pod, with(profile))));
      assertThat(status.getCode()).as(broken).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).as(broken).contains("seccomp");
    }
    assertThat(testbed.containers()).isEmpty();
  }

  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_ALG = 38;
  private static final int AF_VSOCK = 40;
  private static final int EPERM = 1;

  /** Runs a program in the container; its exit code is 0, or the error number of socket(2). */
  private static int socket(Testbed testbed, String container, Path volume, byte[] program)
      throws Exception {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "the programs are for x86");
    Path file = Files.write(volume.resolve("make-socket"), program);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return testbed.exec(container, "/probe/make-socket").getExitCode();
  }

  @Test
  void upperHalfOfTheFamilyDoesNotOpenForbiddenSockets(Testbed testbed) throws Exception {
    Path volume = Files.createDirectories(testbed.node().directory().resolve("probe"));
    Pod pod = testbed.runPod("sockets", NamespaceMode.NODE);
    ContainerConfig config =
        sleeper(testbed, pod, with(ProfileType.RuntimeDefault)).toBuilder()
            .addMounts(Mount.newBuilder().setHostPath(volume.toString()).setContainerPath("/probe"))
            .build();
    String container = testbed.runContainer(pod, config);
    for (long upper : new long[] {0, 1L << 32, 1L << 63, -1L << 32}) {
      for (int family : new int[] {AF_UNIX, AF_INET}) {
        assertThat(socket(testbed, container, volume, SocketProgram.x86(family | upper)))
            .as("family %x", family | upper)
            .isZero();
      }
      for (int family : new int[] {AF_ALG, AF_VSOCK}) {
        assertThat(socket(testbed, container, volume, SocketProgram.x86(family | upper)))
            .as("family %x", family | upper)
            .isEqualTo(EPERM);
      }
    }
  }
}
