package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.LayerProgress;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Shows the progress of a pull: on a terminal one line per layer, which is redrawn; elsewhere one
 * line per event.
 */
sealed interface PullView {
  static PullView of(CliEnvironment environment) {
    return environment.interactive()
        ? new Bars(environment.err(), environment.columns())
        : new Lines(environment.err());
  }

  /** Takes note of a layer's progress. */
  void show(LayerProgress layer);

  /** Called after all layers of one message from the daemon. */
  void flush();

  /** Called once, when the pull has ended or failed. */
  void end();

  /** Returns the word for a layer's phase. */
  static String words(LayerProgress layer) {
    return switch (layer.getPhase()) {
      case WAITING -> "waiting";
      case DOWNLOADING -> "downloading";
      case UNPACKING -> "unpacking";
      case DONE -> "done";
      case UNRECOGNIZED -> "";
    };
  }

  /** For files and pipes: a line where a phase of a layer begins. */
  final class Lines implements PullView {
    private final PrintStream err;
    private final Map<String, LayerProgress.Phase> phases = new LinkedHashMap<>();

    Lines(PrintStream err) {
      this.err = err;
    }

    @Override
    public void show(LayerProgress layer) {
      LayerProgress.Phase before = phases.put(layer.getDigest(), layer.getPhase());
      if (before != layer.getPhase() && layer.getPhase() != LayerProgress.Phase.WAITING) {
        err.println(ShortId.of(layer.getDigest()) + ": " + words(layer) + size(layer));
      }
    }

    private static String size(LayerProgress layer) {
      return layer.getPhase() == LayerProgress.Phase.DOWNLOADING && layer.getTotalBytes() > 0
          ? " " + HumanSize.format(layer.getTotalBytes())
          : "";
    }

    @Override
    public void flush() {}

    @Override
    public void end() {}
  }

  /** For terminals: all lines are redrawn in place. */
  final class Bars implements PullView {
    private static final int MAX_BAR = 40;

    /** The width of what stands beside the bar in a line: ID, brackets, sizes. */
    private static final int BESIDE_BAR = 40;

    /** ECMA-48: CSI n A moves the cursor n lines up, CSI K clears to the end of the line. */
    private static final String CSI = "\u001b[";

    private final PrintStream err;
    private final int bar;
    private final Map<String, LayerProgress> layers = new LinkedHashMap<>();
    private int drawn;

    Bars(PrintStream err, int columns) {
      this.err = err;
      this.bar = Math.clamp(columns - BESIDE_BAR, 10, MAX_BAR);
    }

    @Override
    public void show(LayerProgress layer) {
      layers.put(layer.getDigest(), layer);
    }

    @Override
    public void flush() {
      var screen = new StringBuilder();
      if (drawn > 0) {
        screen.append(CSI).append(drawn).append('A');
      }
      layers.values().forEach(layer -> screen.append(line(layer)).append(CSI + "K").append('\n'));
      drawn = layers.size();
      err.print(screen);
      err.flush();
    }

    private String line(LayerProgress layer) {
      String id = ShortId.of(layer.getDigest()) + " ";
      if (layer.getPhase() != LayerProgress.Phase.DOWNLOADING || layer.getTotalBytes() <= 0) {
        return id + words(layer);
      }
      double part = Math.min(1, (double) layer.getArrivedBytes() / layer.getTotalBytes());
      int filled = (int) (part * bar);
      return id
          + "["
          + "=".repeat(filled)
          + (filled < bar ? ">" + " ".repeat(bar - filled - 1) : "")
          + "] "
          + HumanSize.format(layer.getArrivedBytes())
          + "/"
          + HumanSize.format(layer.getTotalBytes());
    }

    @Override
    public void end() {
      err.flush();
    }
  }
}
