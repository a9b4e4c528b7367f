package io.jukung.cli;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.terminal.CommandStreams;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Runs a container in a pod of its own. */
@Command(
    name = "run",
    description = {
      "Runs a container in a pod of its own, shows what it writes, and ends with its exit code.",
      "Exit codes: the container's, or 125 if jukung failed, 126 if the command cannot be run,",
      "127 if it does not exist."
    },
    sortOptions = false)
final class Run implements Callable<Integer> {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  RunOptions options;

  // -h is the host name, as with docker.
  @Option(names = "--help", usageHelp = true, description = "Print this.")
  boolean help;

  private boolean left;

  Run(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    refuseWhatCannotBe();
    try (Connection connection = jukung.connect()) {
      return run(connection);
    } catch (StatusRuntimeException e) {
      String reason = Objects.requireNonNullElse(e.getStatus().getDescription(), "");
      throw CliException.withExitCode(
          ExitCode.ofStartFailure(reason, ExitCode.USAGE),
          Connection.sentence(e, jukung.socketPath()));
    }
  }

  private int run(Connection connection) throws IOException, InterruptedException {
    String name = name(connection);
    var request =
        new RunRequest(options, name, UUID.randomUUID().toString(), environment.variables());
    PodSandboxConfig pod = request.sandbox();
    // All that can be wrong with the options is found before an image is pulled.
    ContainerConfig.Builder container = request.container();
    container.getImageBuilder().setImage(image(connection));

    String podId =
        connection
            .runtime(Connection.CHANGE)
            .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
            .getPodSandboxId();
    boolean started = false;
    String id;
    try {
      id =
          connection
              .runtime(Connection.CHANGE)
              .createContainer(
                  CreateContainerRequest.newBuilder()
                      .setPodSandboxId(podId)
                      .setConfig(container)
                      .setSandboxConfig(pod)
                      .build())
              .getContainerId();
      if (!options.detach && (options.interactive || options.tty)) {
        return attached(connection, id, podId, request);
      }
      start(connection, id);
      started = true;
    } finally {
      if (!started && !left) {
        discard(connection, podId, request);
      }
    }
    if (options.detach) {
      environment.out().println(id);
      return ExitCode.OK;
    }
    return attend(connection, id, podId, request);
  }

  private static void start(Connection connection, String id) {
    var _ =
        connection
            .runtime(Connection.CHANGE)
            .startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
  }

  /** Attached before it is started, so that nothing of it is missed. */
  private int attached(Connection connection, String id, String podId, RunRequest request)
      throws IOException, InterruptedException {
    CommandStreams.End end =
        new Attended(environment, options.interactive, options.tty)
            .to(
                Attach.endpoint(connection, id, options.interactive, options.tty),
                () -> {
                  start(connection, id);
                  left = true; // from here on it is there, whatever becomes of this client
                });
    if (end == null) {
      environment.err().println("jukung: left " + request.name() + ", it runs on");
      return ExitCode.OK;
    }
    int code = Attach.exitCode(connection, id, end);
    if (options.remove) {
      discard(connection, podId, request);
    }
    return code;
  }

  /** Shows the container's output until it ends. A signal to this process stops it. */
  private int attend(Connection connection, String id, String podId, RunRequest request)
      throws IOException, InterruptedException {
    var container = Container.newBuilder().setId(id).setPodSandboxId(podId).build();
    var interruption = Interruption.stopping(connection, container);
    Optional<ContainerStatus> end;
    var printer = new LogPrinter(environment.out(), environment.err(), false);
    try (LogFile log = new LogFile(request.logFile(), printer::print)) {
      end = new ContainerWatch(connection, id).followToEnd(log);
      if (options.remove) {
        discard(connection, podId, request);
      }
    } finally {
      interruption.over();
    }
    return end.map(this::exitCode)
        .orElseThrow(
            () ->
                CliException.withExitCode(
                    ExitCode.USAGE, "container " + ShortId.of(id) + " was removed while it ran"));
  }

  private int exitCode(ContainerStatus end) {
    if (end.getReason().equals("OOMKilled")) {
      environment.err().println("jukung: the container was out of memory and was killed");
    }
    return end.getExitCode();
  }

  private static void discard(Connection connection, String podId, RunRequest request) {
    Teardown.removePod(connection, podId);
    Teardown.removeLogs(request.logFile());
  }

  private void refuseWhatCannotBe() {
    if (!options.detach) {
      Attended.requireTerminal(options.interactive, options.tty);
    }
    if (options.detach && options.remove) {
      throw CliException.usage("--rm does not go with -d: nobody would be there to remove it");
    }
    if (options.name != null && !NAME.matcher(options.name).matches()) {
      throw CliException.usage(
          "not a name: \"" + options.name + "\" (letters, digits, _ . -, at most 63)");
    }
  }

  private String name(Connection connection) {
    if (options.name == null) {
      return generatedName(options.image);
    }
    var sameName =
        ListContainersRequest.newBuilder()
            .setFilter(
                ContainerFilter.newBuilder().putLabelSelector(RunRequest.LABEL, options.name))
            .build();
    connection.runtime().listContainers(sameName).getContainersList().stream()
        .findFirst()
        .ifPresent(
            other -> {
              throw CliException.withExitCode(
                  ExitCode.USAGE,
                  "the name "
                      + options.name
                      + " is in use by container "
                      + ShortId.of(other.getId()));
            });
    return options.name;
  }

  /** {@code busybox-3f9a} of {@code registry:5000/library/busybox:1.36@sha256:…}. */
  static String generatedName(String image) {
    String last = image.substring(image.lastIndexOf('/') + 1);
    String base = last.split("[:@]", 2)[0].replaceAll("[^a-zA-Z0-9-]", "-");
    String start = base.matches("[a-zA-Z0-9].*") ? base : "container";
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    return start.substring(0, Math.min(40, start.length()))
        + "-"
        + HexFormat.of().toHexDigits((short) number);
  }

  private String image(Connection connection) {
    if (options.pull != RunOptions.PullPolicy.ALWAYS) {
      ImageStatusResponse here =
          connection
              .images()
              .imageStatus(
                  ImageStatusRequest.newBuilder()
                      .setImage(ImageSpec.newBuilder().setImage(options.image))
                      .build());
      if (here.hasImage()) {
        return here.getImage().getId();
      }
      if (options.pull == RunOptions.PullPolicy.NEVER) {
        throw CliException.withExitCode(
            ExitCode.USAGE,
            "image " + options.image + " is not here, and --pull never forbids to pull it");
      }
    }
    return ImagePull.pull(connection, environment, options.image, AuthConfig.getDefaultInstance());
  }
}
