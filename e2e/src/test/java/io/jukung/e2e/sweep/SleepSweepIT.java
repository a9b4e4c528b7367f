package io.jukung.e2e.sweep;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The sweeps of {@link KillSweepIT} and {@link ErrorSweepIT} for a shim that wakes for a call and
 * falls asleep again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class SleepSweepIT {
  private SweptNode node;

  @BeforeAll
  void start() throws Exception {
    node = SweptNode.withSleep();
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @Test
  void repeatedCallSucceedsAfterTheDaemonWasKilled() throws Exception {
    KillSweepIT.killDaemon(node, SweptCall.WAKE_AND_SLEEP);
  }

  @Test
  void killedShimLeavesNothingAndTheDaemonAlive() throws Exception {
    KillSweepIT.killShim(node, SweptCall.WAKE_AND_SLEEP);
  }

  @Test
  void repeatedCallSucceedsAfterAStepOfTheDaemonFailed() throws Exception {
    ErrorSweepIT.failDaemon(node, SweptCall.WAKE_AND_SLEEP);
  }

  @Test
  void nothingIsLeftAfterAStepOfTheShimFailed() throws Exception {
    ErrorSweepIT.failShim(node, SweptCall.WAKE_AND_SLEEP);
  }
}
