package io.jukung.cli.terminal;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.linux.ErrnoException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Asks the user at the terminal for a name or a password. */
public final class Prompt {
  private static final int INTERRUPTED = 130;
  private static final int MAX_BYTES = 64 << 10;
  private static final int CTRL_C = 3;
  private static final int CTRL_D = 4;
  private static final int BACKSPACE = 8;
  private static final int CTRL_U = 21;
  private static final int DELETE = 127;

  private Prompt() {}

  /** Whether standard input is a terminal, so that somebody can be asked. */
  public static boolean canAsk(CliEnvironment environment) {
    return RawTerminal.isThere(environment.caller());
  }

  /** Asks for a line, which the terminal echoes. */
  public static String line(CliEnvironment environment, String question) throws IOException {
    ask(environment, question);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    InputStream in = environment.in();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      add(line, b);
    }
    return text(line).strip();
  }

  /**
   * Asks for a password, which is not echoed. The terminal is in raw mode meanwhile, so the keys
   * that correct or end the line are handled here.
   *
   * @throws CliException if the user interrupts
   */
  public static String password(CliEnvironment environment, String question)
      throws IOException, InterruptedException {
    ask(environment, question);
    try (RawTerminal _ = RawTerminal.enter(environment.caller())) {
      return password(environment.in());
    } catch (ErrnoException e) {
      throw CliException.failed("the terminal cannot be told not to echo: " + e.getMessage());
    } finally {
      environment.err().println();
    }
  }

  /** Reads a password from a terminal in raw mode. */
  static String password(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int b = in.read();
      switch (b) {
        case '\r', '\n', CTRL_D, -1 -> {
          return text(line);
        }
        case CTRL_C -> throw CliException.withExitCode(INTERRUPTED, "interrupted");
        case BACKSPACE, DELETE -> removeLast(line);
        case CTRL_U -> line.reset();
        default -> add(line, b);
      }
    }
  }

  private static void ask(CliEnvironment environment, String question) {
    environment.err().print(question);
    environment.err().flush();
  }

  private static void add(ByteArrayOutputStream line, int b) {
    if (line.size() >= MAX_BYTES) {
      throw CliException.usage("the line is too long");
    }
    line.write(b);
  }

  /** Removes the last character, which may be several bytes of UTF-8. */
  private static void removeLast(ByteArrayOutputStream line) {
    String text = text(line);
    line.reset();
    if (!text.isEmpty()) {
      int end = text.offsetByCodePoints(text.length(), -1);
      line.writeBytes(text.substring(0, end).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String text(ByteArrayOutputStream line) {
    return line.toString(StandardCharsets.UTF_8);
  }
}
