package io.jukung.e2e.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code jukung engine} on a node, with docker's client and clients that speak plain HTTP. */
public final class DockerEngine implements AutoCloseable {
  private static final Path UNPACKED = Path.of("target/docker-cli/usr/bin/docker");

  /** Of the package docker-compose; a program that docker's client can also call as a plug-in. */
  private static final Path COMPOSE =
      Path.of("target/docker-cli/usr/libexec/docker/cli-plugins/docker-compose").toAbsolutePath();

  private static final String CLASSIC_BUILDER = "DOCKER_BUILDKIT=0";

  private final Testbed testbed;
  private final Path socket;
  private final Path logs;
  private final Process process;

  private DockerEngine(Testbed testbed, Path socket, Path logs, Process process) {
    this.testbed = testbed;
    this.socket = socket;
    this.logs = logs;
    this.process = process;
  }

  /** Starts the engine of a testbed's daemon, and returns when it serves. */
  public static DockerEngine start(Testbed testbed) throws Exception {
    Path directory = testbed.node().directory();
    Path socket = directory.resolve("docker.sock");
    Path logs = directory.resolve("docker-logs");
    List<String> command =
        List.of(
            "sh",
            "-c",
            "echo $$ >\"$0\"; exec \"$@\"",
            directory.resolve("engine.pid").toString(),
            Daemon.dist().resolve("bin/jukung").toString(),
            "-s",
            testbed.daemon().socket().toString(),
            "engine",
            "--listen",
            socket.toString(),
            "--log-directory",
            logs.toString());
    Process process =
        new ProcessBuilder(testbed.node().inside(command))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("engine.log").toFile())
            .start();
    DockerEngine engine = new DockerEngine(testbed, socket, logs, process);
    Await.until("the engine serves", engine::isServed);
    return engine;
  }

  private boolean isServed() {
    try (SocketChannel _ = connect()) {
      return true;
    } catch (IOException e) {
      return false; // the socket is not there yet, or nobody listens yet
    }
  }

  /** The socket of the API. */
  public Path socket() {
    return socket;
  }

  /** Opens a connection, which the caller closes. */
  public SocketChannel connect() throws IOException {
    return SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  /** Docker's client, version 28: dist/prerequisites --tests unpacks it. */
  public static Path client() {
    if (Files.isExecutable(UNPACKED)) {
      return UNPACKED.toAbsolutePath();
    }
    return Stream.of(System.getenv("PATH").split(":"))
        .map(each -> Path.of(each, "docker"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError("docker's client is missing: e2e/docker-client"));
  }

  /** Runs docker's client, with the classic builder. */
  public CommandResult docker(String... words) throws Exception {
    return dockerReading("", words);
  }

  /** As {@link #docker}, with standard input. */
  public CommandResult dockerReading(String stdin, String... words) throws Exception {
    return docker(stdin, CLASSIC_BUILDER, words);
  }

  /** Runs docker's client as somebody does who has asked for BuildKit. */
  public CommandResult dockerWithBuildKit(String... words) throws Exception {
    return docker("", "DOCKER_BUILDKIT=1", words);
  }

  private CommandResult docker(String stdin, String builder, String... words) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "DOCKER_HOST=unix://" + socket,
                "DOCKER_CONFIG=" + configuration(),
                "DOCKER_CLI_HINTS=false",
                builder,
                client().toString()));
    line.addAll(List.of(words));
    return testbed.node().run(line, stdin);
  }

  /** Runs docker's compose, which wants a working directory that exists. */
  public CommandResult compose(String... words) throws Exception {
    return testbed.node().run(composeLine(words), "");
  }

  /** The command line of {@link #compose} on the node. */
  public List<String> composeLine(String... words) {
    if (!Files.isExecutable(COMPOSE)) {
      throw new AssertionError(COMPOSE + " is missing: e2e/docker-client");
    }
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "--chdir=" + testbed.node().directory(),
                "DOCKER_HOST=unix://" + socket,
                "DOCKER_CONFIG=" + configuration(),
                CLASSIC_BUILDER,
                // Where it writes the process IDs of this node.
                "XDG_RUNTIME_DIR=" + testbed.node().directory(),
                COMPOSE.toString()));
    line.addAll(List.of(words));
    return line;
  }

  /** Lets docker's client find its plug-ins compose and buildx. */
  public void configurePlugins() throws IOException {
    Files.writeString(
        Files.createDirectories(configuration()).resolve("config.json"),
        "{\"cliPluginsExtraDirs\":[\"" + COMPOSE.getParent() + "\"]}");
  }

  /** The directory of the client's configuration. */
  public Path configuration() {
    return testbed.node().directory().resolve("docker-config");
  }

  /** Sends a request with a body, and returns the whole answer, one character for each byte. */
  public String request(String method, String path, String contentType, byte[] body)
      throws IOException {
    try (SocketChannel channel = connect()) {
      send(channel, method, path, contentType, body);
      return new String(Channels.newInputStream(channel).readAllBytes(), ISO_8859_1);
    }
  }

  /** As {@link #request(String, String, String, byte[])}, with JSON. */
  public String request(String method, String path, String body) throws IOException {
    return request(method, path, "application/json", body.getBytes(UTF_8));
  }

  /** Sends a request, whose answer the caller reads. */
  public static void send(
      SocketChannel channel, String method, String path, String contentType, byte[] body)
      throws IOException {
    String head =
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: "
            + contentType
            + "\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(UTF_8));
    all.writeBytes(body);
    ByteBuffer bytes = ByteBuffer.wrap(all.toByteArray());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Ends the engine, which must leave no socket. Logs of containers that are there stay. */
  public void end() throws Exception {
    Path pid = testbed.node().directory().resolve("engine.pid");
    testbed.node().run("kill", Files.readString(pid).strip()).orThrow();
    if (!process.waitFor(20, TimeUnit.SECONDS) || Files.exists(socket)) {
      throw new AssertionError("the engine has not ended, or its socket is left");
    }
  }

  /** As {@link #end}, after the last container is removed: no log may be left either. */
  @Override
  public void close() throws Exception {
    end();
    if (Files.exists(logs)) {
      try (Stream<Path> left = Files.walk(logs)) {
        if (left.anyMatch(Files::isRegularFile)) {
          throw new AssertionError("logs of removed containers are left in " + logs);
        }
      }
      Files.delete(logs); // nor may a directory be left in it
    }
  }
}
