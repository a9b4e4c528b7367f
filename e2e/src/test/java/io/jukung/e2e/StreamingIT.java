package io.jukung.e2e;

import static io.jukung.e2e.Calls.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PortForwardRequest;
import io.jukung.e2e.client.Requests;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Footprint;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import io.jukung.e2e.stream.Command;
import io.jukung.e2e.stream.Command.Streams;
import io.jukung.e2e.stream.Command.Transport;
import io.jukung.e2e.stream.Relay;
import io.jukung.e2e.stream.SpdyClient;
import io.jukung.e2e.stream.StreamUrls;
import io.jukung.e2e.stream.WebSocketClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exec and attach as Kubernetes clients do them, over SPDY and over WebSocket. */
@ExtendWith(Testbed.Extension.class)
@Timeout(300)
class StreamingIT {
  private static final String SUCCESS = "{\"metadata\":{},\"status\":\"Success\"}";

  /** A pod, and a connection to the streaming server. */
  private static final class Stage implements AutoCloseable {
    final Testbed testbed;
    final Pod pod;
    private @Nullable Relay relay;

    Stage(Testbed testbed) throws Exception {
      this.testbed = testbed;
      this.pod = testbed.runPod("stream", NamespaceMode.NODE);
    }

    String sleeper() {
      return testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    }

    /** Runs a container with a shell script and an open standard input. */
    String interactive(String name, String script, boolean once, boolean tty) {
      return testbed.runContainer(
          pod,
          Requests.container(pod.config(), name, testbed.busybox(), List.of("sh", "-c", script))
              .setStdin(true)
              .setStdinOnce(once)
              .setTty(tty)
              .build());
    }

    URI execUrl(String container, Streams streams, String... words) {
      return StreamUrls.exec(testbed.client(), container, streams, words);
    }

    URI attachUrl(String container, Streams streams) {
      return StreamUrls.attach(testbed.client(), container, streams);
    }

    Relay relay(URI url) throws Exception {
      if (relay == null) {
        relay = Relay.to(testbed.node(), url);
      }
      return relay;
    }

    Command exec(Transport transport, String container, Streams streams, String... words)
        throws Exception {
      URI url = execUrl(container, streams, words);
      return transport.connect(relay(url).socket(), url, streams);
    }

    Command attach(Transport transport, String container, Streams streams) throws Exception {
      URI url = attachUrl(container, streams);
      return transport.connect(relay(url).socket(), url, streams);
    }

