package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuildWarning;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepBegun;
import io.jukung.client.v1.StepDone;
import io.jukung.client.v1.StepFailed;
import io.jukung.client.v1.StepOutput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Builds are shown in docker's words and order. */
class PlainProgressTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Instant now = Instant.EPOCH;
  private final PlainProgress view =
      new PlainProgress(new PrintStream(out, true, UTF_8), () -> now, false, true);

  private void begun(int step, String name) {
    view.show(
        BuildProgress.newBuilder()
            .setBegun(StepBegun.newBuilder().setStep(step).setName(name))
            .build());
  }

  private void output(int step, String text) {
    view.show(
        BuildProgress.newBuilder()
            .setOutput(StepOutput.newBuilder().setStep(step).setData(ByteString.copyFromUtf8(text)))
            .build());
  }

  private void done(int step, boolean cached) {
    view.show(
        BuildProgress.newBuilder()
            .setDone(StepDone.newBuilder().setStep(step).setCached(cached).setMilliseconds(1_250))
            .build());
  }

  @Test
  void stepsAreShownOneAfterTheOtherAlsoIfTheyRunSideBySide() {
    begun(1, "[one 1/2] FROM busybox");
    done(1, true);
    begun(2, "[one 2/2] RUN a");
    output(2, "first\nhalf ");
    begun(3, "[two 2/2] RUN b");
    now = now.plusMillis(1_500);
    output(2, "line\n");
    output(3, "unfinished");
    done(3, false);
    done(2, false);
    view.show(
        BuildProgress.newBuilder()
            .setWarning(BuildWarning.newBuilder().setText("something"))
            .build());
    view.show(
        BuildProgress.newBuilder()
            .setBuilt(BuiltImage.newBuilder().setImageId("sha256:ab").addNames("x:latest"))
            .build());
    assertThat(out.toString(UTF_8))
        .isEqualTo(
            """
            #1 [one 1/2] FROM busybox
            #1 CACHED

            #2 [one 2/2] RUN a
            #2 0.000 first

            #3 [two 2/2] RUN b

            #2 [one 2/2] RUN a
            #2 1.500 half line

            #3 [two 2/2] RUN b
            #3 1.500 unfinished
            #3 DONE 1.3s

            #2 [one 2/2] RUN a
            #2 DONE 1.3s

            #4 exporting to image
            #4 writing image sha256:ab done
            #4 naming to x:latest done
            #4 DONE 0.0s
            WARNING: something
            """);
    assertThat(view.image()).isPresent();
  }

  @Test
  void failureRepeatsTheEndOfTheOutputAndShowsTheLine() {
    begun(1, "[2/2] RUN x");
    for (int i = 0; i < 30; i++) {
      output(1, "line " + i + "\n");
    }
    view.show(
        BuildProgress.newBuilder()
            .setFailed(
                StepFailed.newBuilder()
                    .setStep(1)
                    .setReason("exit code: 1")
                    .setExcerpt("   2 | >>> RUN x\n")
                    .setExitCode(1))
            .build());
    view.showFailure("Dockerfile");
    assertThat(out.toString(UTF_8))
        .endsWith(
            """
            #1 ERROR: exit code: 1
            ------
             > [2/2] RUN x:
            """
                + java.util.stream.IntStream.range(10, 30)
                    .mapToObj(i -> "0.000 line " + i + "\n")
                    .collect(java.util.stream.Collectors.joining())
                + """
                ------
                Dockerfile
                --------------------
                   2 | >>> RUN x
                --------------------
                """);
    assertThat(view.failure()).contains("exit code: 1");
  }
}
