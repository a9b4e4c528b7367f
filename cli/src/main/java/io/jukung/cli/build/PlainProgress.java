package io.jukung.cli.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepBegun;
import io.jukung.client.v1.StepDone;
import io.jukung.client.v1.StepFailed;
import io.jukung.client.v1.StepOutput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Shows a build as lines, in the words and the order of docker's builder. For one thread at a time.
 */
final class PlainProgress {
  /** How many lines of a step that fails are shown once more, as docker does it. */
  private static final int REPEATED_LINES = 20;

  /** A longer line is shown in pieces. */
  private static final int MAX_LINE_BYTES = 64 << 10;

  private final PrintStream out;
  private final InstantSource clock;
  private final boolean quiet;
  private final Map<Integer, Shown> steps = new HashMap<>();
  private final Deque<String> warnings = new ArrayDeque<>();
  private int current;
  private int last;
  private Optional<BuiltImage> built = Optional.empty();
  private Optional<StepFailed> failed = Optional.empty();

  private static final class Shown {
    final String name;
    final Instant start;
    final ByteArrayOutputStream line = new ByteArrayOutputStream();
    final Deque<String> lines = new ArrayDeque<>();

    Shown(String name, Instant start) {
      this.name = name;
      this.start = start;
    }
  }

  /**
   * @param quiet whether only a failure is shown
   */
  PlainProgress(PrintStream out, InstantSource clock, boolean quiet) {
    this.out = out;
    this.clock = clock;
    this.quiet = quiet;
  }

  void show(BuildProgress message) {
    switch (message.getEventCase()) {
      case BEGUN -> begun(message.getBegun());
      case OUTPUT -> output(message.getOutput());
      case DONE -> done(message.getDone());
      case FAILED -> failed(message.getFailed());
      case WARNING -> warnings.add(message.getWarning().getText());
      case BUILT -> built(message.getBuilt());
      case EVENT_NOT_SET -> {}
    }
  }

  /** The new image, if the build has succeeded. */
  Optional<BuiltImage> image() {
    return built;
  }

  /** Why the build has failed; empty if no step has. */
  Optional<String> failure() {
    return failed.map(StepFailed::getReason);
  }

  private void print(String text) {
    if (!quiet) {
      out.println(text);
    }
  }

  private void begun(StepBegun step) {
    steps.put(step.getStep(), new Shown(step.getName(), clock.instant()));
    last = Math.max(last, step.getStep());
    turnTo(step.getStep());
  }

  /** Has the lines that follow be about a step, which is named if others were shown before. */
  private void turnTo(int step) {
    if (current == step) {
      return;
    }
    if (current != 0) {
      print("");
    }
    current = step;
    Shown shown = steps.get(step);
    print("#" + step + " " + (shown == null ? "" : shown.name));
  }

  private void output(StepOutput message) {
    Shown step = steps.get(message.getStep());
    if (step == null) {
      return;
    }
    turnTo(message.getStep());
    for (byte each : message.getData().toByteArray()) {
      if (each == '\n' || step.line.size() == MAX_LINE_BYTES) {
        line(message.getStep(), step);
      }
      if (each != '\n') {
        step.line.write(each);
      }
    }
  }

  private void line(int number, Shown step) {
    Duration since = Duration.between(step.start, clock.instant());
    String text = step.line.toString(UTF_8);
    String shown = "%.3f %s".formatted(since.toMillis() / 1e3, text.stripTrailing());
    step.line.reset();
    step.lines.add(shown);
    if (step.lines.size() > REPEATED_LINES) {
      step.lines.removeFirst();
    }
    print("#" + number + " " + shown);
  }

  private void end(int number) {
    Shown step = steps.get(number);
    turnTo(number);
    if (step != null && step.line.size() > 0) {
      line(number, step);
    }
  }

  private void done(StepDone step) {
    end(step.getStep());
    print(
        "#"
            + step.getStep()
            + (step.getCached()
                ? " CACHED"
                : " DONE %.1fs".formatted(step.getMilliseconds() / 1e3)));
    print("");
    current = 0;
  }

  private void failed(StepFailed step) {
    failed = Optional.of(step);
    end(step.getStep());
    print("#" + step.getStep() + " ERROR: " + step.getReason());
    Shown shown = steps.get(step.getStep());
    out.println("------");
    if (shown != null) {
      out.println(" > " + shown.name + ":");
      shown.lines.forEach(out::println);
    }
    out.println("------");
    current = 0;
  }

  private void built(BuiltImage image) {
    built = Optional.of(image);
    int step = last + 1;
    print("#" + step + " exporting to image");
    print("#" + step + " writing image " + image.getImageId() + " done");
    image.getNamesList().forEach(name -> print("#" + step + " naming to " + name + " done"));
    print("#" + step + " DONE 0.0s");
    showWarnings();
  }

  /** Shows where in the Dockerfile the build has failed. */
  void showFailure(String dockerfile) {
    failed.ifPresent(
        step -> {
          if (!step.getExcerpt().isEmpty()) {
            out.println(dockerfile);
            out.println("--------------------");
            out.print(step.getExcerpt());
            out.println("--------------------");
          }
        });
    showWarnings();
  }

  private void showWarnings() {
    warnings.forEach(text -> print("WARNING: " + text));
    warnings.clear();
  }
}
