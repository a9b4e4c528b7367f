package io.jukung.cli;

import io.jukung.cli.terminal.PortForwarder;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PortForwardRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Makes ports of a pod ports of this machine, for as long as it runs. */
@Command(
    name = "port-forward",
    description = "Makes ports of a pod ports of this machine, until it is interrupted.",
    mixinStandardHelpOptions = true)
final class PortForward implements Callable<Integer> {
  private static final Pattern PORTS =
      Pattern.compile("(?:(?<local>\\d{0,5}):)?(?<remote>\\d{1,5})");

  private final CliEnvironment environment;

  @ParentCommand
  @SuppressWarnings("NullAway.Init") // set by picocli
  Jukung jukung;

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1",
      paramLabel = "ADDRESS",
      description = "Where to listen; 127.0.0.1 by default.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String address;

  @Parameters(index = "0", paramLabel = "POD")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String pod;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "[LOCAL:]PORT",
      description = "LOCAL left empty, as in :80, is any port that is free.")
  List<String> ports = List.of();

  PortForward(CliEnvironment environment) {
    this.environment = environment;
  }

  /** One pair. */
  record Ports(int local, int remote) {
    static Ports parse(String text) {
      Matcher matcher = PORTS.matcher(text);
      if (!matcher.matches()) {
        throw CliException.usage("not a port: \"" + text + "\" (8080:80, :80 or 80)");
      }
      int remote = number(matcher.group("remote"), 1, text);
      String local = matcher.group("local");
      return new Ports(
          local == null ? remote : local.isEmpty() ? 0 : number(local, 0, text), remote);
    }

    private static int number(String digits, int least, String text) {
      int port = Integer.parseInt(digits);
      if (port < least || port > 0xffff) {
        throw CliException.usage("not a port: \"" + text + "\" (1 to 65535)");
      }
      return port;
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Ports> wanted = new ArrayList<>();
    ports.forEach(text -> wanted.add(Ports.parse(text)));
    try (Connection connection = jukung.connect()) {
      PodSandbox found = Lookup.pod(connection, pod);
      String url =
          connection
              .runtime()
              .portForward(PortForwardRequest.newBuilder().setPodSandboxId(found.getId()).build())
              .getUrl();
      try (PortForwarder forwarder =
          PortForwarder.connect(
              connection.endpoint(url),
              failure -> environment.err().println("jukung: " + failure))) {
        for (Ports each : wanted) {
          var at =
              forwarder.listen(
                  new InetSocketAddress(InetAddress.getByName(address), each.local()),
                  each.remote());
          environment
              .out()
              .println(
                  "forwarding "
                      + at.getAddress().getHostAddress()
                      + ":"
                      + at.getPort()
                      + " to port "
                      + each.remote());
        }
        environment.out().flush();
        forwarder.lost().get();
        throw CliException.failed("the connection to the daemon was lost");
      } catch (ExecutionException e) {
        throw new IOException(e);
      }
    }
  }
}
