package io.jukung.image.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.cri.CriException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A credential helper: the program {@code docker-credential-NAME}, which keeps or fetches the
 * credentials of a registry (Docker's credential helper protocol). It runs as the daemon's user and
 * with the daemon's search path.
 */
final class CredentialHelper {
  /** What the programs' names begin with. */
  static final String PREFIX = "docker-credential-";

  /** No slash: the program must be on the search path. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,100}");

  /** Helpers of clouds ask a service of the cloud. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A token has some kilobytes. */
  private static final int MAX_ANSWER_BYTES = 64 << 10;

  private static final int MAX_SHOWN = 300;

  /** What a helper that has no credentials says, before it fails. */
  private static final String NOT_FOUND = "credentials not found";

  /** Instead of a user: the secret is an identity token. */
  private static final String TOKEN_USER = "<token>";

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final String program;
  private final Path file;

  /**
   * @param prefix what the program's name begins with
   * @param name the program's name without its prefix
   * @param file the auth file that names the helper
   * @throws CriException FAILED_PRECONDITION for a name that no helper can have
   */
  CredentialHelper(String prefix, String name, Path file) {
    if (!NAME.matcher(name).matches()) {
      throw CriException.failedPrecondition(
          "auth file " + file + " names a credential helper that cannot exist");
    }
    this.program = prefix + name;
    this.file = file;
  }

  /** What the helper has said before it ended. */
  private record Answer(int exitCode, byte[] said) {
    String text() {
      String text = new String(said, UTF_8).strip();
      return text.substring(0, Math.min(MAX_SHOWN, text.length()));
    }

    boolean hasNothing() {
      return exitCode != 0 && new String(said, UTF_8).contains(NOT_FOUND);
    }
  }

  /**
   * Asks the helper. An interrupt ends the helper.
   *
   * @return empty if the helper has no credentials for the server
   * @throws CriException FAILED_PRECONDITION if the helper is missing, fails or does not end
   */
  Optional<Credentials> get(String server) throws InterruptedException {
    Answer answer = run("get", server.getBytes(UTF_8));
    if (answer.hasNothing()) {
      return Optional.empty();
    }
    checkSuccess(answer);
    try {
      return Optional.of(credentials(answer.said));
    } catch (IOException e) {
      throw failure(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Has the helper keep a user and password.
   *
   * @throws CriException FAILED_PRECONDITION if the helper is missing, fails or does not end
   */
  void store(String server, String user, String secret) throws IOException, InterruptedException {
    ObjectNode credentials =
        JsonNodeFactory.instance
            .objectNode()
            .put("ServerURL", server)
            .put("Username", user)
            .put("Secret", secret);
    checkSuccess(run("store", JSON.writeValueAsBytes(credentials)));
  }

  /**
   * Has the helper forget what it has for a server.
   *
   * @return false if it had nothing
   */
  boolean erase(String server) throws InterruptedException {
    Answer answer = run("erase", server.getBytes(UTF_8));
    if (answer.hasNothing()) {
      return false;
    }
    checkSuccess(answer);
    return true;
  }

  private void checkSuccess(Answer answer) {
    if (answer.exitCode != 0) {
      throw failure("exit code %d, %s".formatted(answer.exitCode, answer.text()));
    }
  }

  private Answer run(String action, byte[] input) throws InterruptedException {
    try {
      Process process = start(action);
      try {
        return answer(process, input);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw failure(String.valueOf(e.getMessage()));
    }
  }

  private Process start(String action) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(program, action);
    builder.environment().keySet().removeAll(List.of("NOTIFY_SOCKET", "WATCHDOG_USEC"));
    // Services of systemd have no HOME, and helpers keep their own settings there.
    builder.environment().putIfAbsent("HOME", System.getProperty("user.home"));
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    return builder.start();
  }

  private Answer answer(Process process, byte[] question) throws IOException, InterruptedException {
    CompletableFuture<byte[]> output = new CompletableFuture<>();
    // A platform thread: a read of a pipe holds the carrier of a virtual one.
    Thread.ofPlatform()
        .daemon()
        .name(program)
        .start(
            () -> {
              try (InputStream stream = process.getInputStream()) {
                output.complete(stream.readNBytes(MAX_ANSWER_BYTES));
              } catch (IOException e) {
                output.completeExceptionally(e);
              }
            });
    try (var input = process.getOutputStream()) {
      input.write(question);
    } catch (IOException e) {
      // The helper has not read the question: its answer and its exit code say why.
    }
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw failure("it has not ended after " + PATIENCE.toSeconds() + " s");
    }
    try {
      // A child of the helper may keep the pipe open.
      return new Answer(process.exitValue(), output.get(1, TimeUnit.SECONDS));
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      throw failure("its answer cannot be read");
    }
  }

  private Credentials credentials(byte[] answer) throws IOException {
    JsonNode json;
    try {
      json = JSON.readTree(answer);
    } catch (JsonProcessingException e) {
      throw failure("its answer is not JSON"); // without the cause, which quotes the answer
    }
    String user = json.path("Username").asText("");
    String secret = json.path("Secret").asText("");
    boolean token = user.equals(TOKEN_USER);
    return Credentials.of(
            token ? "" : user,
            token ? "" : secret,
            /* auth= */ "",
            /* serverAddress= */ "",
            token ? secret : "",
            /* registryToken= */ "")
        .from("the credentials of " + program + ", which " + file + " names");
  }

  private CriException failure(String why) {
    return CriException.failedPrecondition(
        "credential helper " + program + ", which " + file + " names: " + why);
  }

  @Override
  public String toString() {
    return "the credential helper " + program;
  }
}
