package io.jukung.cli.usage;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.text.Table;
import io.jukung.client.v1.TopProcess;
import io.jukung.client.v1.TopRequest;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung top}: lists the processes of a container. */
@Command(
    name = "top",
    description = {
      "Lists the processes of a running container, in the columns of `ps -f`.",
      "Process ids and user ids are those of the node."
    },
    mixinStandardHelpOptions = true)
public final class Top extends ClientCommand {
  private static final long NANOSECONDS_PER_SECOND = 1_000_000_000L;

  private static final DateTimeFormatter TODAY = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);
  private static final DateTimeFormatter EARLIER =
      DateTimeFormatter.ofPattern("MMMdd", Locale.ENGLISH);

  @Parameters(index = "0", paramLabel = "CONTAINER")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String container;

  public Top(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    String id = Lookup.container(connection, container).getId();
    Table table = new Table("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD");
    Instant now = environment.clock().instant();
    for (TopProcess each :
        connection
            .containers()
            .top(TopRequest.newBuilder().setContainerId(id).build())
            .getProcessesList()) {
      Instant started = instant(each.getStartedAt());
      table.row(
          Integer.toUnsignedString(each.getUid()),
          Integer.toString(each.getPid()),
          Integer.toString(each.getParentPid()),
          Long.toString(usagePercent(each, now)),
          startTime(started, now, ZoneId.systemDefault()),
          terminal(each.getTty()),
          cpuTime(each.getCpuTime()),
          String.join(" ", each.getCommandList()));
    }
    table.print(out());
    return ExitCode.OK;
  }

  private static Instant instant(long nanoseconds) {
    return Instant.ofEpochSecond(
        nanoseconds / NANOSECONDS_PER_SECOND, nanoseconds % NANOSECONDS_PER_SECOND);
  }

  /** The processor time over the life of the process, in percent of one processor. */
  private static long usagePercent(TopProcess process, Instant now) {
    long lived =
        now.getEpochSecond() * NANOSECONDS_PER_SECOND + now.getNano() - process.getStartedAt();
    return lived <= 0 ? 0 : Math.min(99, process.getCpuTime() * 100 / lived);
  }

  /** The time of a process that was started in the last 24 hours, else the day. */
  static String startTime(Instant started, Instant now, ZoneId zone) {
    boolean recent = started.plusSeconds(24 * 60 * 60).isAfter(now);
    return (recent ? TODAY : EARLIER).format(started.atZone(zone));
  }

  /** A terminal by its device number (proc_pid_stat(5), tty_nr). */
  static String terminal(int device) {
    int major = (device >>> 8) & 0xfff;
    int minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    if (device == 0) {
      return "?";
    }
    return major >= 136 && major <= 143 ? "pts/" + ((major - 136) * 256 + minor) : "tty" + minor;
  }

  static String cpuTime(long nanoseconds) {
    long seconds = nanoseconds / NANOSECONDS_PER_SECOND;
    return "%02d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
