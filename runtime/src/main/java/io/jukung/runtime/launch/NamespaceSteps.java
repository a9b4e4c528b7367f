package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.libc.CloneFlags.CLONE_FS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWIPC;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNET;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWNS;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWPID;
import static io.jukung.linux.libc.CloneFlags.CLONE_NEWUTS;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.runtime.spec.Spec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps that make namespaces and join those of the pod. */
final class NamespaceSteps {
  private static final int SCRATCH = Register.FIRST_FREE + 6;

  private final ProgramBuilder program;

  NamespaceSteps(ProgramBuilder program) {
    this.program = program;
  }

  void ownMounts() {
    program.step("own mount namespace", Syscall.UNSHARE, imm(CLONE_FS | CLONE_NEWNS));
  }

  void joinPod(List<Spec.Namespace> namespaces) {
    joinOrUnshare(namespaces, "network", CLONE_NEWNET);
    joinOrUnshare(namespaces, "ipc", CLONE_NEWIPC);
    joinOrUnshare(namespaces, "uts", CLONE_NEWUTS);
  }

  /** Joins the pid namespace, if the container does not have one of its own. */
  void joinPid(List<Spec.Namespace> namespaces) {
    Spec.Namespace pid = named(namespaces, "pid");
    if (pid != null && pid.path() != null) {
      joinOrUnshare(namespaces, "pid", CLONE_NEWPID);
    }
  }

  private void joinOrUnshare(List<Spec.Namespace> namespaces, String type, long flag) {
    Spec.Namespace namespace = named(namespaces, type);
    if (namespace == null) {
      return;
    }
    String path = namespace.path();
    if (path == null) {
      program.step("own " + type + " namespace", Syscall.UNSHARE, imm(flag));
      return;
    }
    program
        .step(
            "open the pod's " + type + " namespace",
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string(path),
            imm(O_CLOEXEC))
        .into(SCRATCH);
    program.step("join the pod's " + type + " namespace", Syscall.SETNS, reg(SCRATCH), imm(flag));
    program.step("close", Syscall.CLOSE, reg(SCRATCH)).clears(SCRATCH);
  }

  /** The namespace of this type; null if the process keeps the host's. */
  static Spec.@Nullable Namespace named(List<Spec.Namespace> namespaces, String type) {
    for (Spec.Namespace each : namespaces) {
      if (each.type().equals(type)) {
        return each;
      }
    }
    return null;
  }
}
