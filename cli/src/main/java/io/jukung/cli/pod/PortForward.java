package io.jukung.cli.pod;

import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.terminal.PortForwarder;
import io.jukung.cri.streaming.StreamEndpoint;
import io.jukung.cri.v1.PortForwardRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung port-forward}: makes ports of a pod reachable on this machine. */
@Command(
    name = "port-forward",
    description = "Forwards ports of this machine to ports of a pod, until it is interrupted.",
    mixinStandardHelpOptions = true)
public final class PortForward extends ClientCommand {
  private static final Pattern PORTS =
      Pattern.compile("(?:(?<local>\\d{0,5}):)?(?<remote>\\d{1,5})");

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1",
      paramLabel = "ADDRESS",
      description = "The address to listen on; 127.0.0.1 by default.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String address;

  @Parameters(index = "0", paramLabel = "POD")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String pod;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "[LOCAL:]PORT",
      description =
          "A port of the pod, and the port to listen on; with an empty LOCAL, as in :80, any free"
              + " port.")
  List<String> ports = List.of();

  public PortForward(CommandContext context) {
    super(context);
  }

  /**
   * A pair of ports.
   *
   * @param local 0: any free port
   */
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
  protected void checkOptions() {
    ports.forEach(Ports::parse);
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    var request =
        PortForwardRequest.newBuilder().setPodSandboxId(Lookup.pod(connection, pod).getId());
    String url = connection.runtime().portForward(request.build()).getUrl();
    try (PortForwarder forwarder =
        PortForwarder.connect(
            StreamEndpoint.of(connection.runtime(), url), environment::printError)) {
      for (String text : ports) {
        listen(forwarder, Ports.parse(text));
      }
      out().flush();
      forwarder.lost().get();
      throw CliException.failed("the connection to the daemon was lost");
    } catch (ExecutionException e) {
      throw new IOException(e);
    }
  }

  private void listen(PortForwarder forwarder, Ports ports)
      throws IOException, InterruptedException {
    var local = new InetSocketAddress(InetAddress.getByName(address), ports.local());
    InetSocketAddress bound = forwarder.listen(local, ports.remote());
    out()
        .printf(
            "forwarding %s:%d to port %d%n",
            bound.getAddress().getHostAddress(), bound.getPort(), ports.remote());
  }
}
