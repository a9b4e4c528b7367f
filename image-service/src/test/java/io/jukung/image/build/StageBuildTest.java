package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Stages that wait for others, and builds that do not. */
class StageBuildTest extends BuildHarness {
  @Test
  void buildWhoseCommandsHangHoldsUpNoOther() throws Exception {
    StringBuilder dockerfile = new StringBuilder();
    int room = Math.max(2, Runtime.getRuntime().availableProcessors());
    for (int i = 0; i < room; i++) {
      latches.put("stage-" + i, new CountDownLatch(1));
      dockerfile.append("FROM BASE AS s%d\nRUN wait stage-%d\n".formatted(i, i));
    }
    latches.put("never", new CountDownLatch(1));
    dockerfile.append("FROM scratch\n");
    for (int i = 0; i < room; i++) {
      dockerfile.append("COPY --from=s%d /ran /%d\n".formatted(i, i));
    }
    var hanging = new FutureTask<>(() -> build(dockerfile.toString()));
    Thread thread = Thread.ofVirtual().start(hanging);
    try {
      for (int i = 0; i < room; i++) {
        assertThat(Objects.requireNonNull(latches.get("stage-" + i)).await(30, TimeUnit.SECONDS))
            .isTrue();
      }
      assertThat(file(build("FROM BASE\nRUN other\n"), "ran")).isPresent();
    } finally {
      thread.interrupt();
    }
    assertThatThrownBy(hanging::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
  }
}
