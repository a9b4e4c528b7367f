package io.jukung.runtime.command;

import io.jukung.runtime.config.ConfigException;
import io.jukung.runtime.log.LogProvider;
import io.jukung.runtime.server.StartupException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The main class of the daemon's process. {@code bin/jukung} starts this class for {@code serve}
 * and {@code config}, and the client's main class for every other command.
 */
public final class Main {
  static final int OK = 0;
  static final int FAILED = 1;

  /** The exit code for a wrong command line, as picocli and most shells have it. */
  static final int USAGE = 125;

  private Main() {}

  public static void main(String[] arguments) {
    LogProvider.choose();
    int exitCode = run(List.of(arguments), System.out, System.err);
    System.out.flush();
    System.exit(exitCode);
  }

  /**
   * Carries out one command line.
   *
   * @param words the command's name, and options and operands before and behind that name
   * @return the exit code of the process
   */
  static int run(List<String> words, PrintStream out, PrintStream err) {
    List<String> rest = new ArrayList<>(words);
    String command = takeCommand(rest);
    try {
      return switch (command) {
        case "serve" -> ServeCommand.run(rest, out);
        case "config" -> new ConfigCommand(out, err).run(rest);
        default -> throw new UsageException("the daemon has the commands serve and config");
      };
    } catch (UsageException e) {
      err.println("jukung: " + e.getMessage() + ", see `jukung " + command + " --help`");
      return USAGE;
    } catch (ConfigException | StartupException e) {
      err.println("jukung: " + e.getMessage());
      return FAILED;
    }
  }

  /** Removes the command's name from the words: {@code -s PATH serve} is {@code serve -s PATH}. */
  private static String takeCommand(List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).equals("-s") || words.get(i).equals("--socket")) {
        i++; // the option's value
      } else if (!words.get(i).startsWith("-")) {
        return words.remove(i);
      }
    }
    return "";
  }
}
