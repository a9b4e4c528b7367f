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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Shows a build: follows its steps, cuts their output into lines, and remembers how the build ends.
 * For one thread at a time.
 */
abstract class ProgressView implements AutoCloseable {
  /** How many lines of a step that fails are shown once more, as docker does it. */
  private static final int REPEATED_LINES = 20;

  /** A longer line is shown in pieces. */
  private static final int MAX_LINE_BYTES = 64 << 10;

  protected final PrintStream out;
  private final InstantSource clock;
  private final Map<Integer, Shown> steps = new LinkedHashMap<>();
  private final Deque<String> warnings = new ArrayDeque<>();
  private int last;
  private Optional<BuiltImage> built = Optional.empty();
  private Optional<StepFailed> failed = Optional.empty();

  /** A step, and the end of its output. */
  static final class Shown {
    final String name;
    final Instant start;
    final ByteArrayOutputStream line = new ByteArrayOutputStream();

    /** The last lines. */
    final Deque<Line> lines = new ArrayDeque<>();

    boolean ended;

    Shown(String name, Instant start) {
      this.name = name;
      this.start = start;
    }
  }

  /**
   * A line that a step has written.
   *
   * @param after when, from the start of the step
   */
  record Line(Duration after, String text) {
    /** The line with its time in seconds, as docker shows it. */
    String timed() {
      return "%.3f %s".formatted(after.toMillis() / 1e3, text);
    }
  }

  ProgressView(PrintStream out, InstantSource clock) {
    this.out = out;
    this.clock = clock;
  }

  void show(BuildProgress message) {
    switch (message.getEventCase()) {
      case BEGUN -> begin(message.getBegun());
      case OUTPUT -> output(message.getOutput());
      case DONE -> end(message.getDone());
      case FAILED -> fail(message.getFailed());
      case WARNING -> warnings.add(message.getWarning().getText());
      case BUILT -> {
        built = Optional.of(message.getBuilt());
        built(message.getBuilt(), last + 1);
      }
      case ARCHIVE, EVENT_NOT_SET -> {}
    }
  }

  // ── what views show ────────────────────────────────────────────────────────────────────────

  abstract void begun(int number, Shown step);

  /** A step has written a line. */
  abstract void line(int number, Shown step, Line line);

  abstract void done(int number, Shown step, StepDone end);

  /** A step has failed. The end of its output is shown afterwards. */
  abstract void failed(int number, Shown step, String reason);

  /**
   * The build has succeeded.
   *
   * @param number of a step that would begin now
   */
  abstract void built(BuiltImage image, int number);

  abstract void warn(String text);

  /** Shows what is to stay on the screen, and nothing more. */
  @Override
  public abstract void close();

  // ── what views and the command ask ─────────────────────────────────────────────────────────

  /** The new image, if the build has succeeded. */
  Optional<BuiltImage> image() {
    return built;
  }

  /** Why the build has failed; empty if no step has. */
  Optional<String> failure() {
    return failed.map(StepFailed::getReason);
  }

  @Nullable Shown step(int number) {
    return steps.get(number);
  }

  Map<Integer, Shown> steps() {
    return steps;
  }

  Duration since(Shown step) {
    return Duration.between(step.start, clock.instant());
  }

  Instant now() {
    return clock.instant();
  }

  // ── what the daemon tells ──────────────────────────────────────────────────────────────────

  private void begin(StepBegun step) {
    Shown shown = new Shown(step.getName(), clock.instant());
    steps.put(step.getStep(), shown);
    last = Math.max(last, step.getStep());
    begun(step.getStep(), shown);
  }

  private void output(StepOutput message) {
    Shown step = steps.get(message.getStep());
    if (step == null) {
      return;
    }
    for (byte each : message.getData().toByteArray()) {
      if (each == '\n' || step.line.size() == MAX_LINE_BYTES) {
        endLine(message.getStep(), step);
      }
      if (each != '\n') {
        step.line.write(each);
      }
    }
  }

  private void endLine(int number, Shown step) {
    Line line = new Line(since(step), step.line.toString(UTF_8).stripTrailing());
    step.line.reset();
    step.lines.add(line);
    if (step.lines.size() > REPEATED_LINES) {
      step.lines.removeFirst();
    }
    line(number, step, line);
  }

  private Shown ended(int number) {
    Shown step = steps.computeIfAbsent(number, _ -> new Shown("", clock.instant()));
    if (step.line.size() > 0) {
      endLine(number, step);
    }
    step.ended = true;
    return step;
  }

  private void end(StepDone step) {
    done(step.getStep(), ended(step.getStep()), step);
  }

  private void fail(StepFailed message) {
    failed = Optional.of(message);
    Shown step = ended(message.getStep());
    failed(message.getStep(), step, message.getReason());
    out.println("------");
    if (!step.name.isEmpty()) {
      out.println(" > " + step.name + ":");
    }
    step.lines.forEach(line -> out.println(line.timed()));
    out.println("------");
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

  void showWarnings() {
    warnings.forEach(text -> warn("WARNING: " + text));
    warnings.clear();
  }
}
