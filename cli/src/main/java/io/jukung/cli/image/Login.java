package io.jukung.cli.image;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.terminal.Prompt;
import io.jukung.client.v1.LoginRequest;
import io.jukung.client.v1.LoginResponse;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jukung login}: keeps a user and password for a registry. */
@Command(
    name = "login",
    description = {
      "Verifies a user and password at a registry, and keeps them for pulls and pushes, also those"
          + " of kubelet.",
      "They are kept in a file that only its owner may read, not encrypted, unless the file names a"
          + " credential helper (credsStore, credHelpers)."
    },
    mixinStandardHelpOptions = true)
public final class Login extends ClientCommand {
  @Mixin RegistryLogin login = new RegistryLogin();
  @Mixin AuthFileOption kept = new AuthFileOption();

  @Parameters(
      paramLabel = "SERVER",
      arity = "0..1",
      defaultValue = "",
      description = "The registry's host, with its port; without it, Docker Hub.")
  String server = "";

  public Login(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    login.check(environment);
    if (!login.isGiven() && !Prompt.canAsk(environment)) {
      throw CliException.usage(
          "--username and --password-stdin are needed, because standard input is no terminal");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    login.askForUser(environment);
    String file = kept.path(environment);
    LoginRequest request =
        LoginRequest.newBuilder()
            .setServer(server)
            .setAuth(login.read(environment))
            .setFile(file)
            .build();
    LoginResponse answer = connection.madeImages().login(request);
    if (!answer.getFileIsUsed()) {
      environment.printError(
          "the daemon does not look for credentials in %s (image.auth_files in its configuration)"
              .formatted(file));
    }
    out().println("Login Succeeded: kept in " + answer.getKeptIn());
    return ExitCode.OK;
  }
}
