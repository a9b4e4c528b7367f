package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.v1.AuthConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that prove their user to a registry. */
final class RegistryLogin {
  @Option(
      names = {"-u", "--username"},
      paramLabel = "NAME",
      description = "At the registry; with --password-stdin.")
  @Nullable String username;

  @Option(
      names = "--password-stdin",
      description = "Read the password from standard input: a command line is for all to see.")
  boolean passwordFromStdin;

  boolean isGiven() {
    return passwordFromStdin || username != null;
  }

  /** What the options say; the default instance where there are none. */
  AuthConfig read(InputStream input) throws IOException {
    if (passwordFromStdin != (username != null)) {
      throw CliException.usage("--username and --password-stdin go together");
    }
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
