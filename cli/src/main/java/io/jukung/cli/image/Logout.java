package io.jukung.cli.image;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.client.v1.LogoutRequest;
import io.jukung.client.v1.LogoutResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jukung logout}: forgets the user and password for a registry. */
@Command(
    name = "logout",
    description =
        "Forgets the user and password that `login` keeps for a registry. The registry is not"
            + " asked.",
    mixinStandardHelpOptions = true)
public final class Logout extends ClientCommand {
  @Mixin AuthFileOption kept = new AuthFileOption();

  @Parameters(
      paramLabel = "SERVER",
      arity = "0..1",
      defaultValue = "",
      description = "The registry's host, with its port; without it, Docker Hub.")
  String server = "";

  public Logout(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    LogoutResponse answer =
        connection
            .madeImages()
            .logout(
                LogoutRequest.newBuilder()
                    .setServer(server)
                    .setFile(kept.path(environment))
                    .build());
    out()
        .println(
            (answer.getHadLogin() ? "Removed the login for " : "Not logged in to ")
                + answer.getRegistry());
    return ExitCode.OK;
  }
}
