package io.jukung.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.runtime.spec.Spec;
import io.jukung.runtime.spec.SpecAdjuster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Launches real containers with Debian's busybox-static as their only layer; needs root. */
class LaunchCompilerTest {
  private static final int PR_SET_MEMORY_MERGE = 67;
  private static final List<String> SOME_CAPABILITIES = List.of("CAP_CHOWN", "CAP_KILL");

  @TempDir Path work;
  private Path lower;
  private LaunchCompiler compiler;

  @BeforeEach
  void layOutImage() throws IOException {
    lower = Files.createDirectories(work.resolve("lower"));
    for (String name : List.of("bin", "proc", "sys", "dev", "etc", "tmp", "work")) {
      Files.createDirectories(lower.resolve(name));
    }
    Files.copy(Path.of("/bin/busybox"), lower.resolve("bin/busybox"));
    for (String applet :
        List.of(
            "sh",
            "id",
            "cat",
            "head",
            "ls",
            "grep",
            "hostname",
            "stat",
            "touch",
            "pwd",
            "sleep",
            "mount",
            "tty")) {
      Files.createSymbolicLink(lower.resolve("bin/" + applet), Path.of("busybox"));
    }
    Files.createDirectories(work.resolve("upper"));
    Files.createDirectories(work.resolve("workdir"));
    Files.createDirectories(work.resolve("mounts/rootfs"));
    Files.createDirectories(work.resolve("mounts/mask"));
    compiler =
        new LaunchCompiler(
            work.resolve("mounts"), Path.of("/nowhere"), available(), new SeccompFilters());
  }

  @Test
  void containerHasItsOwnProcessesAndFiles() throws Exception {
    assertThat(run(spec("sh", "-c", "echo $$; cat /proc/1/comm; ls /")))
        .isEqualTo("1\nsh\nbin\ndev\netc\nproc\nsys\ntmp\nwork\n");
  }

  @Test
  void hostSeesNoMountOfTheContainer() throws Exception {
    List<String> before = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    run(spec("cat", "/proc/mounts"));
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
  }

  @Test
  void identityIsAsSpecified() throws Exception {
    assertThat(run(spec("id"))).isEqualTo("uid=1000 gid=2000 groups=3000\n");
    String status = run(spec("grep", "-E", "Cap|NoNew|Groups", "/proc/self/status"));
    assertThat(status)
        .containsPattern("CapInh:\\s+0{16}")
        .containsPattern("CapPrm:\\s+0{16}") // uid 1000: execve drops what is not ambient
        .containsPattern("CapBnd:\\s+0{14}21")
        .containsPattern("NoNewPrivs:\\s+1");
  }

  @Test
  void onlyThreeDescriptorsAreOpen() throws Exception {
    assertThat(run(spec("ls", "/proc/self/fd"))).isEqualTo("0\n1\n2\n3\n"); // 3 is ls's own
  }

  /** The daemon's unit may ask for it, and children inherit it over execve(2). */
  @Test
  void containersMergeNoPagesWithOthers() throws Exception {
    Path state = Path.of("/proc/self/ksm_stat");
    assumeTrue(Files.exists(state) && Files.readString(state).contains("ksm_merge_any"));
    Kernel.call(Syscall.PRCTL, () -> "PR_SET_MEMORY_MERGE, 1", PR_SET_MEMORY_MERGE, 1, 0);
    try {
      assertThat(run(spec("grep", "merge_any", "/proc/self/ksm_stat")))
          .isEqualTo("ksm_merge_any: no\n");
    } finally {
      Kernel.call(Syscall.PRCTL, () -> "PR_SET_MEMORY_MERGE, 0", PR_SET_MEMORY_MERGE, 0, 0);
    }
  }

  @Test
  void maskedPathsAreEmptyAndReadOnlyPathsAreReadOnly() throws Exception {
    assertThat(
            run(
                spec(
                    "sh",
                    "-c",
                    "cat /proc/kcore | head -c 1; ls /proc/acpi /proc/scsi; echo done")))
        .endsWith("done\n")
        .doesNotContain("alarm");
    assertThat(run(spec("sh", "-c", "echo 1 > /proc/sys/kernel/panic || echo refused")))
        .contains("refused");
  }

