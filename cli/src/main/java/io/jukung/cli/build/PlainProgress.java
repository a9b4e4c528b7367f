package io.jukung.cli.build;

import io.jukung.client.v1.BuiltImage;
import io.jukung.client.v1.StepDone;
import java.io.PrintStream;
import java.time.InstantSource;

/**
 * Shows a build as lines, in the words and the order of docker's builder. For one thread at a time.
 */
final class PlainProgress extends ProgressView {
  private final boolean quiet;
  private final boolean keeps;
  private int current;

  /**
   * @param quiet whether only a failure is shown
   * @param keeps whether the daemon keeps the image
   */
  PlainProgress(PrintStream out, InstantSource clock, boolean quiet, boolean keeps) {
    super(out, clock);
    this.quiet = quiet;
    this.keeps = keeps;
  }

  private void print(String text) {
    if (!quiet) {
      out.println(text);
    }
  }

  /** Has the lines that follow be about a step, which is named if others were shown before. */
  private void turnTo(int number, Shown step) {
    if (current == number) {
      return;
    }
    if (current != 0) {
      print("");
    }
    current = number;
    print("#" + number + " " + step.name);
  }

  @Override
  void begun(int number, Shown step) {
    turnTo(number, step);
  }

  @Override
  void line(int number, Shown step, Line line) {
    turnTo(number, step);
    print("#" + number + " " + line.timed());
  }

  @Override
  void done(int number, Shown step, StepDone end) {
    turnTo(number, step);
    print(
        "#"
            + number
            + (end.getCached() ? " CACHED" : " DONE %.1fs".formatted(end.getMilliseconds() / 1e3)));
    print("");
    current = 0;
  }

  @Override
  void failed(int number, Shown step, String reason) {
    turnTo(number, step);
    print("#" + number + " ERROR: " + reason);
    current = 0;
  }

  @Override
  void built(BuiltImage image, int number) {
    if (keeps) {
      print("#" + number + " exporting to image");
      print("#" + number + " writing image " + image.getImageId() + " done");
      image.getNamesList().forEach(name -> print("#" + number + " naming to " + name + " done"));
      print("#" + number + " DONE 0.0s");
    }
    showWarnings();
  }

  @Override
  void warn(String text) {
    print(text);
  }

  @Override
  public void close() {}
}
