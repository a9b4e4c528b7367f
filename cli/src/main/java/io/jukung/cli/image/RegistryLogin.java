package io.jukung.cli.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cli.command.CliException;
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
      description = "The user at the registry; needs --password-stdin.")
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

  /** Refuses one of the two options without the other. */
  void check() {
    if (passwordFromStdin != (username != null)) {
      throw CliException.usage("--username and --password-stdin go together");
    }
  }

  /** Returns the credentials; the default instance where the options are not given. */
  AuthConfig read(InputStream input) throws IOException {
    if (username == null) {
      return AuthConfig.getDefaultInstance();
    }
    var in = new BufferedReader(new InputStreamReader(input, UTF_8));
    String password = Objects.requireNonNullElse(in.readLine(), "");
    if (password.isEmpty()) {
      throw CliException.usage("there is no password on standard input");
    }
    return AuthConfig.newBuilder().setUsername(username).setPassword(password).build();
  }
}
