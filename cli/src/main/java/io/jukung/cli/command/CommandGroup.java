package io.jukung.cli.command;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that has only subcommands. Without one of them it prints its help. */
public abstract class CommandGroup implements Runnable {
  private final CommandContext context;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  protected CommandGroup(CommandContext context) {
    this.context = context;
  }

  @Override
  public final void run() {
    spec.commandLine().usage(context.environment().out());
  }
}
