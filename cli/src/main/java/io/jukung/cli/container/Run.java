package io.jukung.cli.container;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.image.ImagePull;
import io.jukung.cli.pod.PodTeardown;
import io.jukung.cli.terminal.Attended;
import io.jukung.cli.terminal.CommandStreams;
import io.jukung.cli.text.ShortId;
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
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jukung run}: runs a container in a pod of its own. */
@Command(
    name = "run",
    description =
        "Runs a container in a pod of its own, prints what it writes, and exits with its exit"
            + " code.",
    exitCodeListHeading = "Exit codes other than the container's:%n",
    exitCodeList = {
      "125:the container was not started, or was removed while it ran",
      "126:the command cannot be executed",
      "127:the command does not exist"
    },
    sortOptions = false)
public final class Run extends ClientCommand {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  RunOptions options;

  // -h is the host name, as in docker run.
  @Option(names = "--help", usageHelp = true, description = "Print this help.")
  boolean help;

  /**
   * Whether the container outlives a failure of this client: set once an attached container has
   * been started.
   */
  private boolean startedAttached;

  public Run(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    if (!options.detach) {
      Attended.requireTerminal(environment, options.interactive, options.tty);
    }
    if (options.detach && options.remove) {
      throw CliException.usage("--rm does not go with -d: nobody would be there to remove it");
    }
    if (options.name != null && !NAME.matcher(options.name).matches()) {
      throw CliException.usage(
          "not a name: \"" + options.name + "\" (letters, digits, _ . -, at most 63)");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    try {
      return runPod(connection);
    } catch (StatusRuntimeException e) {
      throw connection.startFailure(e, ExitCode.USAGE);
    }
  }

  private int runPod(Connection connection) throws IOException, InterruptedException {
    String name = name(connection);
    var request = new RunRequest(options, name, UUID.randomUUID().toString(), environment);
    PodSandboxConfig pod = request.sandbox();
    // Both configurations are made before an image is pulled, because making them finds every
    // error in the options.
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
        return attach(connection, id, podId, request);
      }
      start(connection, id);
      started = true;
    } finally {
      if (!started && !startedAttached) {
        discard(connection, podId, request);
      }
    }
    if (options.detach) {
      out().println(id);
      return ExitCode.OK;
    }
    return showOutput(connection, id, podId, request);
  }

  private static void start(Connection connection, String id) {
    var _ =
        connection
            .runtime(Connection.CHANGE)
            .startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
  }

  /** Attaches to the container and then starts it, so that no output is missed. */
  private int attach(Connection connection, String id, String podId, RunRequest request)
      throws IOException, InterruptedException {
    CommandStreams.End end =
        new Attended(environment, options.interactive, options.tty)
            .to(
                Attach.endpoint(connection, id, options.interactive, options.tty),
                () -> {
                  start(connection, id);
                  startedAttached = true;
                });
    if (end == null) {
      environment.printError("left " + request.name() + ", it runs on");
      return ExitCode.OK;
    }
    int code = Attach.exitCode(connection, id, end);
    if (options.remove) {
      discard(connection, podId, request);
    }
    return code;
  }

  /** Prints the container's output until the container ends. A signal to this process stops it. */
  private int showOutput(Connection connection, String id, String podId, RunRequest request)
      throws IOException, InterruptedException {
    var interruption = Interruption.stopping(environment, connection, id);
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
      environment.printError("the container was out of memory and was killed");
    }
    return end.getExitCode();
  }

  private static void discard(Connection connection, String podId, RunRequest request) {
    PodTeardown.remove(connection, podId);
    ContainerTeardown.removeLogs(request.logFile());
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
    List<Container> others = connection.runtime().listContainers(sameName).getContainersList();
    if (!others.isEmpty()) {
      throw CliException.withExitCode(
          ExitCode.USAGE,
          "the name "
              + options.name
              + " is in use by container "
              + ShortId.of(others.getFirst().getId()));
    }
    return options.name;
  }

  /**
   * Returns for example {@code busybox-3f9a} of {@code
   * registry:5000/library/busybox:1.36@sha256:…}.
   */
  static String generatedName(String image) {
    String last = image.substring(image.lastIndexOf('/') + 1);
    String base = last.split("[:@]", 2)[0].replaceAll("[^a-zA-Z0-9-]", "-");
    String start = base.matches("[a-zA-Z0-9].*") ? base : "container";
    int number = ThreadLocalRandom.current().nextInt(1 << 16);
    return start.substring(0, Math.min(40, start.length()))
        + "-"
        + HexFormat.of().toHexDigits((short) number);
  }

  /** Returns the ID of the image, which is pulled where the options say so. */
  private String image(Connection connection) {
    if (options.pull != RunOptions.PullPolicy.ALWAYS) {
      ImageStatusResponse here =
          connection
              .images()
              .imageStatus(
                  ImageStatusRequest.newBuilder()
                      .setImage(
                          ImageSpec.newBuilder().setImage(Lookup.image(connection, options.image)))
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