    @Override
    public void close() throws IOException {
      if (relay != null) {
        relay.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void execReturnsBothOutputsAndTheExitCode(Transport transport, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container = stage.sleeper();
      try (Command command =
          stage.exec(
              transport,
              container,
              Streams.OUTPUTS,
              "sh",
              "-c",
              "echo out; echo err >&2; exit 7")) {
        assertThat(command.awaitStatus())
            .isEqualTo(
                "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with"
                    + " non-zero exit code: exit code 7\",\"reason\":\"NonZeroExitCode\","
                    + "\"details\":{\"causes\":[{\"reason\":\"ExitCode\",\"message\":\"7\"}]}}");
        assertThat(command.stdout().awaitEnd()).isEqualTo("out\n");
        assertThat(command.stderr().awaitEnd()).isEqualTo("err\n");
      }
      try (Command command = stage.exec(transport, container, Streams.OUTPUTS, "true")) {
        assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void endOfInputReachesTheCommand(Transport transport, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(
                transport, stage.sleeper(), Streams.ALL, "sh", "-c", "cat; echo end of input")) {
      command.type("typed\n");
      command.stdout().awaitText("typed\n");
      command.endInput();
      assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
      assertThat(command.stdout().awaitEnd()).isEqualTo("typed\nend of input\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void terminalHasTheClientsSizeFromTheStartAndFollowsIt(Transport transport, Testbed testbed)
      throws Exception {
    String script =
        "sleep 0.5; stty size; tty; echo $TERM; trap 'stty size' WINCH; echo ready; read x; read y";
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(transport, stage.sleeper(), Streams.TERMINAL, "sh", "-c", script)) {
      command.resize(91, 26);
      command.stdout().awaitText("ready\r\n");
      assertThat(command.stdout().text())
          .startsWith("26 91\r\n/dev/pts/")
          .contains("\r\nxterm\r\n");
      command.resize(132, 43);
      command.stdout().awaitText("43 132\r\n");
      command.type("\n\n");
      assertThat(command.awaitStatus()).contains("status");
    }
  }

  @ParameterizedTest
  @EnumSource
  void terminalEchoesInputAndCtrlCInterrupts(Transport transport, Testbed testbed)
      throws Exception {
    String script =
        "read line; echo got $line; trap 'exit 9' INT; echo ready; while :; do sleep 0.1; done";
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(transport, stage.sleeper(), Streams.TERMINAL, "sh", "-c", script)) {
      command.type("typed\n");
      command.stdout().awaitText("ready\r\n");
      assertThat(command.stdout().text()).startsWith("typed\r\ngot typed\r\n");
      command.type(new byte[] {3});
      assertThat(command.awaitStatus()).contains("\"message\":\"9\"");
    }
  }

  @ParameterizedTest
  @EnumSource
  void commandThatCannotBeRunIsReportedInTheStatus(Transport transport, Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(transport, stage.sleeper(), Streams.OUTPUTS, "/no/such/program")) {
      assertThat(command.awaitStatus())
          .contains("\"status\":\"Failure\"")
          .contains("InternalError")
          .contains("/no/such/program")
          .contains("no such file or directory");
    }
  }

  @ParameterizedTest
  @EnumSource
  void outputToASlowReaderIsCompleteAndNotBuffered(Transport transport, Testbed testbed)
      throws Exception {
    int size = 64 << 20;
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(
                transport,
                stage.sleeper(),
                Streams.OUTPUTS,
                "sh",
                "-c",
                "head -c " + size + " /dev/zero; echo done >&2")) {
      command.stdout().onlyCount();
      command.stopReading();
      long before = Footprint.of(testbed).residentKib();
      Thread.sleep(1000); // no event to wait for: gives the daemon time to buffer what it would
      assertThat(Footprint.of(testbed).residentKib() - before)
          .as("grown by, in KiB")
          .isLessThan(32 << 10);
      command.readAgain();
      assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
      assertThat(command.stdout().total()).isEqualTo(size);
      assertThat(command.stderr().text()).isEqualTo("done\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void tenMegabytesOfInputArriveCompletely(Transport transport, Testbed testbed) throws Exception {
    byte[] piece = new byte[100_000];
    new Random(1).nextBytes(piece);
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(
                transport,
                stage.sleeper(),
                Streams.ALL,
                "sh",
                "-c",
                "sleep 0.3; wc -c; sleep 0.1")) {
      for (int i = 0; i < 100; i++) {
        command.type(piece);
      }
      command.endInput();
      assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
      assertThat(command.stdout().text().strip()).isEqualTo(Integer.toString(100 * piece.length));
    }
  }

  @ParameterizedTest
  @EnumSource
  void backgroundChildDoesNotDelayTheEndOfAnExec(Transport transport, Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed);
        Command command =
            stage.exec(
                transport,
                stage.sleeper(),
                Streams.OUTPUTS,
                "sh",
                "-c",
                "echo before; sleep 3210 & exit 3")) {
      assertThat(command.awaitStatus()).contains("\"message\":\"3\"");
      assertThat(command.stdout().awaitEnd()).isEqualTo("before\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void vanishedClientHangsUpOnlyItsOwnCommand(Transport transport, Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container = stage.sleeper();
      for (Streams streams : List.of(Streams.ALL, Streams.TERMINAL)) {
        try (Command command =
            stage.exec(transport, container, streams, "sh", "-c", "echo up; sleep 3211")) {
          command.stdout().awaitText("up");
        }
        Await.until(
            "the command is gone", () -> !testbed.processes(container).contains("sleep 3211"));
      }
      try (Command command =
          stage.exec(
              transport, container, Streams.ALL, "sh", "-c", "trap '' HUP; echo up; sleep 3212")) {
        command.stdout().awaitText("up");
      }
      assertThat(testbed.processes(container)).contains("sleep 3212").contains("sleep 1000");
    }
  }

  @ParameterizedTest
  @EnumSource
  void attachedClientsShareInputAndOutput(Transport transport, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container =
          stage.interactive(
              "shared", "while read line; do echo got $line; echo e $line >&2; done", true, false);
      try (Command one = stage.attach(transport, container, Streams.ALL);
          Command two = stage.attach(transport, container, Streams.ALL)) {
        // A client is attached a moment after its connection is accepted. Its own echo shows that.
        one.type("first\n");
        one.stdout().awaitText("got first\n");
        two.type("second\n");
        two.stdout().awaitText("got second\n");
        one.stdout().awaitText("got second\n");
        one.stderr().awaitText("e second\n");
        try (Command leaver = stage.attach(transport, container, Streams.OUTPUTS)) {
          Await.until(
              "a client that only reads is attached",
              () -> {
                two.type("third\n");
                return leaver.stdout().text().contains("got third\n");
              });
        }
        one.stdout().awaitText("got third\n");
        one.endInput(); // with stdin_once this ends the container's input
        assertThat(one.awaitStatus()).isEqualTo(SUCCESS);
        assertThat(two.awaitStatus()).isEqualTo(SUCCESS);
      }
      assertThat(testbed.awaitExited(container).getExitCode()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void detachingDoesNotEndTheContainer(Transport transport, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container =
          stage.interactive("stays", "while read line; do echo got $line; done", false, false);
      try (Command vanishing = stage.attach(transport, container, Streams.ALL)) {
        vanishing.type("one\n");
        vanishing.stdout().awaitText("got one\n");
      }
      try (Command leaving = stage.attach(transport, container, Streams.ALL)) {
        leaving.endInput(); // without stdin_once this ends only the client's session
        assertThat(leaving.awaitStatus()).isEqualTo(SUCCESS);
      }
      try (Command again = stage.attach(transport, container, Streams.ALL)) {
        again.type("two\n");
        again.stdout().awaitText("got two\n");
      }
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void attachedTerminalFollowsTheClientsSize(Transport transport, Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed)) {
      // SIGWINCH interrupts a read, and the shell goes on.
      String script =
          "trap 'stty size' WINCH; while :; do read line && { tty; echo $TERM $line; }; done";
      String container = stage.interactive("terminal", script, false, true);
      try (Command command = stage.attach(transport, container, Streams.TERMINAL)) {
        command.type("typed\n");
        command.stdout().awaitText("xterm typed\r\n");
        assertThat(command.stdout().text()).contains("/dev/");
        command.resize(101, 37);
        command.type("\n");
        command.stdout().awaitText("37 101\r\n");
      }
      assertThat(testbed.status(container).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void clientAttachedBeforeTheStartMissesNothing(Transport transport, Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container =
          testbed.createContainer(
              stage.pod,
              Requests.container(
                      stage.pod.config(),
                      "early",
                      testbed.busybox(),
                      List.of("sh", "-c", "echo first; cat; exit 4"))
                  .setStdin(true)
                  .setStdinOnce(true)
                  .build());
      try (Command command = stage.attach(transport, container, Streams.ALL)) {
        command.type("typed before\n");
        command.endInput();
        Thread.sleep(300); // no event to wait for; a late attachment would be an ordinary attach
        testbed.startContainer(container);
        assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
        assertThat(command.stdout().text()).isEqualTo("first\ntyped before\n");
      }
      assertThat(testbed.awaitExited(container).getExitCode()).isEqualTo(4);
    }
  }

  @Test
  void attachedClientThatDoesNotReadIsDetachedAndTheContainerContinues(Testbed testbed)
      throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container = stage.interactive("talker", "read go; seq 1000000; read x", false, false);
      try (Command slow = stage.attach(Transport.SPDY, container, Streams.ALL)) {
        slow.stdout().onlyCount();
        slow.stopReading();
        slow.type("go\n");
        Await.until(
            "everything is logged",
            () -> {
              String log = Files.readString(stage.pod.log("talker"));
              return log.contains(" stdout F 1000000\n");
            });
        slow.readAgain();
        assertThat(slow.awaitStatus()).contains("detached").contains("not read");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"channel.k8s.io", "v2.channel.k8s.io", "v3.channel.k8s.io", "v5.channel.k8s.io"})
  void otherProtocolVersionsWorkOverSpdy(String protocol, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      URI url = stage.execUrl(stage.sleeper(), Streams.ALL, "sh", "-c", "cat; exit 5");
      SpdyClient connection =
          SpdyClient.connect(stage.relay(url).socket(), url, "v99.channel.k8s.io", protocol);
      assertThat(connection.protocol()).isEqualTo(protocol);
      try (Command command = new Command.OverSpdy(connection, Streams.ALL)) {
        command.type("text");
        command.endInput();
        String status = command.awaitStatus();
        if (protocol.startsWith("v5")) {
          assertThat(status).contains("\"message\":\"5\"");
        } else {
          assertThat(status).isEqualTo("command terminated with non-zero exit code: exit code 5");
        }
        assertThat(command.stdout().awaitEnd()).isEqualTo("text");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "channel.k8s.io",
        "base64.channel.k8s.io",
        "v4.channel.k8s.io",
        "v4.base64.channel.k8s.io"
      })
  void otherProtocolVersionsWorkOverWebSocket(String protocol, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      URI url = stage.execUrl(stage.sleeper(), Streams.ALL, "sh", "-c", "read x; echo $x; exit 5");
      String[] offered = protocol.isEmpty() ? new String[0] : new String[] {"unknown", protocol};
      WebSocketClient socket = WebSocketClient.connect(stage.relay(url).socket(), url, offered);
      assertThat(socket.protocol()).isEqualTo(protocol);
      try (Command command = new Command.OverWebSocket(socket)) {
        assertThat(socket.ping("are you there")).isEqualTo("are you there");
        command.type("text\n");
        String status = command.awaitStatus();
        if (protocol.startsWith("v4")) {
          assertThat(status).contains("\"message\":\"5\"");
        } else {
          assertThat(status).isEqualTo("command terminated with non-zero exit code: exit code 5");
        }
        assertThat(command.stdout().text()).isEqualTo("text\n");
      }
    }
  }

  @Test
  void urlCanBeUsedOnlyOnce(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container = stage.sleeper();
      URI url = stage.execUrl(container, Streams.OUTPUTS, "true");
      var socket = stage.relay(url).socket();
      String token = url.getPath().substring(url.getPath().lastIndexOf('/') + 1);
      assertThat(url.getHost()).isEqualTo("127.0.0.1");
      assertThat(token).hasSize(32);
      URI guessed = url.resolve("/exec/" + "A".repeat(token.length()));
      assertThatThrownBy(() -> SpdyClient.connect(socket, guessed, "v4.channel.k8s.io"))
          .hasMessageContaining("404");
      URI elsewhere = url.resolve("/attach/" + token);
      URI another = stage.execUrl(container, Streams.OUTPUTS, "true");
      assertThat(another.getPath()).isNotEqualTo(url.getPath());
      try (Command command = Transport.SPDY.connect(socket, url, Streams.OUTPUTS)) {
        assertThat(command.awaitStatus()).isEqualTo(SUCCESS);
      }
      assertThatThrownBy(() -> SpdyClient.connect(socket, url, "v4.channel.k8s.io"))
          .hasMessageContaining("404");
      assertThatThrownBy(() -> SpdyClient.connect(socket, elsewhere, "v4.channel.k8s.io"))
          .hasMessageContaining("404");
      assertThatThrownBy(() -> SpdyClient.connect(socket, another, "v9.channel.k8s.io"))
          .hasMessageContaining("403");
    }
  }

  @Test
  void streamsThatTheRequestDidNotNameAreRefused(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      URI url = stage.execUrl(stage.sleeper(), Streams.OUTPUTS, "true");
      try (SpdyClient connection =
          SpdyClient.connect(stage.relay(url).socket(), url, "v4.channel.k8s.io")) {
        assertThat(connection.isRefused(Map.of("streamtype", "stdin"))).isTrue();
        assertThat(connection.isRefused(Map.of("streamtype", "data"))).isTrue();
        assertThat(connection.isRefused(Map.of())).isTrue();
        connection.open(Map.of("streamtype", "error"));
        assertThat(connection.isRefused(Map.of("streamtype", "error"))).isTrue();
      }
    }
  }

  @Test
  void invalidExecAttachAndPortForwardRequestsAreRefused(Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container = stage.sleeper();
      for (Streams streams :
          List.of(
              new Streams(false, false, false, false),
              new Streams(false, false, false, true),
              new Streams(true, true, true, true))) {
        assertThat(failure(() -> stage.execUrl(container, streams, "true")).getCode())
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure(() -> stage.attachUrl(container, streams)).getCode())
            .isEqualTo(Status.Code.INVALID_ARGUMENT);
      }
      assertThat(failure(() -> stage.execUrl(container, Streams.OUTPUTS)).getCode())
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(failure(() -> stage.attachUrl(container, Streams.TERMINAL)).getDescription())
          .contains("no terminal");
      assertThat(failure(() -> stage.attachUrl(container, Streams.ALL)).getDescription())
          .contains("stdin");
      String none = "f".repeat(64);
      assertThat(failure(() -> stage.execUrl(none, Streams.OUTPUTS, "true")).getCode())
          .isEqualTo(Status.Code.NOT_FOUND);
      assertThat(failure(() -> stage.attachUrl(none, Streams.OUTPUTS)).getCode())
          .isEqualTo(Status.Code.NOT_FOUND);
      var forward = PortForwardRequest.newBuilder();
      assertThat(
              failure(
                      () ->
                          testbed
                              .client()
                              .runtime()
                              .portForward(forward.setPodSandboxId(none).build()))
                  .getCode())
          .isEqualTo(Status.Code.NOT_FOUND);
      assertThat(
              failure(
                      () ->
                          testbed
                              .client()
                              .runtime()
                              .portForward(
                                  forward.setPodSandboxId(stage.pod.id()).addPort(0).build()))
                  .getCode())
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }

