package io.jukung.runtime.spec;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The programs that run while a container starts and after it has ended (POSIX-platform hooks of
 * config.md of the OCI runtime specification). Those of one moment run in the order of their list.
 *
 * @param prestart the older name of createRuntime; these run first
 * @param createRuntime run on the node, when the container's namespaces and mounts are there
 * @param createContainer programs of the node that run in the container's namespaces, before the
 *     container's root becomes the root
 * @param startContainer programs of the container that run in it, before its own
 * @param poststart run on the node, when the container's program runs
 * @param poststop run on the node, when the container and its processes are gone
 */
@JsonInclude(Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Hooks(
    List<Hook> prestart,
    List<Hook> createRuntime,
    List<Hook> createContainer,
    List<Hook> startContainer,
    List<Hook> poststart,
    List<Hook> poststop) {
  public Hooks {
    prestart = orEmpty(prestart);
    createRuntime = orEmpty(createRuntime);
    createContainer = orEmpty(createContainer);
    startContainer = orEmpty(startContainer);
    poststart = orEmpty(poststart);
    poststop = orEmpty(poststop);
  }

  /**
   * A program.
   *
   * @param path absolute
   * @param args with args[0]; empty: the path alone
   * @param env the whole environment, as {@code NAME=value}
   * @param timeout in seconds; null: that of the configuration
   */
  @JsonInclude(Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Hook(String path, List<String> args, List<String> env, @Nullable Integer timeout) {
    public Hook {
      args = orEmpty(args);
      env = orEmpty(env);
    }

    /** The same hook with the program at another path; its arguments stay as they are. */
    public Hook at(Path program) {
      return new Hook(program.toString(), argv(), env, timeout);
    }

    /** The arguments of execve(2). */
    public List<String> argv() {
      return args.isEmpty() ? List.of(path) : args;
    }
  }

  /** Whether hooks run before the container's root becomes the root. */
  @JsonIgnore
  public boolean hasCreation() {
    return !prestart.isEmpty() || !createRuntime.isEmpty() || !createContainer.isEmpty();
  }

  /** Whether the launch waits for hooks. */
  @JsonIgnore
  public boolean delayLaunch() {
    return hasCreation() || !startContainer.isEmpty();
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }
}
