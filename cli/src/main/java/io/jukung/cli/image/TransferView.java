package io.jukung.cli.image;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.text.HumanSize;
import io.jukung.cli.text.ShortId;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Shows the progress of a pull or push: on a terminal one line per blob, which is redrawn;
 * elsewhere one line per event.
 */
sealed interface TransferView {
  static TransferView of(CliEnvironment environment) {
    TransferRates rates = new TransferRates(environment.clock());
    return environment.interactive()
        ? new Bars(environment.err(), environment.columns(), rates)
        : new Lines(environment.err(), rates);
  }

  /** Takes note of a blob's progress. */
  void show(Transfer transfer);

  /** Called after all blobs of one message from the daemon. */
  void flush();

  /** Called once, when all has ended or failed. */
  void end();

  /** For files and pipes: a line where a phase of a blob begins. */
  final class Lines implements TransferView {
    private final PrintStream err;
    private final TransferRates rates;
    private final Map<String, String> words = new LinkedHashMap<>();
    private final Map<String, String> lastRates = new LinkedHashMap<>();

    Lines(PrintStream err, TransferRates rates) {
      this.err = err;
      this.rates = rates;
    }

    @Override
    public void show(Transfer transfer) {
      String before = words.put(transfer.digest(), transfer.words());
      if (transfer.moving()) {
        lastRates.put(transfer.digest(), rates.of(transfer));
      }
      if (!transfer.words().equals(before) && !transfer.waits()) {
        String more = size(transfer);
        if (!transfer.moving()) {
          String rate = lastRates.remove(transfer.digest());
          more = rate == null || rate.isEmpty() ? "" : "," + rate;
        }
        err.println(ShortId.of(transfer.digest()) + ": " + transfer.words() + more);
      }
    }

    private static String size(Transfer transfer) {
      return transfer.moving() && transfer.totalBytes() > 0
          ? " " + HumanSize.format(transfer.totalBytes())
          : "";
    }

    @Override
    public void flush() {}

    @Override
    public void end() {}
  }

  /** For terminals: all lines are redrawn in place. */
  final class Bars implements TransferView {
    private static final int MAX_BAR = 40;

    /** The width of what stands beside the bar in a line: ID, brackets, sizes. */
    private static final int BESIDE_BAR = 40;

    /** The width of a rate, which is left out where a line has no room for it. */
    private static final int RATE = 11;

    /** ECMA-48: CSI n A moves the cursor n lines up, CSI K clears to the end of the line. */
    private static final String CSI = "\u001b[";

    private final PrintStream err;
    private final int bar;
    private final boolean roomForRate;
    private final TransferRates rates;
    private final Map<String, Transfer> transfers = new LinkedHashMap<>();
    private int drawn;

    Bars(PrintStream err, int columns, TransferRates rates) {
      this.err = err;
      this.bar = Math.clamp(columns - BESIDE_BAR, 10, MAX_BAR);
      this.roomForRate = columns >= BESIDE_BAR + 10 + RATE;
      this.rates = rates;
    }

    @Override
    public void show(Transfer transfer) {
      transfers.put(transfer.digest(), transfer);
    }

    @Override
    public void flush() {
      var screen = new StringBuilder();
      if (drawn > 0) {
        screen.append(CSI).append(drawn).append('A');
      }
      transfers.values().forEach(each -> screen.append(line(each)).append(CSI + "K").append('\n'));
      drawn = transfers.size();
      err.print(screen);
      err.flush();
    }

    private String line(Transfer transfer) {
      String id = ShortId.of(transfer.digest()) + " ";
      if (!transfer.moving() || transfer.totalBytes() <= 0) {
        return id + transfer.words();
      }
      String rate = roomForRate ? rates.of(transfer) : "";
      int width = rate.isEmpty() ? bar : Math.max(10, bar - RATE);
      double part = Math.min(1, (double) transfer.doneBytes() / transfer.totalBytes());
      int filled = (int) (part * width);
      return id
          + "["
          + "=".repeat(filled)
          + (filled < width ? ">" + " ".repeat(width - filled - 1) : "")
          + "] "
          + HumanSize.format(transfer.doneBytes())
          + "/"
          + HumanSize.format(transfer.totalBytes())
          + rate;
    }

    @Override
    public void end() {
      err.flush();
    }
  }
}