  @Test
  void maskHidesWhatASymlinkLeadsTo() throws Exception {
    Path secrets = Files.createDirectories(lower.resolve("etc/secrets"));
    Files.writeString(secrets.resolve("key"), "secret\n");
    Files.writeString(lower.resolve("etc/token"), "secret\n");
    Files.createSymbolicLink(lower.resolve("to-directory"), Path.of("/etc/secrets"));
    Files.createSymbolicLink(lower.resolve("to-file"), Path.of("../../etc/token"));
    Files.createSymbolicLink(lower.resolve("to-nothing"), Path.of("/nowhere"));
    String look =
        "ls -A /etc/secrets /to-directory; cat /etc/token /to-file;"
            + " touch /etc/secrets/x 2>/dev/null || echo read-only";
    assertThat(
            run(
                restricted(
                    spec("sh", "-c", look),
                    List.of("/to-directory", "/to-file", "/to-nothing"),
                    List.of())))
        .isEqualTo("/etc/secrets:\n\n/to-directory:\nread-only\n");
  }

  @Test
  void maskHidesADirectoryThatTheHostDoesNotHave() throws Exception {
    Path only = Files.createDirectories(lower.resolve("only-in-the-image"));
    Files.writeString(only.resolve("file"), "secret\n");
    Path etc = Files.createDirectories(lower.resolve("etc/passwd")); // a file on the host
    Files.writeString(etc.resolve("file"), "secret\n");
    Files.writeString(lower.resolve("usr"), "secret\n"); // a directory on the host
    String look = "ls -A /only-in-the-image /etc/passwd; cat /usr";
    assertThat(
            run(
                restricted(
                    spec("sh", "-c", look),
                    List.of("/only-in-the-image", "/etc/passwd", "/usr"),
                    List.of())))
        .isEqualTo("/etc/passwd:\n\n/only-in-the-image:\n");
  }

  @Test
  void pathMayBeMaskedAndMadeReadOnlyTwice() throws Exception {
    Path secrets = Files.createDirectories(lower.resolve("etc/secrets"));
    Files.writeString(secrets.resolve("key"), "secret\n");
    Files.writeString(lower.resolve("etc/token"), "secret\n");
    List<String> paths = List.of("/etc/secrets", "/etc/token", "/etc/secrets", "/etc/token");
    String look = "ls -A /etc/secrets; cat /etc/token; echo end";
    assertThat(run(restricted(spec("sh", "-c", look), paths, paths))).isEqualTo("end\n");
  }

  @Test
  void readOnlyPathsAreFilesDirectoriesLinksAndMountPoints() throws Exception {
    Path volume = Files.createDirectories(work.resolve("volume"));
    for (String directory : List.of("work", "data")) {
      Files.createDirectories(lower.resolve(directory));
    }
    Files.writeString(lower.resolve("etc/file"), "content\n");
    Files.createSymbolicLink(lower.resolve("link"), Path.of("/data"));
    String change =
        "for each in /etc/file /data/x /link/x /work/x; do"
            + " echo changed 2>/dev/null > $each || echo refused; done; echo > /etc/other; cat"
            + " /etc/file";
    Spec spec =
        with(
            spec("sh", "-c", change),
            new Spec.Mount("/work", "bind", volume.toString(), List.of("rbind")));
    List<String> readOnly = List.of("/etc/file", "/link", "/work", "/nowhere", "/etc/file/x");
    // The shell itself reports each refused redirection, too, on its closed error output.
    assertThat(run(restricted(spec, List.of(), readOnly)).lines().filter(l -> !l.contains(":")))
        .containsExactly("refused", "refused", "refused", "refused", "content");
    assertThat(volume).isEmptyDirectory();
  }

  @Test
  void maskBehindAMagicLinkIsRefused() throws Exception {
    Files.createSymbolicLink(lower.resolve("link"), Path.of("/proc/self/root"));
    assertFails(restricted(spec("id"), List.of("/link"), List.of()), "mask /link", Errno.ELOOP);
  }

