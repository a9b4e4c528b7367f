package io.jukung.cli;

import io.jukung.cli.command.CliEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Writes a manual page for the program and for each of its commands, in the words of their help
 * (man(7)). The build runs it.
 */
public final class ManualPages {
  private static final String PROGRAM = "jukung";

  private ManualPages() {}

  /**
   * Writes all pages.
   *
   * @param arguments the directory, which is made, and the version
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      throw new IllegalArgumentException("usage: ManualPages DIRECTORY VERSION");
    }
    write(Path.of(arguments[0]), arguments[1]);
  }

  static void write(Path directory, String version) throws IOException {
    CommandLine program = Jukung.all(CliEnvironment.ofProcess());
    Files.createDirectories(directory);
    Files.writeString(directory.resolve(PROGRAM + ".1"), page(PROGRAM, program, version));
    for (Map.Entry<String, CommandLine> each : commands(program)) {
      String name = PROGRAM + "-" + each.getKey();
      Files.writeString(directory.resolve(name + ".1"), page(name, each.getValue(), version));
    }
  }

  private static List<Map.Entry<String, CommandLine>> commands(CommandLine of) {
    return of.getSubcommands().entrySet().stream()
        .filter(each -> !each.getValue().getCommandSpec().usageMessage().hidden())
        .toList();
  }

  private static String page(String name, CommandLine line, String version) {
    CommandSpec spec = line.getCommandSpec();
    StringBuilder page = new StringBuilder();
    page.append(".TH ")
        .append(quoted(name))
        .append(" 1 \"\" ")
        .append(quoted(PROGRAM + " " + version));
    page.append(" \"User commands\"\n.SH NAME\n");
    page.append(text(name)).append(" \\- ").append(text(firstSentence(spec))).append('\n');
    page.append(".SH SYNOPSIS\n").append(text(synopsis(line))).append('\n');
    page.append(".SH DESCRIPTION\n");
    paragraphs(page, spec.usageMessage().description());
    section(page, "ARGUMENTS", positionals(spec));
    section(page, "OPTIONS", options(spec));
    section(page, "COMMANDS", subcommands(line));
    section(page, "EXIT STATUS", entries(spec.usageMessage().exitCodeList()));
    if (spec.usageMessage().footer().length > 0) {
      page.append(".SH NOTES\n");
      paragraphs(page, spec.usageMessage().footer());
    }
    return page.toString();
  }

  private static String synopsis(CommandLine line) {
    CommandLine.Help help = line.getHelp();
    return help.synopsis(0).replaceAll("\\s+", " ").strip();
  }

  private static String firstSentence(CommandSpec spec) {
    String all = plain(String.join(" ", spec.usageMessage().description()));
    int end = all.indexOf(". ");
    return end < 0 ? all : all.substring(0, end);
  }

  /** A term, and what it means. */
  private record Entry(String term, String meaning) {}

  private static List<Entry> positionals(CommandSpec spec) {
    List<Entry> entries = new ArrayList<>();
    for (PositionalParamSpec each : spec.positionalParameters()) {
      if (!each.hidden()) {
        entries.add(new Entry(each.paramLabel(), described(each)));
      }
    }
    return entries;
  }

  private static List<Entry> options(CommandSpec spec) {
    List<Entry> entries = new ArrayList<>();
    for (OptionSpec each : spec.options()) {
      if (!each.hidden()) {
        String value = each.arity().max() > 0 ? " " + each.paramLabel() : "";
        entries.add(new Entry(String.join(", ", each.names()) + value, described(each)));
      }
    }
    return entries;
  }

  private static String described(ArgSpec argument) {
    return String.join("\n", argument.description());
  }

  private static List<Entry> subcommands(CommandLine line) {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, CommandLine> each : commands(line)) {
      CommandSpec spec = each.getValue().getCommandSpec();
      entries.add(new Entry(each.getKey(), String.join(" ", spec.usageMessage().description())));
    }
    return entries;
  }

  private static List<Entry> entries(Map<String, String> terms) {
    return terms.entrySet().stream().map(it -> new Entry(it.getKey(), it.getValue())).toList();
  }

  private static void section(StringBuilder page, String title, List<Entry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    page.append(".SH ").append(quoted(title)).append('\n');
    for (Entry entry : entries) {
      page.append(".TP\n.B ").append(text(entry.term())).append('\n');
      page.append(text(plain(entry.meaning()))).append('\n');
    }
  }

  private static void paragraphs(StringBuilder page, String... lines) {
    for (String line : lines) {
      page.append(line.isBlank() ? "" : ".PP\n" + text(plain(line)) + "\n");
    }
  }

  /** Picocli's format, with line breaks as {@code %n}, as plain text. */
  private static String plain(String description) {
    return Ansi.OFF.string(description.replace("%n", "\n").replace("%%", "%"));
  }

  /** Escapes what roff would take for its own (groff_char(7)). */
  private static String text(String plain) {
    return plain
        .replace("\\", "\\e")
        .replace("-", "\\-")
        .replaceAll("(?m)^(?=[.'])", "\\\\&")
        .replaceAll("\n{2,}", "\n.PP\n");
  }

  private static String quoted(String argument) {
    return '"' + text(argument).replace("\"", "\\(dq") + '"';
  }
}
