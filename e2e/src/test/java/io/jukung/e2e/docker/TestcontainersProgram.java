package io.jukung.e2e.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ComposeContainer;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * Runs containers as users of Testcontainers do, and prints a line for each thing that it has seen.
 * Arguments: an image that is not on the node, and a directory with an application of compose. The
 * environment says where the engine is.
 */
final class TestcontainersProgram {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final DockerImageName image;

  private TestcontainersProgram(String image) {
    this.image = DockerImageName.parse(image);
  }

  public static void main(String[] arguments) throws Exception {
    TestcontainersProgram program = new TestcontainersProgram(arguments[0]);
    // Finds the engine, and makes the checks that Testcontainers makes of each engine.
    say("client", DockerClientFactory.instance().client().infoCmd().exec().getOsType());
    program.serverWithPortLogAndFiles();
    program.twoInANetwork();
    program.containerThatEndsTooEarlyIsTold();
    compose(Path.of(arguments[1]));
  }

  private static void say(String what, Object seen) {
    System.out.println(what + ": " + seen);
  }

  private GenericContainer<?> container() {
    return new GenericContainer<>(image);
  }

  private void serverWithPortLogAndFiles() throws Exception {
    try (GenericContainer<?> server =
        container()
            .withExposedPorts(8080)
            .withEnv("PAGE", "hello")
            .withCopyToContainer(Transferable.of("from the test\n", 0644), "/www/copied")
            .withCommand(
                "sh", "-c", "echo $PAGE >/www/index.html; exec httpd -f -v -p 8080 -h /www")
            .withStartupTimeout(PATIENCE)
            .waitingFor(Wait.forListeningPort())) {
      server.start();
      say("page", get(server, "/"));
      say("copied", get(server, "/copied"));
      Container.ExecResult result =
          server.execInContainer("sh", "-c", "cat /www/copied; echo err >&2; exit 3");
      say(
          "exec",
          result.getStdout().strip()
              + " "
              + result.getStderr().strip()
              + " "
              + result.getExitCode());
      server.copyFileToContainer(Transferable.of("later\n"), "/www/later");
      say(
          "later",
          server
              .copyFileFromContainer("/www/later", in -> new String(in.readAllBytes(), UTF_8))
              .strip());
      say("running", server.isRunning());
    }
  }

  private static String get(GenericContainer<?> server, String path) throws IOException {
    try (Socket socket = new Socket(server.getHost(), server.getMappedPort(8080))) {
      socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes(UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      return answer.substring(answer.indexOf("\r\n\r\n") + 4).strip();
    }
  }

  private void twoInANetwork() throws Exception {
    try (Network network = Network.newNetwork();
        GenericContainer<?> server =
            container()
                .withNetwork(network)
                .withNetworkAliases("server", "other")
                .withCommand(
                    "sh", "-c", "mkdir /www; echo page >/www/f; echo ready; exec httpd -f -h /www")
                .waitingFor(Wait.forLogMessage(".*ready.*\\n", 1).withStartupTimeout(PATIENCE))) {
      server.start();
      try (GenericContainer<?> client =
          container().withNetwork(network).dependsOn(server).withCommand("sleep", "1000")) {
        client.start();
        String script = "until wget -q -O - http://other/f; do sleep 0.1; done";
        say("network", client.execInContainer("sh", "-c", script).getStdout().strip());
      }
      say("log", server.getLogs().strip());
    }
  }

  private void containerThatEndsTooEarlyIsTold() {
    try (GenericContainer<?> container =
        container()
            .withCommand("sh", "-c", "echo broken; exit 5")
            .waitingFor(
                Wait.forLogMessage(".*never.*", 1).withStartupTimeout(Duration.ofSeconds(2)))) {
      container.start();
    } catch (ContainerLaunchException e) {
      say("ended", "launch failed");
    }
  }

  private static void compose(Path directory) throws Exception {
    try (ComposeContainer application =
        new ComposeContainer(directory.resolve("compose.yaml").toFile())
            .waitingFor(
                "web", Wait.forLogMessage(".*web ready.*", 1).withStartupTimeout(PATIENCE))) {
      application.start();
      say("compose", application.getContainerByServiceName("web").orElseThrow().getLogs().strip());
    }
    say("left", Files.exists(directory));
  }
}
