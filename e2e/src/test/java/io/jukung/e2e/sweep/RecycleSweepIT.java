package io.jukung.e2e.sweep;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The sweeps of {@link KillSweepIT} and {@link ErrorSweepIT} on a node that uses the shims of
 * removed pods again, for the calls that take such a shim and that give it back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class RecycleSweepIT {
  private SweptNode node;

  @BeforeAll
  void start() throws Exception {
    node = new SweptNode(1);
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN_POD_ON_HOST_NETWORK", "STOP_POD"})
  void repeatedCallSucceedsAfterTheDaemonWasKilled(SweptCall call) throws Exception {
    KillSweepIT.killDaemon(node, call);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN_POD_ON_HOST_NETWORK", "STOP_POD"})
  void killedShimLeavesNothingAndTheDaemonAlive(SweptCall call) throws Exception {
    KillSweepIT.killShim(node, call);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN_POD_ON_HOST_NETWORK", "STOP_POD"})
  void repeatedCallSucceedsAfterAStepOfTheDaemonFailed(SweptCall call) throws Exception {
    ErrorSweepIT.failDaemon(node, call);
  }

  @ParameterizedTest
  @EnumSource(names = {"RUN_POD_ON_HOST_NETWORK", "STOP_POD"})
  void nothingIsLeftAfterAStepOfTheShimFailed(SweptCall call) throws Exception {
    ErrorSweepIT.failShim(node, call);
  }
}
