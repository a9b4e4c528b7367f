package io.jukung.cli.doctor;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.OutputFormat;
import io.jukung.client.v1.DiagnoseRequest;
import io.jukung.cri.client.Release;
import io.jukung.cri.v1.VersionRequest;
import io.jukung.cri.v1.VersionResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jukung doctor}: names what is wrong on the node, and what to do. */
@Command(
    name = "doctor",
    description = {
      "Looks for what is wrong on this node, and says what to do: kernel, cgroups, network,"
          + " security, disk space, limits, leftovers of pods, and the daemon itself.",
      "Works without a daemon too, as root."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {"0:no problem, perhaps warnings", "1:at least one problem"},
    mixinStandardHelpOptions = true)
public final class Doctor extends ClientCommand {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description =
          "The daemon's configuration file, for the checks where no daemon runs. Without this"
              + " option: /etc/jukung/config.toml, or the defaults.")
  @Nullable Path config;

  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      paramLabel = "table|json",
      description = "Format of the results; json prints an array.")
  OutputFormat format = OutputFormat.TABLE;

  @Option(names = "--json", description = "The same as --output json.")
  boolean json;

  public Doctor(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    List<Result> results = new ArrayList<>();
    try {
      results.add(version(connection));
      connection
          .jukung()
          .diagnose(DiagnoseRequest.getDefaultInstance())
          .forEachRemaining(each -> results.add(Result.of(each)));
    } catch (StatusRuntimeException e) {
      results.add(unreachable(connection, e));
      results.addAll(LocalCheck.run(System.getProperty("jukung.home"), configuration()));
    }
    print(results);
    boolean isProblem = results.stream().anyMatch(each -> each.level() == Result.Level.PROBLEM);
    return isProblem ? ExitCode.FAILED : ExitCode.OK;
  }

  private @Nullable Path configuration() {
    return config == null ? null : environment.absolute(config);
  }

  private static Result version(Connection connection) {
    VersionResponse version = connection.runtime().version(VersionRequest.getDefaultInstance());
    String daemon = version.getRuntimeName() + " " + version.getRuntimeVersion();
    String client = "jukung " + Release.version();
    return daemon.equals(client)
        ? Result.ok("daemon", daemon + " answers on " + connection.socket())
        : new Result(
            "daemon",
            Result.Level.WARNING,
            "the daemon is " + daemon + ", and this client is " + client,
            "Restart the daemon after an update (systemctl restart jukung); pods run on.");
  }

  private static Result unreachable(Connection connection, StatusRuntimeException failure) {
    boolean isOther = failure.getStatus().getCode() == Status.Code.UNIMPLEMENTED;
    return isOther
        ? Result.problem(
            "daemon",
            connection.socket() + " is the socket of another runtime or of an older jukung",
            "Name jukung's socket with --socket, or restart the daemon after an update.")
        : Result.problem(
            "daemon",
            connection.sentence(failure),
            "Start the daemon (systemctl start jukung); `journalctl -u jukung` says why it ended.");
  }

  private void print(List<Result> results) {
    if (json || format == OutputFormat.JSON) {
      Json.print(Json.list(results.stream().map(Result::json).toList()), out());
    } else {
      results.forEach(out()::println);
    }
  }
}
