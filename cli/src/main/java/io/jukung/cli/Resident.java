package io.jukung.cli;

import io.jukung.cli.resident.ResidentClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The main class of the resident client, which runs the commands of many callers. */
final class Resident {
  private Resident() {}

  public static void main(String[] arguments) throws IOException {
    Path socket = Path.of(arguments[0]);
    Duration idle =
        Duration.parse(System.getProperty("jukung.client.idle", ResidentClient.IDLE.toString()));
    try (ResidentClient client = ResidentClient.listen(socket, Jukung::run, idle)) {
      ResidentClient.tellStarter();
      client.serve();
    }
    // A thread that does not end, because it waits for a terminal for example, ends with the JVM.
    System.exit(0);
  }
}
