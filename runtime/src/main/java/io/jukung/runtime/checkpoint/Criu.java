package io.jukung.runtime.checkpoint;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWIPC;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNET;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.jukung.cri.CriException;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Pidfd;
import io.jukung.runtime.call.NodeProgram;
import io.jukung.runtime.config.Config;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The program CRIU of the node (criu.org), which makes images of processes. Thread-safe. */
public final class Criu {
  /** CRIU runs the firewall tools of the node while it holds established connections. */
  static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

  /**
   * After that time CRIU is killed. Not earlier: whoever kills CRIU while its code is in the
   * processes of a container damages them. The memory of the largest nodes is written in that time.
   */
  private static final Duration DUMP_LIMIT = Duration.ofMinutes(30);

  /** The end of a log, where the errors are. */
  private static final int LOG_END_BYTES = 64 << 10;

  /** CRIU logs this for want of CAP_SYS_RESOURCE, and goes on. */
  private static final String HARMLESS = "rlimit:";

  private static final String ERROR = "Error (";

  /** As many as say why: the later ones only name the callers of the function that has failed. */
  private static final int MAX_ERRORS = 2;

  private final Supplier<Config.Checkpoint> settings;

  public Criu(Supplier<Config.Checkpoint> settings) {
    this.settings = settings;
  }

  /**
   * The program.
   *
   * @param what needs it, for the error text
   * @throws CriException FAILED_PRECONDITION if it is not there
   */
  @CanIgnoreReturnValue
  Path program(String what) {
    Path program = settings.get().criu();
    if (!Files.isExecutable(program)) {
      throw CriException.failedPrecondition(
          what
              + " needs the program CRIU, and there is none at "
              + program
              + ": install it (in Debian the package criu), or name it in checkpoint.criu");
    }
    return program;
  }

  /** Whether the operator allows to restore. */
  boolean mayRestore() {
    return settings.get().restore();
  }

  /**
   * What is dumped.
   *
   * @param process the first process of the container
   * @param pid of the process
   * @param cgroup the directory of the container's cgroup, which is frozen and stays so
   * @param external what belongs to the world outside the container, in the words of CRIU's option
   *     {@code --external}
   */
  record Subject(Pidfd process, int pid, Path cgroup, List<String> external) {}

  /**
   * Writes the images of a process and its descendants, which go on to exist. CRIU runs in the
   * network, IPC and UTS namespaces of the container, so that these are not part of the images.
   * Blocks its thread in the kernel.
   *
   * @throws IOException with the error of CRIU's log
   */
  void dump(Subject subject, WorkFiles files) throws IOException {
    Path program = program("CheckpointContainer");
    List<String> words =
        new ArrayList<>(
            List.of(
                program.toString(),
                "dump",
                "--tree",
                Integer.toString(subject.pid()),
                "--images-dir",
                files.images().toString(),
                "--work-dir",
                files.directory().toString(),
                "--log-file",
                files.dumpLog().getFileName().toString(),
                "-v4",
                "--leave-running",
                "--freeze-cgroup",
                subject.cgroup().toString(),
                "--manage-cgroups=ignore",
                "--tcp-established",
                "--file-locks"));
    for (String each : subject.external()) {
      words.add("--external");
      words.add(each);
    }
    ProgramBuilder steps = new ProgramBuilder();
    steps.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
    steps.inherit(Register.TARGET);
    steps.step(
        "join the namespaces of the pod",
        Syscall.SETNS,
        reg(Register.TARGET),
        imm(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
    steps.step(
        "enter the directory of the dump",
        Syscall.CHDIR,
        steps.string(files.directory().toString()));
    NodeProgram.execute(steps, program.toString(), words, ENVIRONMENT);
    try (Eventfd never = Eventfd.create()) {
      NodeProgram.Outcome outcome =
          NodeProgram.run(steps.build(), null, subject.process(), new byte[0], DUMP_LIMIT, never);
      if (outcome.end() == NodeProgram.End.EXITED && outcome.exit().exitCode() == 0) {
        return;
      }
      String said = errors(files.dumpLog());
      throw new IOException(
          program
              + (outcome.end() == NodeProgram.End.EXITED
                  ? " dump failed with exit code " + outcome.exit().exitCode()
                  : " dump was ended: " + outcome.end())
              + ": "
              + (said.isEmpty() ? NodeProgram.quote(new String(outcome.stderr(), UTF_8)) : said));
    }
  }

  /** The first errors at the end of a log, in one line; empty if there is none. */
  static String errors(Path log) {
    List<String> errors = new ArrayList<>();
    try {
      for (String line : end(log).split("\n", -1)) {
        int at = line.indexOf(ERROR);
        if (at >= 0 && !line.contains(HARMLESS) && errors.size() < MAX_ERRORS) {
          int text = line.indexOf("): ", at);
          errors.add(text < 0 ? line.substring(at) : line.substring(text + "): ".length()));
        }
      }
    } catch (IOException e) {
      return ""; // without a log, the exit code has to do
    }
    return NodeProgram.quote(String.join("; ", errors));
  }

  private static String end(Path log) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long length = file.length();
      byte[] bytes = new byte[(int) Math.min(length, LOG_END_BYTES)];
      file.seek(length - bytes.length);
      file.readFully(bytes);
      return new String(bytes, UTF_8);
    }
  }
}
