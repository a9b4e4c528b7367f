package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import io.jukung.image.pull.ActivePulls.Progress;
import io.jukung.image.pull.ActivePulls.Rate;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActivePullsTest {
  private static final Digest ONE = Digest.sha256(new byte[] {1});
  private static final Digest TWO = Digest.sha256(new byte[] {2});
  private static final long SECOND = 1_000_000_000L;

  private final ActivePulls pulls = new ActivePulls();

  @Test
  void pullIsListedFromItsBeginningToItsEnd() {
    try (ActivePulls.Tracked pull = pulls.begin("quay.io/a:1", "pod n/p", PullListener.NONE)) {
      pull.from(() -> List.of("mirror"));
      assertThat(pulls.list())
          .singleElement()
          .satisfies(each -> assertThat(each.totalBytes()).isZero());
      pull.layerNeeded(ONE, 100);
      pull.layerNeeded(TWO, 50);
      pull.layerArrived(ONE, 70, 100);
      pull.layerArrived(ONE, 60, 100); // out of order
      pull.layerArrived(TWO, 50, 50);
      pull.layerReady(TWO);

      Progress now = pulls.list().getFirst();
      assertThat(now.image()).isEqualTo("quay.io/a:1");
      assertThat(now.requester()).isEqualTo("pod n/p");
      assertThat(now.layers()).isEqualTo(2);
      assertThat(now.layersDone()).isEqualTo(1);
      assertThat(now.arrivedBytes()).isEqualTo(120);
      assertThat(now.totalBytes()).isEqualTo(150);
      assertThat(now.bytesPerSecond()).isPositive();
      assertThat(now.hosts()).containsExactly("mirror");
    }
    assertThat(pulls.list()).isEmpty();
  }

  @Test
  void rateIsThatOfTheLastSeconds() {
    Rate rate = new Rate();
    for (int second = 0; second < 60; second++) {
      rate.add(1000, second * SECOND);
    }
    assertThat(rate.perSecond(60 * SECOND)).isBetween(700L, 1300L);
    assertThat(rate.perSecond(120 * SECOND)).isZero();
  }
}
