package io.jukung.runtime.shim;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.Signals;
import io.jukung.shim.v1.Reply;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ends of the execs that one shim has been asked for. Thread-safe. */
final class ExecExits {
  private static final Logger LOG = LoggerFactory.getLogger(ExecExits.class);

  private final ConcurrentMap<String, CompletableFuture<Integer>> exits = new ConcurrentHashMap<>();

  /** Expects the end of an exec that is about to be asked for. */
  void expect(String execId) {
    exits.put(execId, new CompletableFuture<>());
  }

  /** Forgets an exec that was not started. */
  void forget(String execId) {
    exits.remove(execId);
  }

  /** Says that an exec has ended. One that nobody expects is ignored. */
  void ended(String execId, int exitCode) {
    CompletableFuture<Integer> exit = exits.get(execId);
    if (exit != null) {
      exit.complete(exitCode);
    }
  }

  /** Returns the exit code, once for each exec. */
  CompletableFuture<Integer> take(String execId) {
    CompletableFuture<Integer> exit = exits.get(execId);
    if (exit == null) {
      return CompletableFuture.failedFuture(
          CriException.notFound("exec " + execId + " is not known, or its exit was taken"));
    }
    return exit.whenComplete((_, _) -> exits.remove(execId));
  }

  /** Fails the execs that have not ended, because nobody will report their ends. */
  void lost(Object shim) {
    CriException gone =
        new CriException(
            ErrorKind.UNAVAILABLE,
            "the exit was not seen, because the connection to " + shim + " ended");
    for (CompletableFuture<Integer> exit : exits.values()) {
      exit.completeExceptionally(gone);
    }
  }

  /**
   * Kills an exec whose start succeeded after its call had timed out, with the processes of its
   * group: nobody has put them into a cgroup of their own if a runtime of the OCI has started them.
   */
  static void killLate(Reply late) {
    if (!late.hasStarted()) {
      return;
    }
    LOG.warn("an exec started after it was given up: it is killed");
    try (Pidfd exec = Pidfd.open(late.getStarted().getPid())) {
      exec.sendToGroup(Signals.SIGKILL);
    } catch (ErrnoException e) {
      if (!e.is(Errno.ESRCH)) {
        LOG.error("an exec cannot be killed: {}", e.getMessage());
      }
    }
  }
}
