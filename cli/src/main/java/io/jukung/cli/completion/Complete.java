package io.jukung.cli.completion;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.TerminalText;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code jukung __complete -- WORD…}, which the scripts for the shells call: prints the candidates
 * for the last word, each with a tab and a description after it, and then {@code :files} if file
 * names are wanted too.
 */
@Command(name = Complete.NAME, hidden = true, description = "Used by the scripts of `completion`.")
public final class Complete implements Callable<Integer> {
  public static final String NAME = "__complete";

  private final CommandContext context;
  private final Supplier<CommandLine> program;

  @Parameters(arity = "0..*")
  List<String> words = List.of();

  /**
   * Makes the command.
   *
   * @param program makes the whole command line with all commands
   */
  public Complete(CommandContext context, Supplier<CommandLine> program) {
    this.context = context;
    this.program = program;
  }

  @Override
  public Integer call() {
    PrintStream out = context.environment().out();
    Candidates found = Candidates.of(program.get(), words, new DaemonNames(context));
    for (Candidate each : found.words()) {
      out.println(
          TerminalText.escape(each.word())
              + (each.description().isEmpty()
                  ? ""
                  : "\t" + TerminalText.escape(each.description())));
    }
    if (found.files()) {
      out.println(":files");
    }
    return ExitCode.OK;
  }
}
