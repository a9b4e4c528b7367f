package io.jukung.runtime.cli;

import io.jukung.v1.BlobProgress;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a pull is shown: one moving line per blob on a terminal, a line per event elsewhere. */
sealed interface PullView {
  static PullView of(CliEnvironment environment) {
    return environment.interactive()
        ? new Bars(environment.err(), environment.columns())
        : new Lines(environment.err());
  }

  void show(BlobProgress blob);

  /** After all blobs of one message. */
  void flush();

  void end();

  /** The words for a phase. */
  static String words(BlobProgress blob) {
    return switch (blob.getPhase()) {
      case WAITING -> "waiting";
      case DOWNLOADING -> "downloading";
      case UNPACKING -> "unpacking";
      case DONE -> "done";
      case PRESENT -> "already here";
      case UNRECOGNIZED -> "";
    };
  }

  /** For files and pipes: what began and what ended. */
  final class Lines implements PullView {
    private final PrintStream err;
    private final Map<String, BlobProgress.Phase> phases = new LinkedHashMap<>();

    Lines(PrintStream err) {
      this.err = err;
    }

    @Override
    public void show(BlobProgress blob) {
      BlobProgress.Phase before = phases.put(blob.getDigest(), blob.getPhase());
      if (before != blob.getPhase() && blob.getPhase() != BlobProgress.Phase.WAITING) {
        err.println(ShortId.of(blob.getDigest()) + ": " + words(blob) + size(blob));
      }
    }

    private static String size(BlobProgress blob) {
      return blob.getPhase() == BlobProgress.Phase.DOWNLOADING && blob.getTotalBytes() > 0
          ? " " + HumanSize.format(blob.getTotalBytes())
          : "";
    }

    @Override
    public void flush() {}

    @Override
    public void end() {}
  }

  /** For terminals: the lines are drawn over. */
  final class Bars implements PullView {
    private static final int MAX_BAR = 40;

    /** What a line holds beside the bar: ID, brackets, sizes. */
    private static final int BESIDE_BAR = 40;

    /** ECMA-48: CSI n A moves up, CSI K clears to the line's end. */
    private static final String CSI = "\u001b[";

    private final PrintStream err;
    private final int bar;
    private final Map<String, BlobProgress> blobs = new LinkedHashMap<>();
    private int drawn;

    Bars(PrintStream err, int columns) {
      this.err = err;
      this.bar = Math.clamp(columns - BESIDE_BAR, 10, MAX_BAR);
    }

    @Override
    public void show(BlobProgress blob) {
      blobs.put(blob.getDigest(), blob);
    }

    @Override
    public void flush() {
      var screen = new StringBuilder();
      if (drawn > 0) {
        screen.append(CSI).append(drawn).append('A');
      }
      blobs.values().forEach(blob -> screen.append(line(blob)).append(CSI + "K").append('\n'));
      drawn = blobs.size();
      err.print(screen);
      err.flush();
    }

    private String line(BlobProgress blob) {
      String id = ShortId.of(blob.getDigest()) + " ";
      if (blob.getPhase() != BlobProgress.Phase.DOWNLOADING || blob.getTotalBytes() <= 0) {
        return id + words(blob);
      }
      double part = Math.min(1, (double) blob.getBytes() / blob.getTotalBytes());
      int filled = (int) (part * bar);
      return id
          + "["
          + "=".repeat(filled)
          + (filled < bar ? ">" + " ".repeat(bar - filled - 1) : "")
          + "] "
          + HumanSize.format(blob.getBytes())
          + "/"
          + HumanSize.format(blob.getTotalBytes());
    }

    @Override
    public void end() {
      err.flush();
    }
  }
}