  /** {@code ./e2e/load attach} makes ten thousand of them. */
  @ParameterizedTest
  @EnumSource
  void twoThousandAttachmentsLeakNothing(Transport transport, Testbed testbed) throws Exception {
    try (Stage stage = new Stage(testbed)) {
      String container =
          stage.interactive("visited", "while read x; do echo $x; done", false, false);
      attachAndAbort(stage, transport, container, 500);
      long heap = Footprint.collectedHeapKib(testbed);
      Footprint before = Footprint.of(testbed);
      attachAndAbort(stage, transport, container, 2_000);
      Footprint.awaitBackAt(before, testbed);
      assertThat(Footprint.collectedHeapKib(testbed)).as("KiB of heap").isLessThan(heap + 2048);
      assertThat(Footprint.of(testbed).residentKib())
          .as("resident KiB")
          .isLessThan(before.residentKib() + (64 << 10));
      try (Command command = stage.attach(transport, container, Streams.ALL)) {
        command.type("still there\n");
        command.stdout().awaitText("still there\n");
      }
      // A JVM keeps the socket on which it has answered jcmd: a restart closes it.
      testbed.killAndRestartDaemon();
    }
  }

  private static void attachAndAbort(Stage stage, Transport transport, String container, int times)
      throws Exception {
    for (int i = 0; i < times; i++) {
      try (Command command = stage.attach(transport, container, Streams.ALL)) {
        if (i % 10 == 0) {
          command.type("x\n");
        }
      }
    }
  }
}