  private static Spec restricted(Spec spec, List<String> masked, List<String> readOnly) {
    Spec.Linux linux = spec.linux();
    return spec.withLinux(
        new Spec.Linux(
            linux.namespaces(),
            linux.cgroupsPath(),
            linux.resources(),
            linux.devices(),
            linux.sysctl(),
            linux.rootfsPropagation(),
            masked,
            readOnly,
            linux.seccomp(),
            linux.uidMappings(),
            linux.gidMappings(),
            linux.mountLabel()));
  }

  @Test
  void volumesOnFilesOfProcReplaceThem() throws Exception {
    Path uptime = Files.writeString(work.resolve("uptime"), "1.00 2.00\n");
    Path meminfo = Files.writeString(work.resolve("meminfo"), "MemTotal: 64 kB\n");
    Spec spec =
        with(
            with(
                spec("sh", "-c", "cat /proc/uptime /proc/meminfo; head -c 4 /proc/stat"),
                new Spec.Mount("/proc/uptime", "bind", uptime.toString(), List.of("rbind", "ro"))),
            new Spec.Mount("/proc/meminfo", "bind", meminfo.toString(), List.of("rbind", "rw")));
    List<String> before = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    assertThat(run(spec)).isEqualTo("1.00 2.00\nMemTotal: 64 kB\ncpu ");
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
  }

  @Test
  void volumeInProcBehindASymlinkIsRefused() throws Exception {
    Files.delete(lower.resolve("proc"));
    Files.createSymbolicLink(lower.resolve("proc"), Path.of("tmp"));
    Files.writeString(lower.resolve("tmp/uptime"), "");
    Path uptime = Files.writeString(work.resolve("uptime"), "1.00 2.00\n");
    assertFails(
        with(
            spec("id"),
            new Spec.Mount("/proc/uptime", "bind", uptime.toString(), List.of("rbind"))),
        "mount proc on /proc",
        Errno.ELOOP);
  }

  @Test
  void volumeOfAnotherKindThanItsTargetIsNamed() throws Exception {
    Path directory = Files.createDirectories(work.resolve("directory"));
    Path file = Files.writeString(work.resolve("file"), "");
    Files.writeString(lower.resolve("etc/file"), "");
    assertFails(
        with(
            spec("id"),
            new Spec.Mount("/etc/file", "bind", directory.toString(), List.of("rbind"))),
        "mount " + directory + " on /etc/file, which is no directory",
        Errno.ENOTDIR);
    assertFails(
        with(spec("id"), new Spec.Mount("/work", "bind", file.toString(), List.of("rbind"))),
        "mount " + file + " on /work, a file on a directory",
        Errno.EISDIR);
  }

