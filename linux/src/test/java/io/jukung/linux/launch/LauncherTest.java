package io.jukung.linux.launch;

import static io.jukung.linux.fs.Fd.CLOSE_RANGE_CLOEXEC;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_FS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;
import static io.jukung.linux.libc.CloneFlags.CLONE_PARENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.OpenDescriptors;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.io.Pipe;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Memory;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Children;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Launches real processes. The tests with namespaces need root. */
class LauncherTest {
  @Test
  void launchedCommandWritesToItsStandardOutput() throws Exception {
    assertThat(output(Program.empty(), command(List.of("/bin/echo", "hello")), 0))
        .isEqualTo("hello\n");
  }

  @Test
  void prepareProgramRunsOnAThreadOfItsOwn() throws Exception {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("own host name", Syscall.UNSHARE, imm(CLONE_NEWUTS));
    prepare.step("name it", Syscall.SETHOSTNAME, prepare.string("boat"), imm(4));
    String before = Files.readString(Path.of("/proc/sys/kernel/hostname"));
    assertThat(output(prepare.build(), command(List.of("/bin/hostname")), 0)).isEqualTo("boat\n");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/hostname"))).isEqualTo(before);
  }

  @Test
  void newPidNamespaceMakesTheProcessItsInit() throws Exception {
    List<String> shell = List.of("/bin/sh", "-c", "echo $$");
    assertThat(output(Program.empty(), command(shell), CLONE_NEWPID)).isEqualTo("1\n");
  }

