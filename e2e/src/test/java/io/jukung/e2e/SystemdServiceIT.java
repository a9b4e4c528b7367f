package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StatusRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.NeedsSystemd;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit of the installation, started by a real systemd. */
@NeedsSystemd
class SystemdServiceIT {
  private static final String UNIT = "jukung-it.service";
  private static final Path UNIT_FILE = Path.of("/run/systemd/system", UNIT);

  /** The test node has one slow processor. */
  private static final Duration BOUND = Duration.ofMinutes(3);

  @TempDir Path directory;

  private static String systemctl(String... arguments) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of("systemctl"));
    line.addAll(List.of(arguments));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(process.waitFor()).as(line + ": " + said).isZero();
    return said;
  }

  private static String show(String property) throws IOException, InterruptedException {
    return systemctl("show", "--value", "--property=" + property, UNIT);
  }

  private Path socket() {
    return directory.resolve("state/jukung.sock");
  }

  @BeforeEach
  void start() throws Exception {
    Files.writeString(
        directory.resolve("config.toml"),
        """
        root = "%1$s/root"
        state = "%1$s/state"
        socket = "%2$s"
        cni.cache_dir = "%1$s/cni-cache"
        cgroup.root = "/jukung-it"
        shim.spare = 1
        shim.max_spare = 1
        """
            .formatted(directory, socket()));
    Path home = Daemon.dist().toRealPath();
    Files.writeString(
        UNIT_FILE,
        Files.readString(home.resolve("share/jukung.service"))
            // The node starts nothing of what other units of this machine would start.
            .replaceFirst("(?m)^After=.*$", "DefaultDependencies=no")
            .replaceFirst(
                "(?m)^ExecStart=.*$",
                "ExecStart=%s/bin/jukung serve --config %s/config.toml".formatted(home, directory))
            .replaceFirst("(?m)^WatchdogSec=.*$", "WatchdogSec=20s")
            .replaceFirst("(?m)^RestartSec=.*$", "RestartSec=1"));
    systemctl("daemon-reload");
    systemctl("start", UNIT);
  }

  @AfterEach
  void stop() throws Exception {
    systemctl("stop", UNIT);
    Files.delete(UNIT_FILE);
    systemctl("daemon-reload");
  }

  private String runPod() {
    PodSandboxConfig.Builder config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder().setName("it").setUid("u").setNamespace("n"))
            .setLogDirectory(directory.resolve("logs").toString());
    config
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(
            NamespaceOption.newBuilder()
                .setNetwork(NamespaceMode.NODE)
                .setPid(NamespaceMode.CONTAINER));
    try (CriClient client = CriClient.of(socket())) {
      return client
          .runtime()
          .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).build())
          .getPodSandboxId();
    }
  }

  @Test
  void engineIsStartedByTheFirstClientOfItsSocket() throws Exception {
    Path home = Daemon.dist().toRealPath();
    Path api = directory.resolve("state/docker.sock");
    Path units = Path.of("/run/systemd/system");
    Path socketUnit = units.resolve("jukung-engine.socket");
    Path serviceUnit = units.resolve("jukung-engine.service");
    Files.writeString(
        socketUnit,
        Files.readString(home.resolve("share/jukung-engine.socket"))
            .replaceFirst("(?m)^After=.*$", "DefaultDependencies=no")
            .replaceFirst("(?m)^ListenStream=.*$", "ListenStream=" + api));
    Files.writeString(
        serviceUnit,
        Files.readString(home.resolve("share/jukung-engine.service"))
            .replaceFirst("(?m)^After=.*$", "DefaultDependencies=no")
            .replaceFirst(
                "(?m)^ExecStart=.*$",
                "ExecStart=%s/bin/jukung -s %s engine --listen fd://".formatted(home, socket())));
    try {
      systemctl("daemon-reload");
      systemctl("start", "jukung-engine.socket");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(api)))
          .isEqualTo("rw-rw----");
      assertThat(activeState("jukung-engine.service")).isEqualTo("inactive");
      Await.until("the engine answers", BOUND, () -> request(api).startsWith("HTTP/1.1 200 OK"));
      assertThat(activeState("jukung-engine.service")).isEqualTo("active");
    } finally {
      systemctl("stop", "jukung-engine.socket", "jukung-engine.service");
      Files.delete(socketUnit);
      Files.delete(serviceUnit);
    }
    assertThat(api).doesNotExist();
  }

  private static String activeState(String unit) throws IOException, InterruptedException {
    return systemctl("show", "--value", "--property=ActiveState", unit);
  }

  private static String request(Path api) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(api))) {
      String request = "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(UTF_8)));
      return new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
    }
  }

  private PodSandboxState state(String pod) {
    try (CriClient client = CriClient.of(socket())) {
      return client
          .runtime()
          .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
          .getItemsList()
          .stream()
          .filter(each -> each.getId().equals(pod))
          .map(PodSandbox::getState)
          .findFirst()
          .orElseThrow();
    }
  }

  private void removePod(String pod) {
    try (CriClient client = CriClient.of(socket())) {
      client
          .runtime()
          .stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
      client
          .runtime()
          .removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
    }
  }

  private String configuration() {
    try (CriClient client = CriClient.of(socket())) {
      return client
          .runtime()
          .status(StatusRequest.newBuilder().setVerbose(true).build())
          .getInfoOrThrow("config");
    }
  }

  @Test
  void serviceIsReadyReloadsAndIsStartedAgainWhenItHangs() throws Exception {
    // The start has returned: the daemon serves.
    String pod = runPod();
    assertThat(show("ActiveState")).isEqualTo("active");
    Await.until("the status counts pods", BOUND, () -> show("StatusText").contains("1 pod"));

    String pid = show("MainPID");
    Files.createDirectories(directory.resolve("conf.d"));
    Files.writeString(directory.resolve("conf.d/level.toml"), "log.level = 'debug'\n");
    systemctl("reload", UNIT);
    Await.until(
        "the reload holds", BOUND, () -> configuration().contains("\"log.level\":\"debug\""));
    assertThat(show("MainPID")).isEqualTo(pid);

    assertThat(new ProcessBuilder("kill", "-STOP", pid).start().waitFor()).isZero();
    Await.until(
        "systemd has started another daemon",
        BOUND,
        () -> !mainPid().isEmpty() && !pid.equals(mainPid()));
    Await.until("the pod is still there", BOUND, () -> isReady(pod));
    assertThat(Integer.parseInt(show("NRestarts"))).isPositive();
    removePod(pod);
  }

  private static String mainPid() throws Exception {
    String pid = show("MainPID");
    return show("SubState").equals("running") ? pid : "";
  }

  private boolean isReady(String pod) {
    try {
      return state(pod) == PodSandboxState.SANDBOX_READY;
    } catch (StatusRuntimeException e) {
      return false; // the new daemon does not answer yet
    }
  }
}
