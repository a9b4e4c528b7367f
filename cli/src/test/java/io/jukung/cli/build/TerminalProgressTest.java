package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepBegun;
import io.jukung.client.v1.StepDone;
import io.jukung.client.v1.StepFailed;
import io.jukung.client.v1.StepOutput;
import io.jukung.linux.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a terminal shows after each drawing, as an interpreter of the control sequences sees it. */
class TerminalProgressTest {
  private static final Pattern PART = Pattern.compile("\u001b\\[(\\d*)([AKJ])|\n|([^\u001b\n]+)");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Instant now = Instant.EPOCH;
  private Terminal.Size size = new Terminal.Size(50, 10);
  private final TerminalProgress view =
      new TerminalProgress(new PrintStream(out, true, UTF_8), () -> now, () -> size, true);

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

  /** The lines of the screen. No line may be longer than it is wide. */
  private List<String> screen() {
    List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
    int row = 0;
    int column = 0;
    Matcher parts = PART.matcher(out.toString(UTF_8));
    while (parts.find()) {
      String operation = parts.group(2);
      if (parts.group().equals("\n")) {
        row++;
        column = 0;
        if (row == lines.size()) {
          lines.add(new StringBuilder());
        }
      } else if (operation == null) {
        StringBuilder line = lines.get(row);
        String text = parts.group(3);
        line.replace(column, Math.min(line.length(), column + text.length()), text);
        column += text.length();
        assertThat(column).isLessThanOrEqualTo(size.columns());
      } else if (operation.equals("A")) {
        row -= Integer.parseInt(parts.group(1));
      } else if (operation.equals("K")) {
        lines.get(row).setLength(column);
      } else {
        lines.get(row).setLength(column);
        lines.subList(row + 1, lines.size()).clear();
      }
    }
    return lines.stream().map(StringBuilder::toString).toList();
  }

  @Test
  void stepsThatRunAreRedrawnBelowThoseThatAreDone() {
    begun(1, "[1/3] FROM busybox");
    begun(2, "[2/3] RUN a command that is longer than the window is wide");
    output(2, "one\n\u001b[31mred\u001b[0m\tline\n50%\r100%\n");
    now = now.plusMillis(500);
    view.draw();
    assertThat(screen())
        .containsExactly(
            "building 0.5s, 0 of 2 steps done",
            "> [1/3] FROM busybox                         0.5s",
            "> [2/3] RUN a command that is longer than t~ 0.5s",
            "  | one",
            "  | red line",
            "  | 100%",
            "");
    done(1, true);
    output(2, "more\n");
    view.draw();
    assertThat(screen())
        .containsExactly(
            "= [1/3] FROM busybox                       cached",
            "building 0.5s, 1 of 2 steps done",
            "> [2/3] RUN a command that is longer than t~ 0.5s",
            "  | one",
            "  | red line",
            "  | 100%",
            "  | more",
            "");
    done(2, false);
    view.show(
        BuildProgress.newBuilder()
            .setBuilt(
                BuiltImage.newBuilder()
                    .setImageId("sha256:" + "a".repeat(64))
                    .addNames("localhost/x:1"))
            .build());
    view.draw();
    view.close();
    assertThat(screen())
        .containsExactly(
            "= [1/3] FROM busybox                       cached",
            "* [2/3] RUN a command that is longer than t~ 1.3s",
            "* image aaaaaaaaaaaa localhost/x:1",
            "");
  }

  @Test
  void drawingFitsIntoWindowThatShrinks() {
    for (int step = 1; step <= 20; step++) {
      begun(step, "step " + step);
      output(step, "a\nb\nc\n");
    }
    view.draw();
    assertThat(screen()).hasSizeLessThanOrEqualTo(size.rows());
    size = new Terminal.Size(60, 5);
    out.reset();
    view.draw();
    assertThat(out.toString(UTF_8).chars().filter(each -> each == '\n').count()).isLessThan(5);
    assertThat(TerminalProgress.fits(size)).isFalse();
    assertThat(TerminalProgress.fits(new Terminal.Size(80, 24))).isTrue();
  }

  @Test
  void failureStaysWithTheEndOfTheOutput() {
    begun(1, "[2/2] RUN x");
    output(1, "why\n");
    view.draw();
    view.show(
        BuildProgress.newBuilder()
            .setFailed(StepFailed.newBuilder().setStep(1).setReason("exit code: 1"))
            .build());
    view.close();
    assertThat(screen())
        .containsExactly(
            "! [2/2] RUN x                              failed",
            "  ERROR: exit code: 1",
            "------",
            " > [2/2] RUN x:",
            "0.000 why",
            "------",
            "");
  }

  @Test
  void wideCharactersTakeTwoColumns() {
    assertThat(TerminalProgress.cut("漢字漢字", 6)).isEqualTo("漢字~");
    assertThat(TerminalProgress.cut("漢字", 4)).isEqualTo("漢字");
  }
}