  /** The daemon, its shims and so the launch threads may be kept to some processors. */
  @Test
  void containerAndExecMayUseEveryProcessor() throws Exception {
    String allowed = "Cpus_allowed_list:\t" + everyProcessor() + "\n";
    Spec shown = spec("grep", "Cpus_allowed_list", "/proc/self/status");
    CompiledLaunch launch = compiler.container(shown, overlay(), false);
    assertThat(onFirstProcessor(() -> collect(launch, -1))).isEqualTo(allowed);
    Launcher.Launched container =
        launch(compiler.container(spec("sleep", "60"), overlay(), false), -1, -1);
    try (Fd pidfd = container.pidfd()) {
      CompiledLaunch exec = compiler.exec(shown.process(), shown.linux(), "/x", false);
      assertThat(onFirstProcessor(() -> collect(exec, pidfd.number()))).isEqualTo(allowed);
    } finally {
      ProcessHandle.of(container.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void devHasItsDeviceFilesAndLinks() throws Exception {
    assertThat(
            run(
                spec(
                    "sh",
                    "-c",
                    "echo x > /dev/null; stat -c '%F %a' /dev/null /dev/fd; echo y > /dev/stdout")))
        .isEqualTo("character special file 666\nsymbolic link 777\ny\n");
  }

  @Test
  void bindMountsKeepTheirOptions() throws Exception {
    Path volume = Files.createDirectories(work.resolve("volume"));
    Files.writeString(volume.resolve("file"), "content\n");
    Spec spec =
        with(
            spec(
                "sh",
                "-c",
                "cat /work/file; touch /work/new 2>/dev/null || echo read-only; echo $PWD"),
            new Spec.Mount("/work", "bind", volume.toString(), List.of("rbind", "ro", "rslave")));
    assertThat(run(spec)).isEqualTo("content\nread-only\n/\n");
  }

  @Test
  void programIsTheChildOfAnInitThatReapsOrphans() throws Exception {
    String script =
        "echo $$ $PPID; (sh -c 'exit 3' &); while grep -q '^State:.Z' /proc/[0-9]*/status;"
            + " do :; done 2>/dev/null; grep SigBlk /proc/self/status; exit 0";
    assertThat(run(withInit(spec("sh", "-c", script))))
        .isEqualTo("2 1\nSigBlk:\t0000000000000000\n");
    assertFails(withInit(spec("no-such-command")), "run the command", Errno.ENOENT);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1000})
  void initHasNoMoreCapabilitiesThanTheProgram(int uid) throws Exception {
    Spec plain =
        spec("grep", "-h", "-E", "^Uid|^Cap(Prm|Eff)", "/proc/1/status", "/proc/self/status");
    Spec.Process process = plain.process();
    Spec spec =
        withProcess(
            plain,
            new Spec.Process(
                false,
                new Spec.User(uid, 0, null, List.of()),
                process.args(),
                process.env(),
                "/",
                process.capabilities(),
                List.of(),
                false,
                null,
                null,
                null));
    List<String> lines = run(withInit(spec)).lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.subList(0, 3)).isEqualTo(lines.subList(3, 6));
  }

  private static Spec withInit(Spec spec) {
    return new SpecAdjuster(spec, "test").annotation(Spec.INIT, "true").result();
  }

  @Test
  void linksInAVolumeLeadNowhereElseWhenADirectoryOfItIsMounted() throws Exception {
    Path volume = Files.createDirectories(work.resolve("volume"));
    Files.createDirectories(volume.resolve("data/deep"));
    Files.writeString(volume.resolve("data/deep/file"), "content\n");
    Files.createSymbolicLink(volume.resolve("inside"), Path.of("/data/deep"));
    Files.createSymbolicLink(volume.resolve("outside"), Path.of("/etc"));
    for (String part : List.of("data/deep", "inside")) {
      assertThat(run(withPart(volume, part, "rbind", "ro"))).isEqualTo("file\ncontent\n");
    }
    assertThat(run(withPart(volume, "data/deep", "rbind", "rslave"))).contains("content");
    String purpose = "find outside of " + volume;
    assertFails(withPart(volume, "outside", "rbind"), purpose, Errno.ENOENT);
  }

  private Spec withPart(Path volume, String part, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("X-mount.subdir=" + part);
    return with(
        spec("sh", "-c", "ls /work; cat /work/file"),
        new Spec.Mount("/work", "bind", volume.toString(), all));
  }

  @Test
  void partOfAnImageIsMountedReadOnly() throws Exception {
    Path top = Files.createDirectories(work.resolve("top"));
    Path bottom = Files.createDirectories(work.resolve("bottom"));
    Files.createDirectories(bottom.resolve("data/deep"));
    Files.writeString(bottom.resolve("data/deep/file"), "content\n");
    Files.createSymbolicLink(top.resolve("link"), Path.of("/../data"));
    List<String> before = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    Spec spec =
        with(
            spec(
                "sh",
                "-c",
                "ls /work; cat /work/deep/file; touch /work/new 2>/dev/null || echo read-only"),
            new Spec.Mount(
                "/work",
                "overlay",
                "sha256:1",
                List.of(
                    "ro",
                    "nodev",
                    "lowerdir+=" + top,
                    "lowerdir+=" + bottom,
                    "X-mount.subdir=link")));
    assertThat(run(spec)).isEqualTo("deep\ncontent\nread-only\n");
    assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
  }

  @Test
  void mountPointsInsideVolumesAreMade() throws Exception {
    Path volume = Files.createDirectories(work.resolve("volume"));
    Path file = Files.writeString(work.resolve("file"), "inner\n");
    Spec spec =
        with(
            with(
                spec("sh", "-c", "cat /work/a/b/file"),
                new Spec.Mount("/work", "bind", volume.toString(), List.of("rbind"))),
            new Spec.Mount("/work/a/b/file", "bind", file.toString(), List.of("rbind")));
    assertThat(run(spec)).isEqualTo("inner\n");
    assertThat(volume.resolve("a/b/file")).isEmptyFile();
  }

  @Test
  void procBehindASymlinkIsRefused() throws Exception {
    Files.delete(lower.resolve("proc"));
    Files.createSymbolicLink(lower.resolve("proc"), Path.of("tmp"));
    assertFails(spec("id"), "mount proc on /proc", Errno.ELOOP);
  }

  @Test
  void unknownCommandFailsWithEnoent() {
    assertThatThrownBy(() -> run(spec("no-such-command")))
        .isInstanceOfSatisfying(
            LaunchFailure.class, failure -> assertThat(failure.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void magicLinkAsWorkingDirectoryIsRefused() {
    for (int fd = 0; fd < 20; fd++) {
      Spec spec = spec("pwd");
      Spec.Process process = spec.process();
      Spec moved = withProcess(spec, copy(process, "/proc/self/fd/" + fd, process.terminal()));
      assertThatThrownBy(() -> run(moved)).isInstanceOf(LaunchFailure.class);
    }
  }

  @Test
  void terminalBecomesTheControllingTerminal() throws Exception {
    Spec spec = spec("sh", "-c", "tty; stat -c %U:%G /dev/console >/dev/null && echo console");
    Spec.Process process = spec.process();
    Spec withTerminal = withProcess(spec, copy(process, "/", true));
    assertThat(run(withTerminal)).isEqualTo("/dev/pts/0\r\nconsole\r\n");
  }

  @Test
  void execJoinsTheContainer() throws Exception {
    Spec spec = spec("sleep", "60");
    Launcher.Launched container = launch(compiler.container(spec, overlay(), false), -1, -1);
    try (Fd pidfd = container.pidfd()) {
      Spec.Process process =
          copy(
              spec("sh", "-c", "echo $$ > /tmp/x; cat /proc/1/comm /proc/self/cgroup").process(),
              "/tmp",
              false);
      Spec.Process asRoot =
          new Spec.Process(
              false,
              new Spec.User(0, 0, null, List.of()),
              process.args(),
              process.env(),
              "/tmp",
              process.capabilities(),
              List.of(),
              true,
              100,
              null,
              null);
      assertThat(collect(compiler.exec(asRoot, spec.linux(), "/x", false), pidfd.number()))
          .startsWith("sleep\n");
      assertThat(work.resolve("upper/tmp/x")).exists();
    } finally {
      ProcessHandle.of(container.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void descriptionDoesNotShowTheEnvironment() throws IOException {
    Spec spec = spec("id");
    CompiledLaunch launch = compiler.container(spec, overlay(), false);
    assertThat(launch.describe())
        .contains("pivot_root(\".\", \".\")")
        .contains("setresuid(0x3e8, 0x3e8, 0x3e8)")
        .doesNotContain("hunter2");
  }

  /** Allows only execve and what the command needs, so that a launch must not need more. */
  private static final Spec.Seccomp FEW_CALLS =
      new Spec.Seccomp(
          "SCMP_ACT_ERRNO",
          null,
          List.of(),
          List.of(),
          List.of(
              new Spec.SeccompRule(
                  List.of(
                      "execve",
                      "arch_prctl",
                      "brk",
                      "close",
                      "exit_group",
                      "fstat",
                      "mmap",
                      "mprotect",
                      "newfstatat",
                      "open",
                      "openat",
                      "read",
                      "sendfile",
                      "write"),
                  "SCMP_ACT_ALLOW",
                  null,
                  List.of())));

  @ParameterizedTest
  @CsvSource({"0, true", "0, false", "1000, true", "1000, false"})
  void filterIsLoadedLastForEveryUser(int uid, boolean noNewPrivileges) throws Exception {
    Spec plain = spec("cat", "/proc/self/status");
    Spec.Process process = plain.process();
    Spec spec =
        withSeccomp(
            withProcess(
                plain,
                new Spec.Process(
                    false,
                    new Spec.User(uid, 0, null, List.of()),
                    process.args(),
                    process.env(),
                    "/",
                    process.capabilities(),
                    List.of(),
                    noNewPrivileges,
                    null,
                    null,
                    null)),
            FEW_CALLS);
    assertThat(run(spec))
        .containsPattern("Seccomp:\\s+2\n")
        .containsPattern("Seccomp_filters:\\s+1\n")
        .containsPattern("NoNewPrivs:\\s+" + (noNewPrivileges ? 1 : 0))
        .as("CAP_SYS_ADMIN is dropped")
        .containsPattern("CapEff:\\s+" + (uid == 0 ? "0{14}21" : "0{16}") + "\n")
        .containsPattern("CapPrm:\\s+" + (uid == 0 ? "0{14}21" : "0{16}") + "\n")
        .containsPattern("CapInh:\\s+0{16}\n");
  }

  @Test
  void execGetsTheFilter() throws Exception {
    Spec spec = spec("sleep", "60");
    Launcher.Launched container = launch(compiler.container(spec, overlay(), false), -1, -1);
    try (Fd pidfd = container.pidfd()) {
      Spec exec = withSeccomp(spec("cat", "/proc/self/status"), FEW_CALLS);
      CompiledLaunch launch = compiler.exec(exec.process(), exec.linux(), "/x", false);
      assertThat(collect(launch, pidfd.number())).containsPattern("Seccomp:\\s+2\n");
    } finally {
      ProcessHandle.of(container.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** The process's capabilities protect it from tracers only until it drops them. */
  @Test
  void firstStepHidesTheProcessFromTracers() throws IOException {
    Spec spec = spec("id");
    for (CompiledLaunch launch :
        List.of(
            compiler.container(spec, overlay(), false),
            compiler.exec(spec.process(), spec.linux(), "/x", false))) {
      assertThat(launch.confine().steps().getFirst().describe()).isEqualTo("prctl(4, 0)");
    }
  }

  private static final String LABEL = "system_u:system_r:container_t:s0:c1,c2";

  private static Spec.Process labelled(Spec.Process process) {
    return new Spec.Process(
        false,
        process.user(),
        process.args(),
        process.env(),
        "/",
        process.capabilities(),
        process.rlimits(),
        true,
        null,
        "jukung-default",
        LABEL);
  }

  /** Checks the steps without running them: no kernel here has both modules. */
  @Test
  void labelsAreWrittenThroughAPrivateProcFileSystem() throws IOException {
    Spec plain = spec("id");
    Spec.Linux linux = plain.linux();
    Spec spec =
        withProcess(plain, labelled(plain.process()))
            .withLinux(
                new Spec.Linux(
                    linux.namespaces(),
                    linux.cgroupsPath(),
                    linux.resources(),
                    linux.devices(),
                    linux.sysctl(),
                    linux.rootfsPropagation(),
                    linux.maskedPaths(),
                    linux.readonlyPaths(),
                    null,
                    List.of(),
                    List.of(),
                    "system_u:object_r:container_file_t:s0:c1,c2"));
    CompiledLaunch launch = compiler.container(spec, overlay(), false);
    assertThat(launch.prepare().describe())
        .contains("\"context\", \"system_u:object_r:container_file_t:s0:c1,c2\"");
    for (CompiledLaunch each :
        List.of(launch, compiler.exec(labelled(plain.process()), linux, "/x", false))) {
      assertThat(each.confine().describe())
          .containsSubsequence(
              "fsopen(\"proc\"",
              "fsmount(",
              "\"thread-self/attr/exec\", {flags=0x1, resolve=0xb}",
              "\"" + LABEL + "\"",
              "\"thread-self/attr/apparmor/exec\", {flags=0x1, resolve=0xb}",
              "\"exec jukung-default\", 0x13)",
              "setresuid(",
              "execve(");
    }
    assertThat(compiler.container(plain, overlay(), false).confine().describe())
        .doesNotContain("thread-self");
  }

  @Test
  void labelThatTheKernelRefusesFailsTheLaunch() throws Exception {
    Spec spec = spec("id");
    CompiledLaunch launch =
        compiler.container(withProcess(spec, labelled(spec.process())), overlay(), false);
    assertThatThrownBy(() -> collect(launch, -1))
        .isInstanceOfSatisfying(
            LaunchFailure.class,
            failure ->
                assertThat(launch.confine().steps().get(failure.step()).purpose())
                    .containsAnyOf("take the", "thread-self/attr/exec"));
  }

  private static Spec withSeccomp(Spec spec, Spec.Seccomp seccomp) {
    Spec.Linux linux = spec.linux();
    return spec.withLinux(
        new Spec.Linux(
            linux.namespaces(),
            linux.cgroupsPath(),
            linux.resources(),
            linux.devices(),
            linux.sysctl(),
            linux.rootfsPropagation(),
            linux.maskedPaths(),
            linux.readonlyPaths(),
            seccomp,
            linux.uidMappings(),
            linux.gidMappings(),
            linux.mountLabel()));
  }

  private void assertFails(Spec spec, String purpose, int errno) throws IOException {
    CompiledLaunch launch = compiler.container(spec, overlay(), false);
    assertThatThrownBy(() -> collect(launch, -1))
        .isInstanceOfSatisfying(
            LaunchFailure.class,
            failure -> {
              Program program =
                  failure.phase() == LaunchFailure.Phase.PREPARE
                      ? launch.prepare()
                      : launch.confine();
              assertThat(program.steps().get(failure.step()).purpose()).isEqualTo(purpose);
              assertThat(failure.errno()).isEqualTo(errno);
            });
  }

  private String run(Spec spec) throws IOException {
    return collect(compiler.container(spec, overlay(), false), -1);
  }

  private Overlay overlay() {
    return new Overlay(List.of(lower), work.resolve("upper"), work.resolve("workdir"));
  }

  private static String everyProcessor() throws Exception {
    return Files.readAllLines(Path.of("/sys/devices/system/cpu/online")).getFirst();
  }

  /** Runs the work on a thread that is kept to processor 0, as are the threads that it starts. */
  private static String onFirstProcessor(Callable<String> work) throws Exception {
    FutureTask<String> task =
        new FutureTask<>(
            () -> {
              try (Memory mask = Memory.allocate(8)) {
                mask.putLong(0, 1);
                Kernel.call(Syscall.SCHED_SETAFFINITY, () -> "{0}", 0, 8, mask.address());
              }
              return work.call();
            });
    Thread thread = new Thread(task, "kept to processor 0");
    thread.start();
    thread.join(60_000);
    return task.get(1, TimeUnit.SECONDS);
  }

  private static Launcher.Launched launch(CompiledLaunch compiled, int output, int target)
      throws IOException {
    try (Fd nothing = Fd.own(Kernel.call(Syscall.DUP, () -> "0", 0));
        Pipe unread = Pipe.open()) {
      long[] registers = Launcher.noRegisters();
      registers[Register.STDIN] = nothing.number();
      registers[Register.STDOUT] = output < 0 ? unread.writer().number() : output;
      registers[Register.STDERR] = registers[Register.STDOUT];
      registers[Register.TARGET] = target;
      return Launcher.launch(
          new Launcher.Request(
              compiled.prepare().encode(Arch.CURRENT),
              compiled.confine().encode(Arch.CURRENT),
              compiled.cloneFlags(),
              null,
              registers));
    }
  }

  /** Launches a process, reads its output to the end and reaps it. */
  private static String collect(CompiledLaunch compiled, int target) throws IOException {
    try (Pipe output = Pipe.open()) {
      Launcher.Launched launched = launch(compiled, output.writer().number(), target);
      output.writer().close();
      Fd terminal = launched.ptyMaster();
      String text = terminal == null ? readAll(output.reader()) : readAll(terminal);
      if (terminal != null) {
        terminal.close();
      }
      try (Memory info = Memory.allocate(128)) {
        Kernel.call(
            Syscall.WAITID, () -> "test", 3, launched.pidfd().number(), info.address(), 4, 0);
      }
      launched.pidfd().close();
      return text;
    }
  }

  private static String readAll(Fd fd) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[4096];
    try {
      for (int count; (count = fd.read(buffer, 0, buffer.length)) > 0; ) {
        text.append(new String(buffer, 0, count));
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.EIO)) { // a terminal's master reports this after the slave was closed
        throw e;
      }
    }
    return text.toString();
  }

  private static Spec spec(String... args) {
    Spec.Capabilities capabilities =
        new Spec.Capabilities(
            SOME_CAPABILITIES, SOME_CAPABILITIES, List.of(), SOME_CAPABILITIES, List.of());
    Spec.Process process =
        new Spec.Process(
            false,
            new Spec.User(1000, 2000, null, List.of(3000)),
            List.of(args),
            List.of("PATH=/sbin:/bin", "PASSWORD=hunter2"),
            "/",
            capabilities,
            List.of(new Spec.Rlimit("RLIMIT_NOFILE", 1024, 1024)),
            true,
            500,
            null,
            null);
    List<Spec.Mount> mounts =
        List.of(
            new Spec.Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
            new Spec.Mount(
                "/dev",
                "tmpfs",
                "tmpfs",
                List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
            new Spec.Mount(
                "/dev/pts",
                "devpts",
                "devpts",
                List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
            new Spec.Mount("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
            new Spec.Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")),
            new Spec.Mount(
                "/sys/fs/cgroup",
                "cgroup",
                "cgroup",
                List.of("nosuid", "noexec", "nodev", "relatime", "ro")));
    List<Spec.Namespace> namespaces = new ArrayList<>();
    for (String type : List.of("pid", "network", "ipc", "uts", "mount", "cgroup")) {
      namespaces.add(new Spec.Namespace(type, null));
    }
    Spec.Linux linux =
        new Spec.Linux(
            namespaces,
            "/test",
            new Spec.Resources(List.of(), null, null, null, Map.of()),
            List.of(
                new Spec.Device("/dev/null", "c", 1, 3, 0666, 0, 0),
                new Spec.Device("/dev/zero", "c", 1, 5, 0666, 0, 0)),
            Map.of(),
            null,
            List.of(
                "/proc/acpi",
                "/proc/kcore",
                "/proc/keys",
                "/proc/timer_list",
                "/proc/scsi",
                "/sys/firmware"),
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
            null,
            List.of(),
            List.of(),
            null);
    return new Spec(
        Spec.OCI_VERSION, process, new Spec.Root("rootfs", false), null, mounts, Map.of(), linux);
  }

  private static Spec with(Spec spec, Spec.Mount mount) {
    List<Spec.Mount> mounts = new ArrayList<>(spec.mounts());
    mounts.add(mount);
    return new Spec(
        spec.ociVersion(), spec.process(), spec.root(), null, mounts, Map.of(), spec.linux());
  }

  private static Spec withProcess(Spec spec, Spec.Process process) {
    return new Spec(
        spec.ociVersion(), process, spec.root(), null, spec.mounts(), Map.of(), spec.linux());
  }

  private static Spec.Process copy(Spec.Process process, String cwd, boolean terminal) {
    return new Spec.Process(
        terminal,
        process.user(),
        process.args(),
        process.env(),
        cwd,
        process.capabilities(),
        process.rlimits(),
        process.noNewPrivileges(),
        process.oomScoreAdj(),
        process.apparmorProfile(),
        process.selinuxLabel());
  }

  private static long available() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapPrm:")) {
        return Long.parseUnsignedLong(line.substring("CapPrm:".length()).trim(), 16);
      }
    }
    throw new IOException("no CapPrm in /proc/self/status");
  }
}
