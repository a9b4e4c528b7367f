package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.util.List;
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

  @Test
  void stageThatAVariableNamesIsRefused() {
    String mount = "RUN --mount=type=bind,from=$S,target=/m x\n";
    assertThatThrownBy(() -> build("FROM BASE AS one\nFROM BASE\nENV S=one\n" + mount))
        .hasMessage("Dockerfile:4: a stage that a variable or a trigger names is not implemented");
  }

  @Test
  void stageThatATriggerNamesIsRefused() throws Exception {
    String id = build("FROM BASE\nONBUILD COPY --from=one /etc /x\n").id();
    assertThatThrownBy(() -> build("FROM BASE AS one\nFROM " + id + "\n"))
        .hasMessage("Dockerfile:2: a stage that a variable or a trigger names is not implemented");
  }

  @Test
  void optionsThatAreRefusedAreSoInTriggers() throws Exception {
    String id = build("FROM BASE\nONBUILD COPY --parents /etc /x\n").id();
    assertThatThrownBy(() -> build("FROM " + id + "\n"))
        .hasMessage("Dockerfile:1: COPY --parents is not implemented");
  }

  @Test
  void failureOfAStageIsTheFailureOfThoseThatWaitForIt() {
    String dockerfile = "FROM BASE AS one\nRUN fail\nFROM one AS two\nFROM two\nRUN x\n";
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> build(dockerfile))
          .hasMessageStartingWith("Dockerfile:2: process \"/bin/sh -c fail\"");
    }
  }

  @Test
  void gitRepositoryAtAUrlIsRefusedAndNotDownloaded() {
    for (String url : List.of("https://host.invalid/r.git", "http://host.invalid/R.GIT#main:dir")) {
      assertThatThrownBy(() -> build("FROM scratch\nADD " + url + " /\n"))
          .hasMessage("Dockerfile:2: ADD of a Git repository is not implemented");
    }
  }

  @Test
  void patternThatMatchesNothingIsNoErrorBesideASourceThatIsThere() throws Exception {
    context = new TestTar().file("package.json", "{}").bytes();
    StoredImage image = build("FROM scratch\nCOPY package.json yarn.lock* ./\n");
    assertThat(file(image, "package.json")).contains("{}");
    assertThatThrownBy(() -> build("FROM scratch\nCOPY yarn.lock* *.md ./\n"))
        .hasMessage("Dockerfile:2: \"/yarn.lock*\": not found in the context");
    assertThatThrownBy(() -> build("FROM scratch\nCOPY package.json yarn.lock ./\n"))
        .hasMessage("Dockerfile:2: \"/yarn.lock\": not found in the context");
    assertThatThrownBy(() -> build("FROM BASE\nRUN --mount=type=bind,source=x*,target=/m x\n"))
        .hasMessage("Dockerfile:2: \"/x*\": not found in the context");
  }

  @Test
  void filesOfAPatternGoToADirectoryThatIsThereWithoutASlash() throws Exception {
    context = new TestTar().file("a.sh", "a").file("b.sh", "b").bytes();
    StoredImage image = build("FROM BASE\nCOPY *.sh /etc\n");
    assertThat(file(image, "etc/b.sh")).contains("b");
    assertThatThrownBy(() -> build("FROM BASE\nCOPY *.sh /missing\n"))
        .hasMessageContaining("must be a directory and end with a /");
  }
}
