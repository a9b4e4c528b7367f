package io.jukung.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * Draws the samples of a recording of Java's flight recorder (JEP 509, {@code jdk.CPUTimeSample})
 * as a flame graph in SVG: a box is a method, its width the share of the samples that have it, and
 * the boxes above it are what it calls. A box has its method's name and share as a tooltip. Threads
 * are the lowest boxes. Boxes below {@value #LEAST_SHARE} of all samples are left out.
 */
public final class FlameGraph {
  private static final String SAMPLE = "jdk.CPUTimeSample";
  private static final double LEAST_SHARE = 0.004;
  private static final int WIDTH = 1200;
  private static final int BOX_HEIGHT = 15;
  private static final int HEAD_HEIGHT = 30;
  private static final int CHARACTER_WIDTH = 6;
  private static final int LEAST_CHARACTERS = 4;

  /** A method below its callers, and the samples that have it. */
  private static final class Box {
    final Map<String, Box> calls = new TreeMap<>();
    long samples;

    Box call(String method) {
      return calls.computeIfAbsent(method, _ -> new Box());
    }

    int height(long least) {
      return samples < least
          ? 0
          : 1 + calls.values().stream().mapToInt(call -> call.height(least)).max().orElse(0);
    }
  }

  private final Box all = new Box();

  /** Arguments: the recording, the file to write, and the title. */
  public static void main(String[] arguments) throws IOException {
    FlameGraph graph = new FlameGraph();
    try (RecordingFile recording = new RecordingFile(Path.of(arguments[0]))) {
      while (recording.hasMoreEvents()) {
        graph.add(recording.readEvent());
      }
    }
    if (graph.all.samples == 0) {
      throw new IOException(arguments[0] + " has no " + SAMPLE);
    }
    Files.writeString(Path.of(arguments[1]), graph.svg(arguments[2]));
  }

  private void add(RecordedEvent event) {
    if (!event.getEventType().getName().equals(SAMPLE) || event.getStackTrace() == null) {
      return;
    }
    List<String> stack = new ArrayList<>();
    for (RecordedFrame frame : event.getStackTrace().getFrames()) {
      stack.addFirst(name(frame.getMethod()));
    }
    add(group(event.getThread("eventThread").getJavaName()), stack);
  }

  /** Threads of a call have its name and that of the pod; those of pools have numbers. */
  private static String group(@Nullable String thread) {
    return thread == null || thread.isEmpty()
        ? "no name"
        : thread.replaceFirst("^([A-Z]\\w+) .*", "$1").replaceAll("[0-9]+", "N");
  }

  /**
   * Adds a sample.
   *
   * @param stack the names of the methods, the outermost first
   */
  void add(String thread, List<String> stack) {
    all.samples++;
    Box box = all.call(thread);
    box.samples++;
    for (String method : stack) {
      box = box.call(method);
      box.samples++;
    }
  }

  private static String name(RecordedMethod method) {
    String type = method.getType().getName();
    return type.substring(type.lastIndexOf('.') + 1) + "." + method.getName();
  }

  String svg(String title) {
    long least = Math.max(1, (long) Math.ceil(all.samples * LEAST_SHARE));
    int bottom = HEAD_HEIGHT + (all.height(least) - 2) * BOX_HEIGHT;
    StringBuilder svg =
        new StringBuilder(
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="10">
            <style>.page{fill:#ffffff}rect{stroke:#ffffff;stroke-width:.5}</style>
            <rect class="page" width="%d" height="%d"/>
            <text x="8" y="19" font-size="13">%s (%d samples)</text>
            """
                .formatted(
                    WIDTH,
                    bottom + BOX_HEIGHT,
                    WIDTH,
                    bottom + BOX_HEIGHT,
                    WIDTH,
                    bottom + BOX_HEIGHT,
                    escape(title),
                    all.samples));
    draw(all, 0, bottom, least, svg);
    return svg.append("</svg>\n").toString();
  }

  private void draw(Box box, double left, int top, long least, StringBuilder svg) {
    double x = left;
    for (Map.Entry<String, Box> call : box.calls.entrySet()) {
      double width = (double) WIDTH * call.getValue().samples / all.samples;
      if (call.getValue().samples >= least) {
        drawBox(call.getKey(), call.getValue(), x, top, width, svg);
        draw(call.getValue(), x, top - BOX_HEIGHT, least, svg);
      }
      x += width;
    }
  }

  private void drawBox(
      String name, Box box, double left, int top, double width, StringBuilder svg) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<g><title>%s: %.1f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\""
                + " fill=\"%s\"/>",
            escape(name),
            100.0 * box.samples / all.samples,
            left,
            top,
            width,
            BOX_HEIGHT,
            color(name)));
    int characters = (int) (width / CHARACTER_WIDTH);
    if (characters >= LEAST_CHARACTERS) {
      String text = name.length() <= characters ? name : name.substring(0, characters - 1) + "…";
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\">%s</text>",
              left + 2,
              top + 11,
              escape(text)));
    }
    svg.append("</g>\n");
  }

  /** A warm color that is always the same for a method. */
  private static String color(String name) {
    int hash = Math.floorMod(name.hashCode(), 1000);
    return String.format(
        Locale.ROOT, "#%02x%02x%02x", 225 + hash % 30, 130 + hash / 10, 60 + hash % 50);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
