package io.jukung.engine.usage;

import io.jukung.client.v1.TopProcess;
import io.jukung.engine.http.HttpError;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What docker's client can ask to see of each process of a container; named as in ps(1). */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum ProcessColumn {
  UID("UID", each -> Integer.toUnsignedString(each.getUid())),
  PID("PID", each -> Integer.toString(each.getPid())),
  PPID("PPID", each -> Integer.toString(each.getParentPid())),
  C("C", _ -> "0"),
  STIME("STIME", ProcessColumn::start),
  TTY("TTY", each -> each.getTty() == 0 ? "?" : "pts"),
  TIME("TIME", ProcessColumn::time),
  CMD("CMD", each -> String.join(" ", each.getCommandList())),
  COMMAND("COMMAND", CMD.text),
  USER("USER", UID.text);

  /** The columns of {@code ps -ef}. */
  private static final List<ProcessColumn> FULL = List.of(UID, PID, PPID, C, STIME, TTY, TIME, CMD);

  private static final Pattern FORMAT = Pattern.compile("(?:-e |-A |ax )?-?[eA]?o ?([a-z,]+)");

  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneId.systemDefault());

  private final String title;
  private final Function<TopProcess, String> text;

  ProcessColumn(String title, Function<TopProcess, String> text) {
    this.title = title;
    this.text = text;
  }

  /**
   * Reads the arguments of ps.
   *
   * @throws HttpError 501 for any but {@code -ef} and {@code -o} with a list of columns
   */
  static List<ProcessColumn> parse(String arguments) {
    if (arguments.equals("-ef") || arguments.equals("-e -f")) {
      return FULL;
    }
    Matcher format = FORMAT.matcher(arguments);
    if (!format.matches()) {
      throw HttpError.notImplemented("ps_args \"" + arguments + "\", other than -ef and -o,");
    }
    List<ProcessColumn> columns = new ArrayList<>();
    for (String each : format.group(1).split(",", -1)) {
      columns.add(
          switch (each) {
            case "uid" -> UID;
            case "user" -> USER;
            case "pid" -> PID;
            case "ppid" -> PPID;
            case "stime" -> STIME;
            case "tty" -> TTY;
            case "time" -> TIME;
            case "cmd" -> CMD;
            case "args", "command" -> COMMAND;
            default -> throw HttpError.notImplemented("the column " + each + " of ps_args");
          });
    }
    return columns;
  }

  String title() {
    return title;
  }

  String of(TopProcess process) {
    return text.apply(process);
  }

  private static String start(TopProcess process) {
    return CLOCK.format(Instant.ofEpochSecond(0, process.getStartedAt()));
  }

  private static String time(TopProcess process) {
    Duration cpu = Duration.ofNanos(process.getCpuTime());
    return "%02d:%02d:%02d".formatted(cpu.toHours(), cpu.toMinutesPart(), cpu.toSecondsPart());
  }
}
