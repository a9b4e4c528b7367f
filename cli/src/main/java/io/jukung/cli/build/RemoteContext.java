package io.jukung.cli.build;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.linux.fs.TreeRemoval;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A context that a URL names: a Git repository, which the user's own git clones, with the user's
 * credentials; or an archive or Dockerfile that is downloaded.
 */
final class RemoteContext {
  private static final int BUFFER_BYTES = 128 << 10;
  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofMinutes(2);
  private static final Duration CLONE = Duration.ofMinutes(30);
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  /**
   * What leads git to a repository of the user ({@code git rev-parse --local-env-vars}). A hook of
   * Git has these variables.
   */
  private static final Set<String> OWN_REPOSITORY =
      Set.of(
          "GIT_DIR",
          "GIT_WORK_TREE",
          "GIT_IMPLICIT_WORK_TREE",
          "GIT_INDEX_FILE",
          "GIT_OBJECT_DIRECTORY",
          "GIT_ALTERNATE_OBJECT_DIRECTORIES",
          "GIT_COMMON_DIR",
          "GIT_NAMESPACE",
          "GIT_PREFIX",
          "GIT_SHALLOW_FILE",
          "GIT_GRAFT_FILE",
          "GIT_REPLACE_REF_BASE");

  private static final Pattern REMOTE = Pattern.compile("(?i)(?:https?|git|ssh)://.*|git@.*");
  private static final Pattern GIT =
      Pattern.compile("(?i)(?:git|ssh)://.*|git@.*|https?://[^?#]*\\.git(?:#.*)?");
  private static final Pattern FRAGMENT = Pattern.compile("([^:]*)(?::(.*))?");

  private RemoteContext() {}

  static boolean isRemote(String context) {
    return REMOTE.matcher(context).matches();
  }

  /** Whether a URL names a repository, by its form alone, as docker decides. */
  static boolean isGit(String context) {
    return GIT.matcher(context).matches();
  }

  /** Opens what the URL leads to. The caller closes it. */
  static InputStream download(String url) throws IOException, InterruptedException {
    HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT)
            .build();
    try {
      HttpResponse<InputStream> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(ANSWER).GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      if (answer.statusCode() != 200) {
        answer.body().close();
        throw CliException.failed("the context " + url + ": HTTP " + answer.statusCode());
      }
      return new BufferedInputStream(answer.body(), BUFFER_BYTES);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("the context " + url + " is no URL");
    }
  }

  /**
   * Clones a repository, without its history.
   *
   * @param url {@code REPOSITORY#REFERENCE:DIRECTORY}, as docker has it; the parts after the
   *     repository may be missing
   * @param target an empty directory; the repository's files are in it afterwards
   * @return the directory that is the context
   */
  static Path clone(String url, Path target, CliEnvironment environment)
      throws IOException, InterruptedException {
    int hash = url.indexOf('#');
    String repository = hash < 0 ? url : url.substring(0, hash);
    Matcher fragment = FRAGMENT.matcher(hash < 0 ? "" : url.substring(hash + 1));
    if (!fragment.matches()) {
      throw CliException.usage("the context " + url + " is no REPOSITORY#REFERENCE:DIRECTORY");
    }
    String reference = fragment.group(1).isEmpty() ? "HEAD" : fragment.group(1);
    if (reference.startsWith("-") || repository.startsWith("-")) {
      throw CliException.usage("the context " + url + " would be an option of git");
    }
    git(environment, target, "init", "--quiet");
    git(environment, target, "fetch", "--quiet", "--depth=1", "--", repository, reference);
    git(environment, target, "checkout", "--quiet", "FETCH_HEAD");
    git(
        environment,
        target,
        "submodule",
        "--quiet",
        "update",
        "--init",
        "--recursive",
        "--depth=1");
    TreeRemoval.remove(target.resolve(".git")); // docker leaves the history out, too
    String directory = fragment.group(2) == null ? "" : fragment.group(2);
    Path found = target.resolve(directory).toRealPath();
    if (!found.startsWith(target.toRealPath()) || !Files.isDirectory(found)) {
      throw CliException.failed("the context " + url + ": " + directory + " is no directory of it");
    }
    return found;
  }

  private static void git(CliEnvironment environment, Path directory, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("git"));
    line.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment.variables());
    builder.environment().keySet().removeAll(OWN_REPOSITORY);
    builder.environment().put("GIT_TERMINAL_PROMPT", "0"); // nobody would see the question
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw CliException.failed("a context in a Git repository needs git, which cannot be run");
    }
    // On a thread of its own: what git leaves behind may keep the pipe open, and a server may say
    // nothing.
    Thread reader =
        Thread.ofPlatform().daemon().name("git").start(() -> tell(process, environment));
    try {
      if (!process.waitFor(CLONE.toSeconds(), TimeUnit.SECONDS)) {
        throw CliException.failed("git " + arguments[0] + " takes too long");
      }
      var _ = reader.join(LAST_WORDS);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    if (process.exitValue() != 0) {
      throw CliException.failed(
          "git " + arguments[0] + " has failed with the exit code " + process.exitValue());
    }
  }

  private static void tell(Process process, CliEnvironment environment) {
    try (InputStream said = process.getInputStream()) {
      said.transferTo(environment.err());
    } catch (IOException e) {
      environment.err().println("the output of git is lost: " + e.getMessage());
    }
  }
}
