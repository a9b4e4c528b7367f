package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.ContainerResource;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.ApiServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Exec, attach and port-forward by fabric8's Kubernetes client. */
@ExtendWith(Testbed.Extension.class)
@Timeout(120)
class FabricClientIT {
  /**
   * Less than the 4095 bytes that the client passes on at once. It was seen to read 64 KiB, to pass
   * on the first 4095 bytes and to stop there; the runtime had nothing left to send.
   */
  private static final int FORWARDED_AT_ONCE = 4000;

  /** A read from a socket is not interrupted by the timeout of a test. */
  private static final int READ_MILLIS = 20_000;

  private static final String ECHO = "nc -ll -p 7007 -e cat & ";
  private static final String LISTENS = "cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1B5F '";

  /** A pod with a container that echoes lines, and a client that can reach it. */
  private static final class Stage implements AutoCloseable {
    final Pod pod;
    final String container;
    final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final ApiServer server;
    private final KubernetesClient client;

    Stage(Testbed testbed) throws Exception {
      this.pod = testbed.runPod("fabric", NamespaceMode.POD);
      this.container =
          testbed.runContainer(
              pod,
              Requests.container(
                      pod.config(),
                      "reader",
                      testbed.busybox(),
                      List.of("sh", "-c", ECHO + "while read line; do echo got $line; done"))
                  .setStdin(true)
                  .build());
      Await.until(
          "the echo server listens",
          () -> testbed.exec(container, "sh", "-c", LISTENS).getExitCode() == 0);
      this.server = ApiServer.start(testbed.node(), testbed.client());
      this.client =
          new KubernetesClientBuilder()
              .withConfig(
                  new ConfigBuilder(Config.empty())
                      .withMasterUrl(server.url())
                      .withNamespace("default")
                      .build())
              .build();
    }

    ContainerResource container() {
      // The client asks the API server for nothing but streams if it has the pod's object and does
      // not wait for the pod to be ready.
      var known =
          new PodBuilder()
              .withNewMetadata()
              .withName(pod.id())
              .endMetadata()
              .withNewSpec()
              .addNewContainer()
              .withName(container)
              .endContainer()
              .endSpec()
              .build();
      return client.pods().resource(known).inContainer(container).withReadyWaitTimeout(0);
    }

    LocalPortForward forward(int port) {
      return client.pods().withName(pod.id()).portForward(port);
    }

    void awaitOutput(String text) throws Exception {
      Await.until("output " + text, () -> text(stdout).contains(text));
    }

    @Override
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void type(ExecWatch watch, String text) throws IOException {
    watch.getInput().write(text.getBytes(StandardCharsets.UTF_8));
    watch.getInput().flush();
  }

  private static int exitCode(ExecWatch watch) throws Exception {
    return watch.exitCode().get(30, TimeUnit.SECONDS);
  }

  @Test
  void execPassesInputOutputsAndExitCode(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed);
        ExecWatch watch =
            stage
                .container()
                .redirectingInput()
                .writingOutput(stage.stdout)
                .writingError(stage.stderr)
                .exec("sh", "-c", "read line; echo \"got $line\"; echo e >&2; exit 7")) {
      type(watch, "some words & more\n");
      assertThat(exitCode(watch)).isEqualTo(7);
      assertThat(text(stage.stdout)).isEqualTo("got some words & more\n");
      assertThat(text(stage.stderr)).isEqualTo("e\n");
    }
  }

  @Test
  void twentyMegabytesOfOutputArriveCompletely(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed);
        ExecWatch watch =
            stage
                .container()
                .writingOutput(stage.stdout)
                .exec("sh", "-c", "head -c 20000000 /dev/zero")) {
      assertThat(exitCode(watch)).isZero();
      assertThat(stage.stdout.size()).isEqualTo(20_000_000);
    }
  }

  @Test
  void terminalFollowsTheClientsSize(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed);
        ExecWatch watch =
            stage
                .container()
                .redirectingInput()
                .writingOutput(stage.stdout)
                .withTTY()
                .exec("sh", "-c", "tty; trap 'stty size; exit 3' WINCH; echo up; read x; read y")) {
      stage.awaitOutput("up\r\n");
      assertThat(text(stage.stdout)).startsWith("/dev/pts/");
      watch.resize(132, 43);
      stage.awaitOutput("43 132\r\n");
      assertThat(exitCode(watch)).isEqualTo(3);
    }
  }

  @Test
  void attachReachesTheContainerAndLeavesItRunning(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      try (ExecWatch watch =
          stage.container().redirectingInput().writingOutput(stage.stdout).attach()) {
        type(watch, "typed\n");
        stage.awaitOutput("got typed\n");
      }
      assertThat(testbed.status(stage.container).getState())
          .isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
  }

  @Test
  void forwardedPortPassesBytesBothWays(Testbed testbed) throws Exception {
    byte[] piece = new byte[FORWARDED_AT_ONCE];
    Random random = new Random(1);
    try (Stage stage = new Stage(testbed);
        LocalPortForward forward = stage.forward(7007)) {
      for (int i = 0; i < 2; i++) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), forward.getLocalPort())) {
          socket.setSoTimeout(READ_MILLIS);
          for (int j = 0; j < 264; j++) {
            random.nextBytes(piece);
            socket.getOutputStream().write(piece);
            assertThat(socket.getInputStream().readNBytes(piece.length)).isEqualTo(piece);
          }
        }
      }
      assertThat(forward.errorOccurred()).isFalse();
    }
  }
}
