package io.jukung.runtime.spec;

import io.jukung.client.v1.ExecAsRequest;
import io.jukung.cri.CriException;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.linux.fs.Fd;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How the process of an exec differs from that of its container.
 *
 * @param environment {@code NAME=VALUE} sets a variable, {@code NAME} alone takes it away
 * @param user empty: the container's
 * @param workingDirectory empty: the container's
 * @param privileged whether it has all capabilities and no AppArmor profile
 */
public record ExecOptions(
    List<String> environment,
    Optional<ContainerUser> user,
    String workingDirectory,
    boolean privileged) {
  /** A process as that of the container. */
  public static final ExecOptions NONE = new ExecOptions(List.of(), Optional.empty(), "", false);

  private static final String HOME = "HOME=";

  public ExecOptions {
    environment = List.copyOf(environment);
  }

  /**
   * Reads a request.
   *
   * @param process the container's
   * @param root the container's root, whose account files are read if a user is named
   * @throws CriException INVALID_ARGUMENT if there is no such user, or a text is wrong
   */
  public static ExecOptions of(ExecAsRequest request, Spec.Process process, Fd root)
      throws IOException {
    boolean isNamed = !request.getUser().isEmpty();
    return of(request, process, isNamed ? AccountFiles.read(root) : AccountFiles.parse("", ""));
  }

  static ExecOptions of(ExecAsRequest request, Spec.Process process, AccountFiles files) {
    String directory = request.getWorkingDirectory();
    if (!directory.isEmpty() && !directory.startsWith("/")) {
      throw CriException.invalidArgument(
          "ExecAs: working_directory is not an absolute path: \"" + directory + "\"");
    }
    List<String> environment = new ArrayList<>();
    Optional<ContainerUser> user = Optional.empty();
    if (!request.getUser().isEmpty()) {
      ContainerUser found =
          UserResolver.resolve(
              LinuxContainerSecurityContext.getDefaultInstance(), request.getUser(), files);
      // A home directory that is the container's user's is not that of another user.
      if (process.env().contains(HOME + UserResolver.home(process.user().uid(), files))) {
        environment.add(HOME + found.home());
      }
      user = Optional.of(found);
    }
    for (String each : request.getEnvironmentList()) {
      if (each.isEmpty() || each.startsWith("=") || each.indexOf('\0') >= 0) {
        throw CriException.invalidArgument("ExecAs: environment has a variable without a name");
      }
      environment.add(each);
    }
    return new ExecOptions(environment, user, directory, request.getPrivileged());
  }

  /** The process with these differences. */
  public Spec.Process apply(Spec.Process process) {
    Spec.User other =
        user.map(
                each ->
                    new Spec.User(
                        each.uid(), each.gid(), process.user().umask(), each.supplementalGroups()))
            .orElse(process.user());
    return new Spec.Process(
        process.terminal(),
        other,
        process.args(),
        variables(process.env()),
        workingDirectory.isEmpty() ? process.cwd() : workingDirectory,
        privileged ? CapabilityRules.all() : process.capabilities(),
        process.rlimits(),
        process.noNewPrivileges(),
        process.oomScoreAdj(),
        privileged ? null : process.apparmorProfile(),
        process.selinuxLabel());
  }

  private List<String> variables(List<String> ofContainer) {
    Map<String, String> words = new LinkedHashMap<>();
    ofContainer.forEach(each -> words.put(name(each), each));
    for (String each : environment) {
      if (each.indexOf('=') < 0) {
        words.remove(each);
      } else {
        words.put(name(each), each);
      }
    }
    return List.copyOf(words.values());
  }

  private static String name(String word) {
    int equals = word.indexOf('=');
    return equals < 0 ? word : word.substring(0, equals);
  }
}
