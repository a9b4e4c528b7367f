package io.jukung.e2e.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.e2e.sweep.Failpoint.Fault;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Makes every mutating call while one of its system calls fails as on a full disk, for many of
 * them. The call may fail. The daemon must live, the repeated call must succeed, and after
 * everything is removed nothing must be left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class ErrorSweepIT {
  private static final int POINTS_PER_CALL = 6;
  private static final int SHIM_STRIDE = 12;

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
  void repeatedCallSucceedsAfterAStepOfTheDaemonFailed(SweptCall call) throws Exception {
    call.requireItsTools();
    failDaemon(node, call);
  }

  /** Makes the call while a step of the daemon fails, for some steps of the call. */
  static void failDaemon(SweptNode node, SweptCall call) throws Exception {
    for (long n : Failpoint.points(node.steps(call, Fault.NO_SPACE), POINTS_PER_CALL)) {
      node.check(
          call + ", error in the daemon at step " + n,
          () -> {
            call.prepare(node);
            node.inDaemon().arm(n, Fault.NO_SPACE);
            boolean answered = node.tryCall(call);
            node.inDaemon().disarm();
            checkAndRemove(node, call, answered);
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
  void nothingIsLeftAfterAStepOfTheShimFailed(SweptCall call) throws Exception {
    failShim(node, call);
  }

  /** Makes the call while a step of the shim fails, for some steps of the call. */
  static void failShim(SweptNode node, SweptCall call) throws Exception {
    long stride = Failpoint.stride(SHIM_STRIDE);
    boolean struck = true;
    for (long n = Failpoint.first(stride); struck; n += stride) {
      long point = n;
      node.check(
          call + ", error in the shim at step " + n,
          () -> {
            call.prepare(node);
            node.inShim().arm(point, Fault.NO_SPACE);
            boolean answered = node.tryCall(call);
            node.inShim().disarm();
            assertThat(answered || node.inShim().hasStruck()).as("the call succeeds").isTrue();
            assertThat(node.testbed().daemon().isAlive()).as("the daemon lives").isTrue();
            node.assertNothingLeft();
          });
      struck = node.inShim().hasStruck();
    }
    node.assertNoFailures();
  }

  private static void checkAndRemove(SweptNode node, SweptCall call, boolean answered)
      throws Exception {
    String struck = node.inDaemon().struckCall();
    try {
      assertThat(node.testbed().daemon().isAlive()).as("the daemon lives").isTrue();
      if (!answered && call != SweptCall.START_CONTAINER) {
        call.make(node);
      }
      if (answered || call != SweptCall.START_CONTAINER) { // a failed start is final
        call.check(node);
      }
      node.assertNothingLeft();
    } catch (Exception | AssertionError e) {
      throw new AssertionError(struck + " failed: " + e.getMessage(), e);
    }
  }
}
