package io.jukung.cli.build;

import io.jukung.cli.text.ShortId;
import io.jukung.cli.text.TerminalText;
import io.jukung.client.v1.BuildProgress;
import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepDone;
import io.jukung.linux.terminal.Terminal;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Shows a build on a terminal. A step that has ended is a line that stays; below these lines, the
 * steps that run are drawn again and again, each with the last lines of its output. A drawing is
 * one write, and overwrites the one before line by line, so that nothing flickers. No line is
 * longer than the terminal is wide. Thread-safe.
 */
final class TerminalProgress extends ProgressView {
  /** A smaller window shows too little of the steps that run. */
  private static final int MIN_ROWS = 8;

  private static final int MIN_COLUMNS = 40;

  private static final int SHOWN_LINES = 6;
  private static final long FRAME_MILLIS = 100;

  /** Code points from here on may take two columns; no line may be longer than the window. */
  private static final int FIRST_WIDE = 0x1100;

  /** ECMA-48: CSI n A moves the cursor n lines up, CSI K clears to the end of the line. */
  private static final String CSI = "\u001b[";

  private static final String CLEAR_LINE = CSI + "K";
  private static final String CLEAR_BELOW = CSI + "J";

  /** Control sequences of programs: colours and movements of the cursor. */
  private static final Pattern SEQUENCE = Pattern.compile("\u001b\\[[0-9;?]*[ -/]*[@-~]");

  private final Supplier<Terminal.Size> window;
  private final boolean keeps;
  private final Instant start;
  private final StringBuilder staying = new StringBuilder();
  private final CountDownLatch end = new CountDownLatch(1);
  private int drawn;
  private int drawnColumns;
  private int ended;

  /**
   * @param window the size of the terminal now
   * @param keeps whether the daemon keeps the image
   */
  TerminalProgress(
      PrintStream out, InstantSource clock, Supplier<Terminal.Size> window, boolean keeps) {
    super(out, clock);
    this.window = window;
    this.keeps = keeps;
    this.start = clock.instant();
  }

  /** Has the view be drawn ten times a second until it is closed. */
  TerminalProgress started() {
    Thread.ofVirtual().name("build-progress").start(this::drawRepeatedly);
    return this;
  }

  private void drawRepeatedly() {
    try {
      while (!end.await(FRAME_MILLIS, TimeUnit.MILLISECONDS)) {
        draw();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  synchronized void show(BuildProgress message) {
    super.show(message);
  }

  // ── lines that stay ────────────────────────────────────────────────────────────────────────

  @Override
  void begun(int number, Shown step) {}

  @Override
  void line(int number, Shown step, Line line) {}

  @Override
  void done(int number, Shown step, StepDone done) {
    ended++;
    String time = done.getCached() ? "cached" : seconds(Duration.ofMillis(done.getMilliseconds()));
    stay(titled(done.getCached() ? "=" : "*", step.name, time, columns()));
  }

  @Override
  void failed(int number, Shown step, String reason) {
    ended++;
    stay(titled("!", step.name, "failed", columns()));
    stay(TerminalText.escape("  ERROR: " + reason));
    finish();
  }

  @Override
  void built(BuiltImage image, int number) {
    if (keeps) {
      String names = String.join(", ", image.getNamesList());
      stay(
          TerminalText.escape(
              "* image " + ShortId.of(image.getImageId()) + (names.isEmpty() ? "" : " " + names)));
    }
    finish();
    showWarnings();
  }

  @Override
  void warn(String text) {
    out.println(TerminalText.escape(text));
  }

  private void stay(String line) {
    staying.append(line).append(CLEAR_LINE).append('\n');
  }

  // ── what is drawn again and again ──────────────────────────────────────────────────────────

  private int columns() {
    return Math.max(MIN_COLUMNS, window.get().columns());
  }

  synchronized void draw() {
    if (end.getCount() == 0) {
      return;
    }
    Terminal.Size size = window.get();
    List<String> live = live(Math.max(MIN_COLUMNS, size.columns()), size.rows() - 1);
    put(live, size.columns());
  }

  /** Removes what is drawn, so that whatever comes next stands below the lines that stay. */
  private void finish() {
    end.countDown();
    put(List.of(), window.get().columns());
  }

  private void put(List<String> live, int columns) {
    StringBuilder frame = new StringBuilder();
    // A terminal that has become narrower has wrapped the old lines: nobody knows where they begin.
    if (drawn > 0 && columns >= drawnColumns) {
      frame.append(CSI).append(drawn).append('A');
    }
    frame.append(staying);
    staying.setLength(0);
    live.forEach(line -> frame.append(line).append(CLEAR_LINE).append('\n'));
    frame.append(CLEAR_BELOW);
    drawn = live.size();
    drawnColumns = columns;
    out.print(frame);
    out.flush();
  }

  private List<String> live(int columns, int rows) {
    List<Shown> running = steps().values().stream().filter(step -> !step.ended).toList();
    List<String> lines = new ArrayList<>();
    lines.add(
        cut(
            "building %s, %d of %d steps done"
                .formatted(seconds(Duration.between(start, now())), ended, steps().size()),
            columns - 1));
    int room = Math.max(0, rows - 1);
    int shown = Math.min(running.size(), room);
    int each = shown == 0 ? 0 : Math.min(SHOWN_LINES, (room - shown) / shown);
    for (Shown step : running.subList(0, shown)) {
      lines.add(titled(">", step.name, seconds(since(step)), columns));
      List<Line> output = List.copyOf(step.lines);
      output.subList(Math.max(0, output.size() - each), output.size()).stream()
          .map(line -> cut("  | " + readable(line.text()), columns - 1))
          .forEach(lines::add);
    }
    return lines;
  }

  /** A line with a mark before the name and a time at its right end. */
  private static String titled(String mark, String name, String time, int columns) {
    int room = columns - time.length() - 4;
    String shown = cut(TerminalText.escape(name), room);
    return mark + " " + shown + " ".repeat(Math.max(1, room - width(shown) + 1)) + time;
  }

  /** What a terminal would show of a line: without colours, and as a carriage return leaves it. */
  static String readable(String text) {
    String plain = SEQUENCE.matcher(text).replaceAll("").replace('\t', ' ');
    return TerminalText.escape(plain.substring(plain.lastIndexOf('\r') + 1));
  }

  private static int width(String text) {
    return text.codePoints().map(TerminalProgress::width).sum();
  }

  private static int width(int codePoint) {
    return codePoint >= FIRST_WIDE ? 2 : 1;
  }

  /** The beginning of a text that is wider than so many columns. */
  static String cut(String text, int columns) {
    if (width(text) <= columns) {
      return text;
    }
    StringBuilder shown = new StringBuilder();
    int used = 0;
    for (int codePoint : text.codePoints().toArray()) {
      used += width(codePoint);
      if (used >= columns) {
        break;
      }
      shown.appendCodePoint(codePoint);
    }
    return shown.append('~').toString();
  }

  private static String seconds(Duration time) {
    return "%.1fs".formatted(time.toMillis() / 1e3);
  }

  @Override
  public synchronized void close() {
    if (end.getCount() > 0) {
      finish();
    }
  }

  /** Whether a window has room for this view. */
  static boolean fits(Terminal.Size window) {
    return window.rows() >= MIN_ROWS && window.columns() >= MIN_COLUMNS;
  }
}
