package io.jukung.cli.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Asks the user before something is removed that cannot come back. */
public final class Consent {
  private Consent() {}

  /**
   * Asks, and returns whether the answer is yes.
   *
   * @param warning a sentence that says what is about to happen
   */
  public static boolean given(CliEnvironment environment, String warning) throws IOException {
    environment.out().print(warning + " Go on? [y/N] ");
    environment.out().flush();
    var in = new BufferedReader(new InputStreamReader(environment.in(), StandardCharsets.UTF_8));
    String answer = Objects.requireNonNullElse(in.readLine(), "").strip();
    return Set.of("y", "yes").contains(answer.toLowerCase(Locale.ROOT));
  }
}
