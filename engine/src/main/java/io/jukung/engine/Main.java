package io.jukung.engine;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** The main class of the engine's process, which {@code bin/jukung} starts for {@code engine}. */
public final class Main {
  private static final int OK = 0;
  private static final int FAILED = 1;

  /** The exit code for a wrong command line, as that of the client and the daemon. */
  private static final int USAGE = 125;

  /**
   * A strong reference, because java.util.logging drops a logger and its level with the last one.
   */
  private static final Logger SILENCED = Logger.getLogger("io");

  private Main() {}

  public static void main(String[] words) {
    // Netty and gRPC log through java.util.logging. What matters is told to clients, or below.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    SILENCED.setLevel(Level.OFF);
    int exitCode = run(List.of(words), System.out, System.err);
    System.out.flush();
    System.exit(exitCode);
  }

  static int run(List<String> words, PrintStream out, PrintStream err) {
    Arguments arguments;
    try {
      arguments = Arguments.parse(words, System.getenv());
    } catch (IllegalArgumentException e) {
      err.println("jukung: " + e.getMessage() + ", see `jukung engine --help`");
      return USAGE;
    }
    if (arguments.help()) {
      out.print(Arguments.HELP);
      return OK;
    }
    try (Engine engine = Engine.open(arguments, err)) {
      Runtime.getRuntime().addShutdownHook(new Thread(engine::end, "end"));
      String places =
          arguments.listen().stream().map(Object::toString).collect(Collectors.joining(", "));
      out.println("jukung engine serves the Docker Engine API on " + places);
      out.flush();
      engine.serve();
      return OK;
    } catch (IOException e) {
      err.println("jukung: " + e.getMessage());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }
}
