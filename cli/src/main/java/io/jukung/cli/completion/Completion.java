package io.jukung.cli.completion;

import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jukung completion}: prints a script that lets a shell complete command lines. */
@Command(
    name = "completion",
    description = {
      "Prints a script that lets a shell complete commands, options and the names of containers,"
          + " pods and images.",
      "bash: source <(jukung completion bash)",
      "zsh: source <(jukung completion zsh)",
      "fish: jukung completion fish | source"
    },
    mixinStandardHelpOptions = true)
public final class Completion implements Callable<Integer> {
  /** The shells for which there is a script. */
  enum Shell {
    BASH,
    ZSH,
    FISH
  }

  private final CommandContext context;

  @Parameters(
      paramLabel = "bash|zsh|fish",
      arity = "0..1",
      defaultValue = "bash",
      description = "The shell. Without it: bash.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  Shell shell;

  public Completion(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.environment().out().print(script(shell));
    return ExitCode.OK;
  }

  private static String script(Shell shell) throws IOException {
    String name = "jukung." + shell.name().toLowerCase(Locale.ROOT);
    try (InputStream script = Completion.class.getResourceAsStream(name)) {
      return new String(
          Objects.requireNonNull(script, name).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
