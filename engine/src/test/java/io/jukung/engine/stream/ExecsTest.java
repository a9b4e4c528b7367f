package io.jukung.engine.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecsTest {
  private final Execs execs = new Execs();

  private Exec running() {
    Exec exec = execs.add("c", Json.object());
    assertThat(exec.begin()).isTrue();
    exec.runs((_, _) -> {});
    return exec;
  }

  private void addMany() {
    for (int i = 0; i < Execs.MAX; i++) {
      var _ = execs.add("c", Json.object());
    }
  }

  @Test
  void commandThatIsFollowedIsNeverForgotten() {
    Exec followed = running();
    addMany();
    assertThat(execs.get(followed.id())).isSameAs(followed);
  }

  @Test
  void commandThatHasEndedIsForgottenAfterManyOthers() {
    Exec ended = running();
    ended.end(3);
    assertThat(execs.get(ended.id()).isRunning()).isFalse();
    addMany();
    assertThatThrownBy(() -> execs.get(ended.id()))
        .isInstanceOf(HttpError.class)
        .hasMessage("No such exec instance: " + ended.id());
  }

  @Test
  void sizeThatComesBeforeTheTerminalIsGivenToIt() {
    Exec exec = execs.add("c", Json.object());
    assertThat(exec.resize(80, 24)).as("nothing runs").isFalse();
    assertThat(exec.begin()).isTrue();
    assertThat(exec.resize(100, 40)).isTrue();
    List<Integer> sizes = new ArrayList<>();
    exec.runs((columns, rows) -> sizes.addAll(List.of(columns, rows)));
    assertThat(sizes).containsExactly(100, 40);
    exec.end(0);
    assertThat(exec.resize(80, 24)).as("the command has ended").isFalse();
  }
}
