package io.jukung.cli.container;

import io.jukung.cli.command.CliException;
import io.jukung.cri.log.CriLogLine;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;

/** Prints the lines of a container's log to the streams that the container wrote them to. */
public final class LogPrinter {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean timestamps;

  /** The streams in the middle of a line, the time of which is printed already. */
  private final EnumSet<CriLogLine.Stream> midLine = EnumSet.noneOf(CriLogLine.Stream.class);

  public LogPrinter(PrintStream out, PrintStream err, boolean timestamps) {
    this.out = out;
    this.err = err;
    this.timestamps = timestamps;
  }

  /**
   * Prints a line of the log file; one that is not in CRI's format is reported on standard error.
   *
   * @throws CliException where nobody reads the output any more
   */
  public void print(byte[] raw) {
    CriLogLine.parse(raw).ifPresentOrElse(this::print, () -> printForeign(raw));
  }

  private void print(CriLogLine line) {
    PrintStream target =
        switch (line.stream()) {
          case STDOUT -> out;
          case STDERR -> err;
        };
    if (timestamps && !midLine.contains(line.stream())) {
      target.print(line.timestamp() + " ");
    }
    target.write(line.content(), 0, line.content().length);
    if (line.complete()) {
      target.write('\n');
      midLine.remove(line.stream());
    } else {
      midLine.add(line.stream());
    }
    if (target.checkError()) { // flushes
      throw CliException.outputClosed();
    }
  }

  private void printForeign(byte[] raw) {
    err.println("not a log line: " + new String(raw, StandardCharsets.UTF_8));
  }
}
