package io.jukung.engine.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.engine.http.HttpError;
import org.junit.jupiter.api.Test;

class RunningBuildsTest {
  private final RunningBuilds builds = new RunningBuilds();

  @Test
  void cancelInterruptsTheThreadOfTheBuild() {
    builds.begin("a");
    builds.cancel("a");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void cancelThatComesTooLateDoesNotInterruptWhatTheThreadDoesNext() {
    builds.begin("a");
    builds.cancel("a");
    builds.end("a");
    assertThat(Thread.interrupted()).isFalse();
    assertThatThrownBy(() -> builds.cancel("a"))
        .isInstanceOf(HttpError.class)
        .hasMessage("no build with the ID a is under way");
  }

  @Test
  void nameOfABuildThatIsUnderWayIsTaken() {
    builds.begin("a");
    assertThatThrownBy(() -> builds.begin("a"))
        .isInstanceOf(HttpError.class)
        .hasMessage("a build with the ID a is under way");
    builds.end("a");
    builds.begin("a");
  }
}
