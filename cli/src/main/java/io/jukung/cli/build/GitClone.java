package io.jukung.cli.build;

import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The clone of a Git repository that is a context, made by the user's own git, with the user's
 * credentials, and without the history.
 */
final class GitClone {
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

  private static final Pattern FRAGMENT = Pattern.compile("([^:]*)(?::(.*))?");

  private final ContextUrl url;
  private final CliEnvironment environment;
  private final Object lock = new Object();
  private @Nullable Process running;
  private boolean ended;

  /**
   * @param url {@code REPOSITORY#REFERENCE:DIRECTORY}, as docker has it; the parts after the
   *     repository may be missing
   */
  GitClone(ContextUrl url, CliEnvironment environment) {
    this.url = url;
    this.environment = environment;
  }

  /**
   * Clones the repository. To be called once.
   *
   * @param target an empty directory; the repository's files are in it afterwards
   * @return the directory that is the context
   */
  Path run(Path target) throws IOException, InterruptedException {
    String address = url.address();
    int hash = address.indexOf('#');
    String repository = hash < 0 ? address : address.substring(0, hash);
    Matcher fragment = FRAGMENT.matcher(hash < 0 ? "" : address.substring(hash + 1));
    if (!fragment.matches()) {
      throw CliException.usage(
          "the context " + url.shown() + " is no REPOSITORY#REFERENCE:DIRECTORY");
    }
    String reference = fragment.group(1).isEmpty() ? "HEAD" : fragment.group(1);
    if (reference.startsWith("-") || repository.startsWith("-")) {
      throw CliException.usage("the context " + url.shown() + " would be an option of git");
    }
    git(target, "init", "--quiet");
    git(target, "fetch", "--quiet", "--depth=1", "--", repository, reference);
    git(target, "checkout", "--quiet", "FETCH_HEAD");
    git(target, "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1");
    TreeRemoval.remove(target.resolve(".git")); // docker leaves the history out, too
    String directory = fragment.group(2) == null ? "" : fragment.group(2);
    Path found = target.resolve(directory).toRealPath();
    if (!found.startsWith(target.toRealPath()) || !Files.isDirectory(found)) {
      throw CliException.failed(
          "the context " + url.shown() + ": " + directory + " is no directory of it");
    }
    return found;
  }

  private void git(Path directory, String... arguments) throws IOException, InterruptedException {
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
    url.login().ifPresent(login -> offer(login, builder.environment()));
    Process process = started(builder);
    // On a thread of its own: reading may never end, because what git leaves behind keeps the pipe
    // open, or because a server sends no word.
    Thread reader = Thread.ofPlatform().daemon().name("git").start(() -> tell(process));
    try {
      if (!process.waitFor(CLONE.toSeconds(), TimeUnit.SECONDS)) {
        throw CliException.failed("git " + arguments[0] + " takes too long");
      }
      var _ = reader.join(LAST_WORDS);
    } finally {
      end(process);
    }
    if (process.exitValue() != 0) {
      throw CliException.failed(
          "git " + arguments[0] + " has failed with the exit code " + process.exitValue());
    }
  }

  private Process started(ProcessBuilder builder) {
    synchronized (lock) {
      if (ended) {
        throw CliException.failed("the build was given up");
      }
      try {
        running = builder.start();
        return running;
      } catch (IOException e) {
        throw CliException.failed("a context in a Git repository needs git, which cannot be run");
      }
    }
  }

  /** Ends git, and has it not started again. */
  void end() {
    synchronized (lock) {
      ended = true;
      if (running != null) {
        end(running);
      }
    }
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      var _ = process.waitFor(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Has git ask a helper for the login (gitcredentials(7)), and no other one for this host. The
   * helper is a line of shell that prints variables, because a variable, other than an argument,
   * can be read by the same user alone.
   */
  private void offer(ContextUrl.Login login, Map<String, String> variables) {
    variables.put("JUKUNG_GIT_USER", login.user());
    variables.put("JUKUNG_GIT_PASSWORD", login.password());
    String key = "credential." + url.origin() + ".helper";
    String helper =
        "!printf 'username=%s\\npassword=%s\\n' \"$JUKUNG_GIT_USER\" \"$JUKUNG_GIT_PASSWORD\" #";
    String count = variables.getOrDefault("GIT_CONFIG_COUNT", "");
    int given = count.matches("[0-9]{1,4}") ? Integer.parseInt(count) : 0;
    int next = given;
    for (String value : List.of("", helper)) { // the first one forgets the user's own helpers
      variables.put("GIT_CONFIG_KEY_" + next, key);
      variables.put("GIT_CONFIG_VALUE_" + next, value);
      next++;
    }
    variables.put("GIT_CONFIG_COUNT", Integer.toString(next));
  }

  private void tell(Process process) {
    try (InputStream said = process.getInputStream()) {
      said.transferTo(environment.err());
    } catch (IOException e) {
      environment.err().println("the output of git is lost: " + e.getMessage());
    }
  }
}
