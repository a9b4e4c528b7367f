package io.jukung.e2e;

import io.jukung.e2e.load.AbortedAttachments;
import io.jukung.e2e.load.Burst;
import io.jukung.e2e.load.Churn;
import io.jukung.e2e.load.EndlessExecs;
import io.jukung.e2e.load.LargeRequests;
import io.jukung.e2e.load.Load;
import io.jukung.e2e.load.LogFlood;
import io.jukung.e2e.load.Mixed;
import io.jukung.e2e.load.Report;
import io.jukung.e2e.load.ResetFlood;
import io.jukung.e2e.load.RestartStorm;
import io.jukung.e2e.node.Testbed;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** The loads of {@code e2e/load}, each for some seconds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // set by start
class LoadIT {
  private static final List<Load> LOADS =
      List.of(
          new Churn(20, 2),
          new Burst(20),
          new LogFlood(1, 200),
          new EndlessExecs(50, 3),
          new AbortedAttachments(200),
          new LargeRequests(24, 14, 1),
          new ResetFlood(100_000),
          new Mixed(16, 4),
          new RestartStorm(2, 1));

  private Testbed testbed;

  @BeforeAll
  void start() throws Exception {
    testbed = Testbed.start(Map.of(), "");
  }

  @AfterAll
  void end() throws Exception {
    if (testbed != null) {
      testbed.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> runtimeBearsTheLoad() {
    Report report = new Report(System.out);
    return LOADS.stream()
        .map(load -> DynamicTest.dynamicTest(load.toString(), () -> load.run(testbed, report)));
  }
}
