package io.jukung.cli.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.terminal.Prompt;
import io.jukung.cri.v1.AuthConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that log in to a registry. */
final class RegistryLogin {
  @Option(
      names = {"-u", "--username"},
      paramLabel = "NAME",
      description =
          "The user at the registry. The password is asked for at the terminal, or read with"
              + " --password-stdin.")
  @Nullable String username;

  @Option(
      names = "--password-stdin",
      description =
          "Read the password from standard input. There is no option for the password itself,"
              + " because every user of this machine can read command lines.")
  boolean passwordFromStdin;

  boolean isGiven() {
    return passwordFromStdin || username != null;
  }

  /**
   * Refuses a password without a user, and a user without a password where nobody can be asked.
   *
   * @throws CliException with the exit code for wrong usage
   */
  void check(CliEnvironment environment) {
    if (passwordFromStdin && username == null) {
      throw CliException.usage("--password-stdin needs --username");
    }
    if (!passwordFromStdin && username != null && !Prompt.canAsk(environment)) {
      throw CliException.usage(
          "--username needs --password-stdin, because standard input is no terminal");
    }
  }

  /** Asks for the user, if the option does not name one. */
  void askForUser(CliEnvironment environment) throws IOException {
    if (username == null) {
      username = Prompt.line(environment, "Username: ");
      if (username.isEmpty()) {
        throw CliException.usage("the user's name is empty");
      }
    }
  }

  /** Returns the credentials; the default instance where no user is given. */
  AuthConfig read(CliEnvironment environment) throws IOException, InterruptedException {
    if (username == null) {
      return AuthConfig.getDefaultInstance();
    }
    String password =
        passwordFromStdin
            ? firstLine(environment.in())
            : Prompt.password(environment, "Password: ");
    if (password.isEmpty()) {
      throw CliException.usage(
          passwordFromStdin ? "there is no password on standard input" : "the password is empty");
    }
    return AuthConfig.newBuilder().setUsername(username).setPassword(password).build();
  }

  private static String firstLine(InputStream input) throws IOException {
    var in = new BufferedReader(new InputStreamReader(input, UTF_8));
    return Objects.requireNonNullElse(in.readLine(), "");
  }
}
