package io.jukung.cli.build;

import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.ssh.AgentForwarder;
import io.jukung.cli.ssh.SshAgents;
import io.jukung.client.v1.BuildOptions;
import io.jukung.client.v1.BuiltImage;
import io.jukung.cri.client.ContextUpload;
import io.jukung.cri.client.ContextUpload.BuildEndedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung build}: builds an image from a Dockerfile. */
@Command(
    name = "build",
    description = {
      "Builds an image from a Dockerfile. Steps whose input has not changed are taken from the"
          + " cache; jukung builder prune empties it.",
      "CONTEXT is a directory, - for a tar archive or a Dockerfile on standard input, the URL of"
          + " one, or that of a Git repository (REPOSITORY#REFERENCE:DIRECTORY), which git clones."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Build extends ClientCommand {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  /** How the progress is shown. */
  enum Progress {
    AUTO,
    PLAIN,
    TTY,
    QUIET
  }

  @Option(
      names = {"-t", "--tag"},
      paramLabel = "NAME",
      description = "A name of the image, with its tag. Can be given more than once.")
  List<String> tags = List.of();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      defaultValue = "",
      description =
          "The Dockerfile, or - for standard input; without this option it is CONTEXT/Dockerfile.")
  String file = "";

  @Option(
      names = "--build-arg",
      paramLabel = "NAME[=VALUE]",
      description = "The value of an ARG; without VALUE that of the variable with its name.")
  List<String> arguments = List.of();

  @Option(
      names = "--target",
      paramLabel = "STAGE",
      defaultValue = "",
      description = "Build this stage, and those that it needs.")
  String target = "";

  @Option(names = "--no-cache", description = "Carry out every step.")
  boolean noCache;

  @Option(names = "--pull", description = "Pull the images of FROM although they are here.")
  boolean pull;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH[/VARIANT]",
      split = ",",
      description =
          "What the image is for, such as linux/arm64; without the option this node's platform."
              + " Several, separated by commas, make an index, which push --all-platforms sends.")
  List<String> platforms = List.of();

  @Option(
      names = "--secret",
      paramLabel = "id=ID[,src=FILE|,env=NAME]",
      description = "A secret for RUN --mount=type=secret. It is in no layer and in no log.")
  List<String> secrets = List.of();

  @Option(
      names = "--ssh",
      paramLabel = "default|ID[=SOCKET|=KEYFILE]",
      description =
          "An SSH agent for RUN --mount=type=ssh: that of SSH_AUTH_SOCK, one behind a socket, or a"
              + " key without a passphrase. Commands sign with the keys and cannot read them.")
  List<String> ssh = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR|-|type=TYPE[,dest=TARGET]",
      description =
          "Where the result goes: type=local,dest=DIR and type=tar,dest=FILE take the files,"
              + " type=oci,dest=FILE and type=docker,dest=FILE the image; - is standard output."
              + " Without this option the daemon keeps the image.")
  List<String> outputs = List.of();

  @Option(
      names = "--cache-from",
      paramLabel = "NAME|KEY=VALUE,...",
      description =
          "Take steps from a cache that --cache-to has written: NAME or type=registry,ref=NAME from"
              + " a registry, type=local,src=DIR from a directory.")
  List<String> cachesFrom = List.of();

  @Option(
      names = "--cache-to",
      paramLabel = "NAME|KEY=VALUE,...",
      description =
          "Write the steps of this build into a cache: NAME or type=registry,ref=NAME in a registry,"
              + " type=local,dest=DIR in a directory as an OCI layout. The steps are those of the"
              + " image, or with mode=max those of all stages.")
  List<String> cachesTo = List.of();

  @Option(
      names = "--progress",
      paramLabel = "auto|plain|tty|quiet",
      defaultValue = "auto",
      description =
          "How the progress is shown, on standard error: tty redraws the steps that run, plain"
              + " writes lines. auto is tty on a terminal that is large enough.")
  Progress progress = Progress.AUTO;

  @Option(
      names = "--label",
      paramLabel = "NAME=VALUE",
      description = "A label of the image. Can be given more than once.")
  List<String> labels = List.of();

  @Option(
      names = "--network",
      paramLabel = "default|host",
      defaultValue = "",
      description = "The network of RUN: that of jukung run, or the node's.")
  String network = "";

  @Option(
      names = "--iidfile",
      paramLabel = "FILE",
      description = "Write the image's ID into this file.")
  @Nullable Path idFile;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress, and print the image's ID.")
  boolean quiet;

  @Parameters(paramLabel = "CONTEXT")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String context;

  public Build(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    var _ = OutputOption.parse(outputs);
    var _ = CacheOption.imported(cachesFrom, environment::absolute);
    var _ = CacheOption.exported(cachesTo, environment::absolute);
    if (progress == Progress.TTY && !environment.interactive()) {
      throw CliException.usage("--progress tty needs a terminal on standard error");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    BuildOptions.Builder options =
        BuildOptions.newBuilder()
            .addAllTags(tags)
            .putAllArguments(arguments())
            .setTarget(target)
            .setNoCache(noCache)
            .setPull(pull)
            .setPlatform(String.join(",", platforms))
            .putAllLabels(pairs("--label", labels))
            .setNetwork(network);
    for (String secret : secrets) {
      options.addSecrets(SecretOption.read(secret, environment));
    }
    if (idFile != null) {
      Path stale = environment.absolute(idFile);
      if (Files.isRegularFile(stale)) { // a device stays
        Files.delete(stale);
      }
    }
    OutputOption output = OutputOption.parse(outputs);
    options
        .setOutput(output.kind())
        .addAllCacheFrom(CacheOption.imported(cachesFrom, environment::absolute))
        .setCacheTo(CacheOption.exported(cachesTo, environment::absolute));
    SshAgents agents = SshAgents.of(ssh, environment);
    BuiltImage image;
    try (ContextSource source = ContextSource.of(context, file, environment, options);
        AgentForwarder forwarder = forwarder(connection, agents, options);
        Window window = new Window(environment);
        ProgressView view = view(window, !output.isReceived())) {
      source.offer(connection.buildCache(), options);
      if (output.isReceived()) {
        try (OutputTarget target = OutputTarget.open(output, environment)) {
          image = build(connection, options.build(), source, new ReceivedResult(view, target));
          target.finish();
        }
      } else {
        image = build(connection, options.build(), source, new ReceivedResult(view, null));
      }
    }
    if (idFile != null) {
      Files.writeString(environment.absolute(idFile), image.getImageId());
    }
    if (isSilent() && !image.getImageId().isEmpty() && !output.isStandardOutput()) {
      out().println(image.getImageId());
    }
    return ExitCode.OK;
  }

  private static @Nullable AgentForwarder forwarder(
      Connection connection, SshAgents agents, BuildOptions.Builder options)
      throws InterruptedException {
    if (agents.isEmpty()) {
      return null;
    }
    AgentForwarder forwarder = AgentForwarder.open(connection.builds(), agents);
    options.addAllAgents(agents.ids()).setAgentSession(forwarder.session());
    return forwarder;
  }

  private boolean isSilent() {
    return quiet || progress == Progress.QUIET;
  }

  private ProgressView view(Window window, boolean keeps) {
    boolean terminal =
        !isSilent()
            && progress != Progress.PLAIN
            && environment.interactive()
            && TerminalProgress.fits(window.get());
    return terminal
        ? new TerminalProgress(environment.err(), environment.clock(), window, keeps).started()
        : new PlainProgress(environment.err(), environment.clock(), isSilent(), keeps);
  }

  private BuiltImage build(
      Connection connection, BuildOptions options, ContextSource source, ReceivedResult result)
      throws IOException, InterruptedException {
    Throwable failure;
    ProgressView view = result.view();
    try (ContextUpload upload = new ContextUpload(connection.builds(), options, result::take)) {
      Thread cancel = new Thread(upload::close, "build-cancel");
      environment.caller().addEndHook(cancel);
      try {
        if (!options.hasContextDirectory()) {
          source.send(upload);
        }
        upload.complete();
      } catch (BuildEndedException e) {
        // Why the build has ended is told by the end of the call.
      }
      failure = upload.await();
      environment.caller().removeEndHook(cancel);
    }
    result.check();
    if (failure == null) {
      return view.image()
          .orElseThrow(() -> CliException.failed("the daemon ended the build without an image"));
    }
    view.close();
    view.showFailure(file.isEmpty() ? "Dockerfile" : file);
    if (view.failure().isPresent()) {
      throw CliException.failed("failed to build: " + view.failure().get());
    }
    if (failure instanceof StatusRuntimeException refused) {
      throw refused;
    }
    throw new IOException("build: " + failure.getMessage(), failure);
  }

  /** The arguments, and SOURCE_DATE_EPOCH as docker takes it from the environment. */
  private Map<String, String> arguments() {
    Map<String, String> all = new LinkedHashMap<>();
    String epoch = environment.variables().getOrDefault(EPOCH, "");
    if (!epoch.isEmpty()) {
      all.put(EPOCH, epoch);
    }
    for (String text : arguments) {
      int equals = text.indexOf('=');
      if (equals >= 0) {
        all.put(text.substring(0, equals), text.substring(equals + 1));
      } else if (environment.variables().containsKey(text)) {
        all.put(text, environment.variables().get(text));
      }
    }
    return all;
  }

  private static Map<String, String> pairs(String option, List<String> texts) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals == 0) {
        throw CliException.usage(option + ": \"" + text + "\" is not NAME=VALUE");
      }
      all.put(
          equals < 0 ? text : text.substring(0, equals),
          equals < 0 ? "" : text.substring(equals + 1));
    }
    return all;
  }
}
