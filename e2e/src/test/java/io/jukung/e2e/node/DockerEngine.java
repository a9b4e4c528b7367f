package io.jukung.e2e.node;

import static java.nio.charset.StandardCharsets.UTF_8;

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

/** {@code jukung engine} beside a testbed's daemon, and docker's clients of it. */
public final class DockerEngine implements AutoCloseable {
  /** Where {@code e2e/docker-client} unpacks Debian's packages docker-cli and docker-compose. */
  private static final Path PACKAGES = Path.of("target", "docker-cli").toAbsolutePath();

  private final Node node;
  private final Path socket;
  private final Path logs;
  private final Process process;

  private DockerEngine(Node node, Path socket, Path logs, Process process) {
    this.node = node;
    this.socket = socket;
    this.logs = logs;
    this.process = process;
  }

  /** Starts an engine, and waits until it serves. */
  public static DockerEngine start(Testbed testbed, String... options) throws Exception {
    Node node = testbed.node();
    Path socket = node.directory().resolve("docker.sock");
    Path logs = node.directory().resolve("docker-logs");
    List<String> line =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ >\"$0\"; exec \"$@\"",
                node.directory().resolve("engine.pid").toString(),
                Daemon.dist().resolve("bin/jukung").toString(),
                "-s",
                testbed.daemon().socket().toString(),
                "engine",
                "--listen",
                socket.toString(),
                "--log-directory",
                logs.toString()));
    line.addAll(List.of(options));
    Process process =
        new ProcessBuilder(node.inside(line))
            .redirectErrorStream(true)
            .redirectOutput(node.directory().resolve("engine.log").toFile())
            .start();
    DockerEngine engine = new DockerEngine(node, socket, logs, process);
    Await.until("the engine serves", engine::isServed);
    return engine;
  }

  private boolean isServed() {
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return true;
    } catch (IOException e) {
      return false; // the socket is not there yet, or nobody listens yet
    }
  }

  public Path socket() {
    return socket;
  }

  /** Sends a request, and returns the whole response, its head included. */
  public String request(String method, String path, String body) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      byte[] bytes = body.getBytes(UTF_8);
      String head =
          method
              + " "
              + path
              + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + bytes.length
              + "\r\n\r\n";
      channel.write(ByteBuffer.wrap(head.getBytes(UTF_8)));
      channel.write(ByteBuffer.wrap(bytes));
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    }
  }

  /** Runs docker's command line with an input. */
  public CommandResult dockerWithInput(String input, String... words) throws Exception {
    return run(PACKAGES.resolve("usr/bin/docker"), input, words);
  }

  /** Runs docker's command line. */
  public CommandResult docker(String... words) throws Exception {
    return dockerWithInput("", words);
  }

  /** Runs docker's compose. */
  public CommandResult compose(String... words) throws Exception {
    return run(PACKAGES.resolve("usr/libexec/docker/cli-plugins/docker-compose"), "", words);
  }

  private CommandResult run(Path program, String input, String... words) throws Exception {
    if (!Files.isExecutable(program)) {
      throw new AssertionError(program + " is missing: dist/prerequisites --tests gets it");
    }
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "--chdir=" + node.directory(),
                "DOCKER_HOST=unix://" + socket,
                "DOCKER_CONFIG=" + node.directory().resolve("docker-config"),
                "DOCKER_CLI_HINTS=false",
                "HOME=" + node.directory(),
                program.toString()));
    line.addAll(List.of(words));
    return node.run(line, input);
  }

  /** What the engine has printed. */
  public String log() throws IOException {
    return Files.readString(node.directory().resolve("engine.log"));
  }

  /** Ends the engine, and fails if it has left a log of a removed container. */
  @Override
  public void close() throws Exception {
    Path pid = node.directory().resolve("engine.pid");
    node.run("kill", Files.readString(pid).strip()).orThrow();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new AssertionError("the engine has not ended 20 s after SIGTERM");
    }
    if (Files.exists(socket)) {
      throw new AssertionError("the engine has left " + socket);
    }
    try (Stream<Path> left = Files.exists(logs) ? Files.walk(logs) : Stream.empty()) {
      List<Path> files = left.filter(Files::isRegularFile).toList();
      if (!files.isEmpty()) {
        throw new AssertionError("logs of removed containers: " + files);
      }
    }
    Files.deleteIfExists(logs);
  }
}
