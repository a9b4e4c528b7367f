package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.linux.Errno;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.process.Capability;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeccompRulesTest {
  private final SeccompRules rules = new SeccompRules();

  @TempDir Path directory;

  private Optional<Spec.Seccomp> of(
      LinuxContainerSecurityContext.Builder security, String... bounding) throws IOException {
    return rules.of(security.build(), List.of(bounding));
  }

  private static LinuxContainerSecurityContext.Builder seccomp(ProfileType type, String file) {
    return LinuxContainerSecurityContext.newBuilder()
        .setSeccomp(SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(file));
  }

  @SuppressWarnings("deprecation")
  private static LinuxContainerSecurityContext.Builder old(String path) {
    return LinuxContainerSecurityContext.newBuilder().setSeccompProfilePath(path);
  }

  private Path file(String content) throws IOException {
    return Files.writeString(directory.resolve("profile.json"), content);
  }

  private static List<Spec.SeccompRule> rulesOf(Spec.Seccomp profile, String call) {
    return profile.syscalls().stream().filter(rule -> rule.names().contains(call)).toList();
  }

  @Test
  void noProfileAndUnconfinedHaveNoFilter() throws Exception {
    assertThat(of(LinuxContainerSecurityContext.newBuilder())).isEmpty();
    assertThat(of(seccomp(ProfileType.Unconfined, ""))).isEmpty();
    assertThat(of(old("unconfined"))).isEmpty();
  }

  @Test
  void privilegedContainerHasNoFilter() throws Exception {
    assertThat(of(seccomp(ProfileType.RuntimeDefault, "").setPrivileged(true))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runtime/default", "docker/default"})
  void deprecatedNamesMeanRuntimeDefault(String path) throws Exception {
    assertThat(of(old(path))).isEqualTo(of(seccomp(ProfileType.RuntimeDefault, ""))).isPresent();
  }

  @Test
  void newFieldOverridesTheDeprecatedOne() throws Exception {
    assertThat(of(seccomp(ProfileType.Unconfined, "").mergeFrom(old("runtime/default").build())))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "CAP_SYS_ADMIN, mount",
    "CAP_SYS_CHROOT, chroot",
    "CAP_DAC_READ_SEARCH, open_by_handle_at",
    "CAP_SYS_TIME, clock_settime",
    "CAP_BPF, bpf",
    "CAP_PERFMON, perf_event_open",
    "CAP_SYSLOG, syslog"
  })
  void capabilityAllowsItsSystemCalls(String capability, String call) throws Exception {
    assertThat(rulesOf(of(seccomp(ProfileType.RuntimeDefault, "")).orElseThrow(), call)).isEmpty();
    assertThat(rulesOf(of(seccomp(ProfileType.RuntimeDefault, ""), capability).orElseThrow(), call))
        .singleElement()
        .satisfies(rule -> assertThat(rule.action()).isEqualTo("SCMP_ACT_ALLOW"));
  }

  @Test
  void newNamespacesNeedSysAdmin() throws Exception {
    Spec.Seccomp plain = of(seccomp(ProfileType.RuntimeDefault, "")).orElseThrow();
    assertThat(rulesOf(plain, "clone"))
        .singleElement()
        .satisfies(rule -> assertThat(rule.args()).hasSize(1));
    assertThat(rulesOf(plain, "clone3"))
        .singleElement()
        .satisfies(rule -> assertThat(rule.errnoRet()).isEqualTo(Errno.ENOSYS));
    Spec.Seccomp admin = of(seccomp(ProfileType.RuntimeDefault, ""), "CAP_SYS_ADMIN").orElseThrow();
    assertThat(rulesOf(admin, "clone"))
        .singleElement()
        .satisfies(rule -> assertThat(rule.args()).isEmpty());
  }

  @Test
  void someCallsAreRefusedWithAllCapabilities() throws Exception {
    Spec.Seccomp all =
        of(
                seccomp(ProfileType.RuntimeDefault, ""),
                Capability.all().stream().map(Enum::name).toArray(String[]::new))
            .orElseThrow();
    for (String call :
        List.of("io_uring_setup", "userfaultfd", "keyctl", "add_key", "kexec_load", "swapon")) {
      assertThat(rulesOf(all, call)).as(call).isEmpty();
    }
  }

  /** EMFILE would refuse a pod for a reason that is not its own. */
  @Test
  void fileThatCannotBeReadNowIsNoInvalidArgument() {
    assertThatThrownBy(
            () -> of(seccomp(ProfileType.Localhost, "/proc/self/mem"))) // pread(2) says EIO at 0
        .isInstanceOf(IOException.class)
        .hasMessageContaining("config.linux.security_context.seccomp: profile /proc/self/mem")
        .hasMessageContaining("EIO");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/no/such/file", "/etc/passwd/below", "/dev/null", "/etc"})
  void pathThatNamesNoFileIsAnInvalidArgument(String path) {
    assertThatThrownBy(() -> of(seccomp(ProfileType.Localhost, path)))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining(path);
  }

  @Test
  void fifoIsRefusedWithoutWaiting() throws Exception {
    Path fifo = directory.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> of(seccomp(ProfileType.Localhost, fifo.toString())))
        .hasMessageContaining("it is not a file");
  }

  @Test
  void localhostProfileIsParsed() throws IOException {
    Path file =
        file(
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 38,
             "architectures": ["SCMP_ARCH_X86_64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls": [{"names": ["chmod", "fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
               "args": [{"index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]}]}
            """);
    Spec.Seccomp profile = of(seccomp(ProfileType.Localhost, file.toString())).orElseThrow();
    assertThat(profile)
        .isEqualTo(
            new Spec.Seccomp(
                "SCMP_ACT_ALLOW",
                38,
                List.of("SCMP_ARCH_X86_64"),
                List.of("SECCOMP_FILTER_FLAG_LOG"),
                List.of(
                    new Spec.SeccompRule(
                        List.of("chmod", "fchmodat"),
                        "SCMP_ACT_ERRNO",
                        13,
                        List.of(
                            new Spec.SeccompArg(
                                1,
                                new BigInteger("18446744073709551615"),
                                null,
                                "SCMP_CMP_EQ"))))));
    assertThat(of(old("localhost/" + file))).contains(profile);
    assertThat(of(seccomp(ProfileType.Localhost, "localhost/" + file))).contains(profile);
  }

  @Test
  void conditionsOfRulesAreEvaluated() throws IOException {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction": "SCMP_ACT_ERRNO",
             "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X32"]},
                         {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
             "syscalls": [
               {"name": "a", "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_A", "CAP_B"]}},
               {"name": "b", "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_A"]}},
               {"name": "c", "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64", "s390x"]}},
               {"name": "d", "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
               {"name": "e", "action": "SCMP_ACT_ALLOW", "includes": {}, "excludes": {}}]}
            """
                .getBytes(StandardCharsets.UTF_8));
    Spec.Seccomp old =
        profile.resolve(new SeccompProfile.Facts(Arch.X86_64, Set.of("CAP_A"), "4.7.10"));
    assertThat(old.syscalls()).flatExtracting(Spec.SeccompRule::names).containsExactly("e");
    assertThat(old.architectures()).containsExactly("SCMP_ARCH_X86_64", "SCMP_ARCH_X32");
    Spec.Seccomp arm =
        profile.resolve(new SeccompProfile.Facts(Arch.AARCH64, Set.of(), "6.1.0-18-arm64"));
    assertThat(arm.syscalls())
        .flatExtracting(Spec.SeccompRule::names)
        .containsExactly("b", "c", "d", "e");
    assertThat(arm.architectures()).containsExactly("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM");
    assertThat(
            profile
                .resolve(new SeccompProfile.Facts(Arch.X86_64, Set.of("CAP_A", "CAP_B"), "10.0"))
                .syscalls())
        .flatExtracting(Spec.SeccompRule::names)
        .containsExactly("a", "d", "e");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|defaultAction",
        "[]|line 1, column 1",
        "{\"defaultAction\": |line 1",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\"} x|line 1",
        "{\"defaultActon\": \"SCMP_ACT_ALLOW\"}|defaultActon",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/x\"}|listenerPath",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\": \"x\"}]}|no names",
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"name\": \"x\"}]}|no action",
        "{\"defaultAction\": \"a\", \"defaultAction\": \"b\"}|Duplicate",
        "null|defaultAction",
      })
  void brokenProfileIsRefusedWithPositionAndReason(String content, String why) throws IOException {
    Path file = file(content);
    assertThatThrownBy(() -> of(seccomp(ProfileType.Localhost, file.toString())))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContainingAll("seccomp", file.toString(), why);
  }

  @ParameterizedTest
  @CsvSource({
    "/no/such/profile.json, no such file",
    "/dev/zero, not a file",
    "/etc, not a file",
    "profile.json, not an absolute path",
    "'', not an absolute path",
  })
  void unusableProfileFileIsNamed(String file, String why) throws Exception {
    assertThatThrownBy(() -> of(seccomp(ProfileType.Localhost, file)))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("seccomp", file, why);
  }

  @Test
  void unknownValueOfTheDeprecatedFieldIsRefused() throws Exception {
    assertThatThrownBy(() -> of(old("runtime/fast")))
        .isInstanceOf(CriException.class)
        .hasMessageContainingAll("seccomp_profile_path", "runtime/fast");
  }
}
