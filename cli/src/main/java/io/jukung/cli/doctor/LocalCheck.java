package io.jukung.cli.doctor;

import io.jukung.cli.text.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Checks the node without a daemon, by the daemon's own program in a process of its own. */
final class LocalCheck {
  /** A plugin's STATUS may take a minute, and each of the other checks a moment. */
  private static final long LIMIT_SECONDS = 120;

  private LocalCheck() {}

  /**
   * Runs {@code jukung serve --check=json}.
   *
   * @param home the directory of the installation; null if this client belongs to none
   * @param config the absolute path of the daemon's configuration file; null: the usual one
   */
  static List<Result> run(@Nullable String home, @Nullable Path config)
      throws IOException, InterruptedException {
    Optional<Path> program =
        Optional.ofNullable(home)
            .map(directory -> Path.of(directory, "bin/jukung"))
            .filter(Files::isExecutable);
    if (program.isEmpty()) {
      return List.of(
          Result.problem(
              "node",
              "the node is not checked, because this client belongs to no installation",
              "Run bin/jukung of the installation, or start the daemon."));
    }
    List<String> line = new ArrayList<>(List.of(program.get().toString(), "serve", "--check=json"));
    if (config != null) {
      line.add("--config=" + config);
    }
    Process process =
        new ProcessBuilder(line)
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .redirectError(ProcessBuilder.Redirect.PIPE)
            .start();
    process.getOutputStream().close();
    List<Result> results = new ArrayList<>();
    // Its standard error has a few lines, which fit into the pipe.
    process
        .inputReader(StandardCharsets.UTF_8)
        .lines()
        .forEach(each -> results.add(Result.of(Json.parse(each))));
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    if (results.isEmpty()) {
      results.add(
          Result.problem(
              "node",
              "the node cannot be checked: " + errors.strip().replace('\n', ' '),
              "Correct that first; `jukung config check` says more about the configuration."));
    }
    return results;
  }
}