  @Test
  void onlyStandardDescriptorsReachTheCommand() throws Exception {
    String listing =
        output(Program.empty(), command(List.of("/bin/sh", "-c", "echo /proc/$$/fd/*")), 0);
    assertThat(listing.trim().split(" "))
        .allSatisfy(path -> assertThat(path).matches("/proc/\\d+/fd/[0123]"))
        .hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void signalsAreUnblockedAndNotIgnored() throws Exception {
    String status =
        output(
            Program.empty(),
            command(List.of("/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status")),
            0);
    assertThat(status).containsPattern("SigBlk:\\s+0{16}").containsPattern("SigIgn:\\s+0{16}");
  }

  @Test
  void failureNamesThePrepareStep() {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("fine", Syscall.GETPID);
    prepare.step("not fine", Syscall.CHDIR, prepare.string("/proc/nonexistent"));
    assertFails(
        prepare.build(),
        command(List.of("/bin/true")),
        LaunchFailure.Phase.PREPARE,
        1,
        Errno.ENOENT);
  }

  @Test
  void failureNamesTheConfineStepAndNoProcessIsLeft() throws Exception {
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("fine", Syscall.GETPID);
    confine
        .step("tolerated", Syscall.CHDIR, confine.string("/proc/nonexistent"))
        .tolerate(Errno.ENOENT);
    confine.step("not fine", Syscall.CHDIR, confine.string("/etc/passwd"));
    assertFails(Program.empty(), confine.build(), LaunchFailure.Phase.CONFINE, 2, Errno.ENOTDIR);
    assertThat(children()).isEmpty();
  }

  @Test
  void toleratedErrorSkipsTheStepsThatNeedSuccess() throws Exception {
    for (String directory : List.of("/", "/etc/passwd")) {
      ProgramBuilder confine = new ProgramBuilder();
      confine
          .step("enter", Syscall.CHDIR, confine.string(directory))
          .tolerate(Errno.ENOTDIR)
          .ifItSucceeds(() -> say(confine, "directory "), () -> say(confine, "file "));
      ProgramBuilder prepare = new ProgramBuilder();
      prepare.step("own directory", Syscall.UNSHARE, imm(CLONE_FS));
      prepare
          .step("enter", Syscall.CHDIR, prepare.string(directory))
          .tolerate(Errno.ENOTDIR)
          .ifItSucceeds(() -> say(prepare, "directory "));
      String expected = directory.equals("/") ? "directory directory end\n" : "file end\n";
      assertThat(output(prepare.build(), command(confine, List.of("/bin/echo", "end")), 0))
          .isEqualTo(expected);
    }
  }

  private static void say(ProgramBuilder program, String text) {
    for (int i = 0; i < text.length(); i++) { // more than one step is skipped
      program.step(
          "say",
          Syscall.WRITE,
          reg(Register.STDOUT),
          program.string(text.substring(i, i + 1)),
          imm(1));
    }
  }

  @Test
  void unexpectedResultIsAFailure() {
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("closed gate", Syscall.GETPID).expect(0);
    assertFails(Program.empty(), confine.build(), LaunchFailure.Phase.CONFINE, 0, Errno.EPROTO);
  }

  @Test
  void programContinuesInTheChildThatItForks() throws Exception {
    List<String> shell = List.of("/bin/sh", "-c", "echo $$");
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("own pid namespace", Syscall.UNSHARE, imm(CLONE_NEWPID));
    confine.step("go on in it", Syscall.CLONE, imm(CLONE_PARENT)).forks();
    assertThat(output(Program.empty(), command(confine, shell), 0)).isEqualTo("1\n");
    assertThat(children()).isEmpty();
  }

  @Test
  void failureAfterAForkNamesItsStepAndNoProcessIsLeft() throws Exception {
    ProgramBuilder confine = new ProgramBuilder();
    confine.step("fork", Syscall.CLONE, imm(CLONE_PARENT)).forks();
    confine.step("not fine", Syscall.CHDIR, confine.string("/proc/nonexistent"));
    for (int i = 0; i < 20; i++) { // the two reports may come in either order
      assertFails(Program.empty(), confine.build(), LaunchFailure.Phase.CONFINE, 1, Errno.ENOENT);
    }
    assertThat(children()).isEmpty();
  }

  /** A container that may trace the child could write such a report to its pipe. */
  @Test
  void reportedProcessThatIsNotAChildIsRefused() throws Exception {
    ProgramBuilder confine = new ProgramBuilder();
    Arg report = confine.words("{step=0, pid=1}", -1L << 32);
    confine.step("lie", Syscall.WRITE, reg(Register.ERROR_PIPE), report, imm(8));
    assertThatThrownBy(() -> output(Program.empty(), command(confine, List.of("/bin/true")), 0))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("process 1 was reported");
    assertThat(children()).isEmpty();
  }

  @Test
  void forkInAPrepareProgramIsRefused() {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("fork", Syscall.CLONE, imm(CLONE_PARENT)).forks();
    assertThatThrownBy(() -> output(prepare.build(), command(List.of("/bin/true")), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void structFieldIsSetFromARegister() throws Exception {
    ProgramBuilder prepare = new ProgramBuilder();
    prepare.step("open", Syscall.OPENAT, imm(-100), prepare.string("/"), imm(0x280000)).into(9);
    prepare.step(
        "show it",
        Syscall.WRITE,
        reg(Register.STDOUT),
        prepare.wordsWithRegister("x", 1, 9, 7, 8),
        imm(16));
    prepare.step("close", Syscall.CLOSE, reg(9)).clears(9);
    byte[] written = outputBytes(prepare.build(), command(List.of("/bin/true")), 0);
    ByteBuffer words = ByteBuffer.wrap(written).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(words.getLong(0)).isEqualTo(7);
    assertThat(words.getLong(8)).isBetween(3L, 65535L);
  }

  @Test
  void handshakeRunsWhileTheProcessWaits() throws Exception {
    ProgramBuilder confine = new ProgramBuilder().inherit(Register.GATE);
    Arg byteRead = confine.words("byte", 0);
    confine.step("wait", Syscall.READ, reg(Register.GATE), byteRead, imm(1)).expect(1);
    Program program = command(confine, List.of("/bin/true"));
    try (Pipe gate = Pipe.open()) {
      long[] registers = Launcher.noRegisters();
      registers[Register.STDOUT] = gate.reader().number(); // written to by nobody
      registers[Register.GATE] = gate.reader().number();
      Launcher.Request request =
          new Launcher.Request(
              Program.empty().encode(Arch.CURRENT),
              program.encode(Arch.CURRENT),
              0,
              null,
              registers);
      AtomicInteger met = new AtomicInteger();
      Launcher.Launched launched =
          Launcher.launch(
              request,
              pid -> {
                met.set(pid);
                gate.writer().write(new byte[1]);
              });
      assertThat(met).hasValue(launched.pid());
      reap(launched);
      assertThatThrownBy(
              () ->
                  Launcher.launch(
                      request,
                      pid -> {
                        throw new IOException("no");
                      }))
          .hasMessage("no");
    }
    assertThat(children()).isEmpty();
  }

  @Test
  void failureNamesTheClonePhase() {
    assertThatThrownBy(
            () ->
                output(Program.empty(), command(List.of("/bin/true")), /* CLONE_THREAD */ 0x10000))
        .isInstanceOfSatisfying(
            LaunchFailure.class,
            failure -> assertThat(failure.phase()).isEqualTo(LaunchFailure.Phase.CLONE));
  }

  @Test
  void manyLaunchesLeaveNoDescriptorAndNoProcess() throws Exception {
    output(Program.empty(), command(List.of("/bin/true")), CLONE_NEWPID);
    List<String> before = OpenDescriptors.targets();
    for (int i = 0; i < 200; i++) {
      assertThat(output(Program.empty(), command(List.of("/bin/echo", "x")), CLONE_NEWPID))
          .isEqualTo("x\n");
    }
    assertThat(OpenDescriptors.openedSince(before)).isEmpty();
    assertThat(children()).isEmpty();
  }

  @Test
  void describedProgramShowsCallsAndPurposes() {
    ProgramBuilder program = new ProgramBuilder();
    program
        .step("open root", Syscall.OPENAT, imm(-100), program.string("/"), imm(0x280000))
        .into(9);
    program.step("go there", Syscall.FCHDIR, reg(9));
    assertThat(program.build().describe())
        .contains("r9 = openat(-100, \"/\", 0x280000)")
        .contains("# open root")
        .contains("fchdir(r9)");
  }

  @Test
  void truncatedProgramIsRefused() {
    byte[] encoded = command(List.of("/bin/true")).encode(Arch.CURRENT);
    byte[] cut = java.util.Arrays.copyOf(encoded, encoded.length - 1);
    assertThatThrownBy(
            () ->
                Launcher.launch(
                    new Launcher.Request(
                        Program.empty().encode(Arch.CURRENT),
                        cut,
                        0,
                        null,
                        Launcher.noRegisters())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertFails(
      Program prepare, Program confine, LaunchFailure.Phase phase, int step, int errno) {
    assertThatThrownBy(() -> output(prepare, confine, 0))
        .isInstanceOfSatisfying(
            LaunchFailure.class,
            failure -> {
              assertThat(failure.phase()).isEqualTo(phase);
              assertThat(failure.step()).isEqualTo(step);
              assertThat(failure.errno()).isEqualTo(errno);
            });
  }

  /**
   * Returns a confine program that sets standard output, closes the other descriptors and executes
   * the command.
   */
  private static Program command(List<String> command) {
    return command(new ProgramBuilder(), command);
  }

  private static Program command(ProgramBuilder confine, List<String> command) {
    confine.inherit(Register.STDOUT);
    confine.step("stdout", Syscall.DUP3, reg(Register.STDOUT), imm(1), imm(0));
    confine.step(
        "close the rest on exec",
        Syscall.CLOSE_RANGE,
        imm(3),
        imm(0xffffffffL),
        imm(CLOSE_RANGE_CLOEXEC));
    confine.step(
        "run the command",
        Syscall.EXECVE,
        confine.string(command.getFirst()),
        confine.pointers("argv", command),
        confine.pointers("envp", List.of("PATH=/usr/bin:/bin")));
    return confine.build();
  }

  /** Launches a process, reads all of its output and reaps it. */
  private static String output(Program prepare, Program confine, long flags) throws IOException {
    return new String(outputBytes(prepare, confine, flags));
  }

  private static byte[] outputBytes(Program prepare, Program confine, long flags)
      throws IOException {
    try (Memory ends = Memory.allocate(8)) {
      Kernel.call(Syscall.PIPE2, () -> "test", ends.address(), 0x80000, 0);
      try (Fd reader = Fd.own(ends.getInt(0));
          Fd writer = Fd.own(ends.getInt(4))) {
        long[] registers = Launcher.noRegisters();
        registers[Register.STDOUT] = writer.number();
        Launcher.Launched launched =
            Launcher.launch(
                new Launcher.Request(
                    prepare.encode(Arch.CURRENT),
                    confine.encode(Arch.CURRENT),
                    flags,
                    null,
                    registers));
        writer.close();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        for (int count; (count = reader.read(buffer, 0, buffer.length)) > 0; ) {
          text.write(buffer, 0, count);
        }
        reap(launched);
        return text.toByteArray();
      }
    }
  }

  private static void reap(Launcher.Launched launched) {
    try (Fd pidfd = launched.pidfd()) {
      Children.awaitEnd(pidfd);
    }
  }

  private static List<ProcessHandle> children() {
    return ProcessHandle.current().children().toList();
  }
}
