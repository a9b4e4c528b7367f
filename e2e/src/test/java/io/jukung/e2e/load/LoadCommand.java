package io.jukung.e2e.load;

import io.jukung.e2e.node.Testbed;
import java.util.HashMap;
import java.util.Map;

/** The program behind {@code e2e/load}: runs one load on a node of its own. */
public final class LoadCommand {
  private static final String USAGE = "usage: e2e/load NAME [--OPTION NUMBER]..., see e2e/load -h";

  private final Map<String, Integer> options = new HashMap<>();

  private LoadCommand() {}

  /** Exits with 0 if the runtime has borne the load. */
  public static void main(String[] arguments) throws Exception {
    LoadCommand command = new LoadCommand();
    Load load;
    try {
      load = command.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("load: " + e.getMessage());
      System.exit(2);
      return;
    }
    int status = 0;
    Report report = new Report(System.out);
    try (Testbed testbed = Testbed.start(Map.of(), load.configuration())) {
      try {
        load.run(testbed, report);
        report.line("%s: borne", load);
      } catch (Exception | AssertionError e) {
        status = 1;
        report.line("%s: FAILED: %s", load, e);
        e.printStackTrace();
        System.err.println(tail(testbed.daemon().log()));
      }
    }
    System.exit(status);
  }

  private Load parse(String[] arguments) {
    if (arguments.length == 0) {
      throw new IllegalArgumentException(USAGE);
    }
    for (int i = 1; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length) {
        throw new IllegalArgumentException(USAGE);
      }
      options.put(arguments[i].substring(2), Integer.parseInt(arguments[i + 1]));
    }
    Load load = load(arguments[0]);
    if (!options.isEmpty()) {
      throw new IllegalArgumentException(
          arguments[0] + " has no option --" + options.keySet().iterator().next());
    }
    return load;
  }

  private Load load(String name) {
    return switch (name) {
      case "churn" -> new Churn(option("cycles", 10_000), option("at-once", 4));
      case "burst" -> new Burst(option("pods", 200));
      case "logs" -> new LogFlood(option("pods", 2), option("megabytes", 2_000));
      case "exec" -> new EndlessExecs(option("execs", 50), option("timeout", 10));
      case "attach" -> new AbortedAttachments(option("times", 10_000));
      case "requests" ->
          new LargeRequests(option("requests", 24), option("megabytes", 14), option("rounds", 5));
      case "sleep" -> new Sleepers(option("pods", 50), option("seconds", 60));
      case "wakes" -> new WakeCycles(option("cycles", 10_000), option("pods", 20));
      case "resets" -> new ResetFlood(option("resets", 1_000_000));
      case "mixed" -> new Mixed(option("containers", 1_000), option("at-once", 8));
      case "restart-storm" ->
          new RestartStorm(option("daemon-kills", 65), option("shim-kills", 38));
      default -> throw new IllegalArgumentException("there is no load " + name + "; " + USAGE);
    };
  }

  private int option(String name, int standard) {
    Integer value = options.remove(name);
    return value == null ? standard : value;
  }

  /** The end of the daemon's log, where a failure is explained. */
  private static String tail(String log) {
    return log.substring(Math.max(0, log.length() - 8_000));
  }
}
