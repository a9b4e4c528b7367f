package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpareDemandTest {
  private static final long LATER = SpareDemand.WINDOW.toNanos() + 1;

  @Test
  void withoutDemandTheLeastNumberIsWanted() {
    SpareDemand demand = new SpareDemand(2, 8);
    assertThat(demand.ahead(0)).isEqualTo(2);
    assertThat(demand.kept(0)).isEqualTo(2);
  }

  @Test
  void sparesFollowTheShimsThatPodsTookUpToTheBound() {
    SpareDemand demand = new SpareDemand(2, 8);
    for (int i = 0; i < 5; i++) {
      demand.taken(i);
    }
    assertThat(demand.ahead(10)).isEqualTo(5);
    assertThat(demand.kept(10)).isEqualTo(5);
    for (int i = 0; i < 50; i++) {
      demand.taken(10 + i);
    }
    assertThat(demand.ahead(100)).isEqualTo(8);
    assertThat(demand.kept(100)).isEqualTo(8);
  }

  @Test
  void shimsThatComeBackAreNotStartedAheadButKept() {
    SpareDemand demand = new SpareDemand(2, 8);
    for (int i = 0; i < 6; i++) {
      demand.taken(i);
      demand.returned(i);
    }
    assertThat(demand.ahead(10)).isEqualTo(2);
    assertThat(demand.kept(10)).isEqualTo(6);
  }

  @Test
  void demandIsForgottenAfterTheWindow() {
    SpareDemand demand = new SpareDemand(1, 8);
    for (int i = 0; i < 6; i++) {
      demand.taken(0);
    }
    assertThat(demand.kept(LATER)).isEqualTo(1);
    assertThat(demand.ahead(LATER)).isEqualTo(1);
  }

  @Test
  void nothingIsStartedAheadWhereNoSpareIsConfigured() {
    SpareDemand demand = new SpareDemand(0, 4);
    demand.taken(0);
    demand.taken(0);
    assertThat(demand.ahead(1)).isZero();
    assertThat(demand.kept(1)).isEqualTo(2);
  }

  @Test
  void bothBoundsMayBeZero() {
    SpareDemand demand = new SpareDemand(0, 0);
    demand.taken(0);
    assertThat(demand.ahead(1)).isZero();
    assertThat(demand.kept(1)).isZero();
  }
}
