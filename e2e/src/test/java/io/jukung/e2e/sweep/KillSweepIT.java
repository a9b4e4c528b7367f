package io.jukung.e2e.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.e2e.sweep.Failpoint.Fault;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Makes every mutating call while the daemon or the shim is killed before one of the call's steps,
 * for many steps. kubelet then repeats the call: the repeated call must succeed, and after
 * everything is removed nothing must be left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class KillSweepIT {
  /** Each point costs a restart of the daemon. */
  private static final int POINTS_PER_CALL = 4;

  private static final int SHIM_STRIDE = 6;

  private SweptNode node;

  @BeforeAll
  void start() throws Exception {
    node = new SweptNode();
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "WAKE_AND_SLEEP") // in SleepSweepIT
  void repeatedCallSucceedsAfterTheDaemonWasKilled(SweptCall call) throws Exception {
    call.requireItsTools();
    killDaemon(node, call);
  }

  /** Makes the call while the daemon is killed, at some steps of the call. */
  static void killDaemon(SweptNode node, SweptCall call) throws Exception {
    for (long n : Failpoint.points(node.steps(call, Fault.KILL), POINTS_PER_CALL)) {
      node.check(
          call + ", daemon killed at step " + n,
          () -> {
            call.prepare(node);
            node.inDaemon().arm(n, Fault.KILL);
            boolean answered = node.tryCall(call);
            node.inDaemon().disarm();
            repeat(node, call, answered);
            call.check(node);
            node.assertNothingLeft();
          });
    }
    node.assertNoFailures();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {
        "RUN_POD_ON_HOST_NETWORK", // the shim does the same as in RUN_POD
        "CREATE_CONTAINER", // has no step in the shim
        "FILL_VOLUME",
        "REMOVE_VOLUME",
        "PULL_IMAGE",
        "REMOVE_IMAGE",
        "TAG_IMAGE",
        "UNTAG_IMAGE",
        "COMMIT_CONTAINER",
        "CHECKPOINT_CONTAINER",
        "SET_RESTART_POLICY",
        "UPDATE_CONTAINER_RESOURCES",
        "UPDATE_RUNTIME_CONFIG",
        "WAKE_AND_SLEEP" // in SleepSweepIT
      })
  void killedShimLeavesNothingAndTheDaemonAlive(SweptCall call) throws Exception {
    killShim(node, call);
  }

  /** Makes the call while the shim is killed, at some steps of the call. */
  static void killShim(SweptNode node, SweptCall call) throws Exception {
    long stride = Failpoint.stride(SHIM_STRIDE);
    boolean struck = true;
    for (long n = Failpoint.first(stride); struck; n += stride) {
      long point = n;
      node.check(
          call + ", shim killed at step " + n,
          () -> {
            call.prepare(node);
            node.inShim().arm(point, Fault.KILL);
            boolean answered = node.tryCall(call);
            node.inShim().disarm();
            assertThat(answered || node.inShim().hasStruck()).as("the call succeeds").isTrue();
            assertThat(node.testbed().daemon().isAlive()).as("the daemon lives").isTrue();
            if (call == SweptCall.STOP_CONTAINER) {
              call.make(node);
              call.check(node);
            }
            node.assertNothingLeft();
          });
      struck = node.inShim().hasStruck();
      assertThat(struck || n > 1).as("a shim changes something").isTrue();
    }
    node.assertNoFailures();
  }

  /** Repeats the call as kubelet does, after restarting the daemon if it died. */
  private static void repeat(SweptNode node, SweptCall call, boolean answered) throws Exception {
    if (!answered) {
      try {
        call.make(node);
        return;
      } catch (StatusRuntimeException e) {
        if (!node.inDaemon().hasStruck()) {
          throw e;
        }
      }
    }
    if (node.inDaemon().hasStruck()) {
      node.startAgain();
      if (!answered) { // otherwise the daemon died after it had completed the call
        call.make(node);
      }
    }
  }
}
