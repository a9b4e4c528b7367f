package io.jukung.shim;

import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.io.WallClock;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.shim.v1.Failure;
import io.jukung.shim.v1.LaunchPlan;
import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.Started;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The launch of one process. It is created and completed on the event loop's thread, and runs on a
 * thread of its own, because it changes the kernel's state of its thread and waits for the kernel.
 */
abstract class Launch implements Runnable {
  private final Connection from;
  private final long requestId;
  private final LaunchPlan plan;
  private final long[] registers;
  private final @Nullable Fd data;
  private @Nullable Launches launches;

  /** The next launch in the list of {@link Launches}. */
  @Nullable Launch next;

  private Launcher.@Nullable Launched launched;
  private long startedAt;
  private @Nullable Throwable failure;

  /**
   * @param registers the preloaded registers; the caller keeps their descriptors open until {@link
   *     #started} or {@link #failed} is called
   * @param data the data of the confine program if the plan is without it; closed when the launch
   *     thread ends
   */
  Launch(Connection from, long requestId, LaunchPlan plan, long[] registers, @Nullable Fd data) {
    this.from = from;
    this.requestId = requestId;
    this.plan = plan;
    this.registers = registers;
    this.data = data;
  }

  /**
   * Called on the event loop's thread when the process runs. An exception makes the launch fail.
   */
  abstract void started(Launcher.Launched process, long at) throws IOException;

  /** Called on the event loop's thread when the launch has failed. */
  abstract void failed();

  /** Whether a runtime starts the process. */
  boolean hasRuntime() {
    return plan.hasRuntime();
  }

  void begin(Launches results) {
    launches = results;
    new Thread(null, this, "launch", Launcher.THREAD_STACK_BYTES).start();
  }

  @Override
  public void run() {
    try (Fd cgroup = openCgroup();
        WallClock clock = new WallClock()) {
      launched = plan.hasRuntime() ? launchRuntime(cgroup) : launch(cgroup);
      startedAt = clock.nanos();
    } catch (Throwable e) {
      failure = e; // complete() reports it
    } finally {
      if (data != null) {
        data.close();
      }
      if (launches != null) {
        launches.end(this);
      }
    }
  }

  private Launcher.Launched launch(@Nullable Fd cgroup) throws IOException {
    return Launcher.launchHere(
        new Launcher.Request(
            plan.getPrepare().toByteArray(),
            plan.getConfine().toByteArray(),
            plan.getCloneFlags(),
            cgroup,
            registers,
            data));
  }

  private Launcher.Launched launchRuntime(@Nullable Fd cgroup) throws IOException {
    try (DetachedProcess process = DetachedProcess.expectedFrom(plan.getRuntime())) {
      return process.leftBy(launch(cgroup));
    }
  }

  private @Nullable Fd openCgroup() throws IOException {
    return plan.getCgroup().isEmpty()
        ? null
        : HostFile.open(plan.getCgroup(), O_RDONLY | O_DIRECTORY, 0);
  }

  /**
   * Answers the request. Called on the event loop's thread after {@link #run} has ended. Never
   * throws.
   */
  void complete() {
    try {
      Pod.answer(from, outcome());
    } catch (RuntimeException | Error e) {
      from.close(); // the daemon connects again and lists the containers, instead of waiting for an
      // answer
      ErrorLog.unexpected("answer to a launch", e);
    }
  }

  private Reply.Builder outcome() {
    Launcher.Launched process = launched;
    if (process != null) {
      try {
        started(process, startedAt);
        return Reply.newBuilder()
            .setId(requestId)
            .setStarted(Started.newBuilder().setPid(process.pid()).setStartedAt(startedAt));
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
      }
    }
    failed();
    return Reply.newBuilder().setId(requestId).setFailure(describe());
  }

  private Failure describe() {
    if (failure instanceof LaunchFailure step) {
      return Failure.newBuilder()
          .setPhase(phase(step.phase()))
          .setStep(step.step())
          .setErrno(step.errno())
          .setMessage(String.valueOf(step.getMessage()))
          .build();
    }
    if (failure == null) {
      return Pod.failure(Failure.Kind.INTERNAL, "the launch thread ended early");
    }
    if (failure instanceof IOException) {
      Failure told = Pod.failure(Failure.Kind.INTERNAL, failure.getMessage());
      return failure instanceof ErrnoException call
          ? told.toBuilder().setErrno(call.errno()).build()
          : told;
    }
    ErrorLog.unexpected("launch", failure);
    return Pod.failure(Failure.Kind.INTERNAL, failure.toString());
  }

  private static Failure.Phase phase(LaunchFailure.Phase phase) {
    return switch (phase) {
      case PREPARE -> Failure.Phase.PREPARE;
      case CLONE -> Failure.Phase.CLONE;
      case CONFINE -> Failure.Phase.CONFINE;
    };
  }
}
