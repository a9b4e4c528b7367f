package io.jukung.e2e.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ContainerStatus;
import io.jukung.cri.v1.ContainerStatusRequest;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ExecSyncRequest;
import io.jukung.cri.v1.ExecSyncResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListPodSandboxRequest;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.PodSandboxStatusRequest;
import io.jukung.cri.v1.PullImageRequest;
import io.jukung.cri.v1.RemoveContainerRequest;
import io.jukung.cri.v1.RemoveImageRequest;
import io.jukung.cri.v1.RemovePodSandboxRequest;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.cri.v1.StartContainerRequest;
import io.jukung.cri.v1.StopContainerRequest;
import io.jukung.cri.v1.StopPodSandboxRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.client.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A node with a registry and a running daemon. All test classes share one testbed, which tests get
 * as a parameter. After each test all pods are removed, and the node must then be as before the
 * test: every test is also a leak test.
 */
public final class Testbed implements AutoCloseable {
  private static final Pattern SHIM_PID = Pattern.compile("\"shimPid\":([0-9]+)");

  /**
   * The configuration of the shared testbed: limits of writable layers on any file system, and
   * runtimes of the OCI, which a pod can ask for.
   */
  private static final String CONFIGURATION =
      """
      [writable_layer]
      enforced_by = "daemon"
      measure_every = "1s"
      [checkpoint]
      criu = "/no/such/criu"
      [handlers.runc]
      path = "/usr/sbin/runc"
      annotations = ["handlers.example/*"]
      [handlers.crun]
      path = "/usr/bin/crun"
      options = ["--cgroup-manager=disabled"]
      cgroups = "daemon"
      # A runtime as runc was before 1.1: its help does not name exec --cgroup.
      [handlers.old]
      path = "/bin/sh"
      options = ["-c", '[ "$*" != "exec --help" ] || exit 0; exec /usr/sbin/runc "$@"', "runc"]
      # The same, and slow: an exec has long begun when the runtime says so.
      [handlers.slow]
      path = "/bin/sh"
      options = ["-c", '[ "$*" != "exec --help" ] || exit 0; /usr/sbin/runc "$@"; r=$?; case "$*" in *" exec "*) sleep 3;; esac; exit $r', "runc"]
      [handlers.absent]
      path = "/no/such/runtime"
      """;

  /** The handler of all pods whose test does not choose one; empty for jukung's own launch. */
  private static final String HANDLER = System.getProperty("e2e.handler", "");

  private static final Duration SETTLE_BOUND = Duration.ofSeconds(15);

  private final Node node;
  private final Registry registry;
  private final Daemon daemon;
  private final String busybox;
  private CriClient client;

  private Testbed(Node node, Registry registry, Daemon daemon, String busybox) {
    this.node = node;
    this.registry = registry;
    this.daemon = daemon;
    this.busybox = busybox;
    this.client = CriClient.of(daemon.socket());
  }

  private static Testbed start() throws Exception {
    return start(Map.of(), CONFIGURATION);
  }

  /**
   * Starts a testbed for the caller alone, who must close it.
   *
   * @param environment additional environment variables of the daemon
   * @param configuration additional keys or tables of the daemon's configuration
   */
  public static Testbed start(Map<String, String> environment, String configuration)
      throws Exception {
    Node node = Node.start();
    try {
      Registry registry = Registry.start(node);
      String busybox = registry.push("busybox:1");
      Daemon daemon = Daemon.in(node, "daemon", environment);
      daemon.writeConfig(configuration);
      daemon.writeBridgeNetwork();
      daemon.start();
      Testbed testbed = new Testbed(node, registry, daemon, busybox);
      testbed.pull(busybox);
      // The first pod creates what stays: the bridge and the pods' parent cgroup.
      testbed.warmUp();
      return testbed;
    } catch (Exception | Error e) {
      node.close();
      throw e;
    }
  }

  /** Prepares the files of a daemon that has not been started. */
  @FunctionalInterface
  public interface Preparation {
    void run(Node node, Daemon daemon) throws Exception;
  }

  /** Starts a testbed for the caller alone over files that the caller has prepared. */
  public static Testbed start(Preparation preparation, String configuration) throws Exception {
    Node node = Node.start();
    try {
      Registry registry = Registry.start(node);
      String busybox = registry.push("busybox:1");
      Daemon daemon = Daemon.in(node, "daemon", Map.of());
      preparation.run(node, daemon);
      daemon.writeConfig(configuration);
      daemon.writeBridgeNetwork();
      daemon.start();
      return new Testbed(node, registry, daemon, busybox);
    } catch (Exception | Error e) {
      node.close();
      throw e;
    }
  }

  private void warmUp() throws Exception {
    for (NamespaceMode network : List.of(NamespaceMode.POD, NamespaceMode.NODE)) {
      Pod pod = runPod("warm-up", network);
      String container = runContainer(pod, "sleeper", List.of("sleep", "1000"));
      exec(container, "true");
    }
    removeAllPods();
    if (!Daemon.isForeign()) {
      Await.until("the spare shims are started", daemon::hasItsSpareShims);
    }
  }

  public Node node() {
    return node;
  }

  public Registry registry() {
    return registry;
  }

  public Daemon daemon() {
    return daemon;
  }

  public CriClient client() {
    return client;
  }

  /** The reference of a pulled busybox image, whose configuration sets only PATH. */
  public String busybox() {
    return busybox;
  }

  /** Opens a new connection after the daemon was restarted. */
  public void reconnect() {
    client.close();
    client = CriClient.of(daemon.socket());
  }

  /** Kills the daemon, starts it again and connects to it. */
  public void killAndRestartDaemon() throws Exception {
    daemon.kill();
    daemon.start();
    reconnect();
  }

  /** The ID of a pod and the configuration that it was created with. */
  public record Pod(String id, PodSandboxConfig config) {
    public Path log(String containerName) {
      return Path.of(config.getLogDirectory(), containerName + ".log");
    }
  }

  public Pod runPod(String name, NamespaceMode network) throws IOException {
    return runPod(podConfig(name, network).build());
  }

  /** A pod configuration with a log directory that exists. */
  public PodSandboxConfig.Builder podConfig(String name, NamespaceMode network) throws IOException {
    Path logs = Files.createDirectories(node.directory().resolve("logs").resolve(name));
    return Requests.pod(name, network, logs);
  }

  public Pod runPod(PodSandboxConfig config) {
    return runPod(config, HANDLER);
  }

  /** Runs a pod whose containers this handler runs. */
  public Pod runPod(PodSandboxConfig config, String handler) {
    String id =
        client
            .runtime()
            .runPodSandbox(
                RunPodSandboxRequest.newBuilder()
                    .setConfig(config)
                    .setRuntimeHandler(handler)
                    .build())
            .getPodSandboxId();
    return new Pod(id, config);
  }

  public String createContainer(Pod pod, ContainerConfig config) {
    return client
        .runtime()
        .createContainer(
            CreateContainerRequest.newBuilder()
                .setPodSandboxId(pod.id())
                .setConfig(config)
                .setSandboxConfig(pod.config())
                .build())
        .getContainerId();
  }

  public void startContainer(String id) {
    client.runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
  }

  public String runContainer(Pod pod, ContainerConfig config) {
    String id = createContainer(pod, config);
    startContainer(id);
    return id;
  }

  public String runContainer(Pod pod, String name, List<String> command) {
    return runContainer(pod, Requests.container(pod.config(), name, busybox, command).build());
  }

  /** Creates and starts a container that runs a shell script. */
  public String runShell(Pod pod, String name, String script) {
    return runContainer(pod, name, List.of("sh", "-c", script));
  }

  public ContainerStatus status(String containerId) {
    return client
        .runtime()
        .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(containerId).build())
        .getStatus();
  }

  /** The pid of the pod's shim. */
  public String shim(String podId) {
    Matcher pid =
        SHIM_PID.matcher(
            client
                .runtime()
                .podSandboxStatus(
                    PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(podId)
                        .setVerbose(true)
                        .build())
                .getInfoOrThrow("info"));
    if (!pid.find()) {
      throw new AssertionError("pod " + podId + " has no shim");
    }
    return pid.group(1);
  }

  public PodSandboxStatus podStatus(String podId) {
    return client
        .runtime()
        .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(podId).build())
        .getStatus();
  }

  /** The command lines of all processes that the container sees. */
  public String processes(String containerId) {
    return exec(containerId, "sh", "-c", "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; done")
        .getStdout()
        .toStringUtf8();
  }

  public ContainerStatus awaitExited(String containerId) throws Exception {
    Await.until(
        "container " + containerId + " exited",
        () -> status(containerId).getState() == ContainerState.CONTAINER_EXITED);
    return status(containerId);
  }

  public ExecSyncResponse exec(String containerId, String... command) {
    return exec(containerId, 0, command);
  }

  public ExecSyncResponse exec(String containerId, long timeoutSeconds, String... command) {
    return client
        .runtime()
        .execSync(
            ExecSyncRequest.newBuilder()
                .setContainerId(containerId)
                .addAllCmd(List.of(command))
                .setTimeout(timeoutSeconds)
                .build());
  }

  public String pull(String reference) {
    return client
        .images()
        .pullImage(PullImageRequest.newBuilder().setImage(Requests.image(reference)).build())
        .getImageRef();
  }

  public void removeImage(String reference) {
    client
        .images()
        .removeImage(RemoveImageRequest.newBuilder().setImage(Requests.image(reference)).build());
  }

  public List<PodSandbox> pods() {
    return client
        .runtime()
        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
        .getItemsList();
  }

  public List<Container> containers() {
    return client
        .runtime()
        .listContainers(ListContainersRequest.getDefaultInstance())
        .getContainersList();
  }

  public void stopContainer(String id, long timeoutSeconds) {
    client
        .runtime()
        .stopContainer(
            StopContainerRequest.newBuilder()
                .setContainerId(id)
                .setTimeout(timeoutSeconds)
                .build());
  }

  public void removeContainer(String id) {
    client
        .runtime()
        .removeContainer(RemoveContainerRequest.newBuilder().setContainerId(id).build());
  }

  /** Stops the pod and removes it. */
  public void removePod(Pod pod) {
    stopPod(pod.id());
    removePod(pod.id());
  }

  /** Removes a pod without stopping it first. */
  public void removePod(String id) {
    client
        .runtime()
        .removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  public void stopPod(String id) {
    client.runtime().stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
  }

  public void removeAllPods() {
    for (PodSandbox pod : pods()) {
      stopPod(pod.getId());
      removePod(pod.getId());
    }
  }

  /** Takes a snapshot to compare with, at a time when no spare shim is starting or ending. */
  public Snapshot snapshot() throws Exception {
    if (Daemon.isForeign() || !daemon.isAlive()) {
      return Snapshot.of(node, daemon);
    }
    AtomicReference<Snapshot> taken = new AtomicReference<>();
    Await.until(
        "the spare shims are started, and no other one starts while the snapshot is taken",
        () -> {
          if (!daemon.hasItsSpareShims()) {
            return false;
          }
          taken.set(Snapshot.of(node, daemon));
          return daemon.hasItsSpareShims();
        });
    return Objects.requireNonNull(taken.get());
  }

  /** Waits until the node is as in the snapshot. The test fails if it does not become so. */
  public void assertNothingLeft(Snapshot before) throws Exception {
    List<String> differences = new ArrayList<>();
    try {
      Await.until(
          "the node is as before",
          SETTLE_BOUND,
          () -> {
            differences.clear();
            differences.addAll(Snapshot.of(node, daemon).differencesFrom(before));
            return differences.isEmpty();
          });
    } catch (AssertionError e) {
      throw new AssertionError("left behind:\n  " + String.join("\n  ", differences), e);
    }
  }

  @Override
  public void close() throws Exception {
    client.close();
    daemon.close();
    node.close();
  }

  /** Passes the testbed to tests, and checks after each test that nothing is left. */
  public static final class Extension
      implements ParameterResolver, BeforeEachCallback, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(Testbed.class);

    /** The result of the only attempt to start the shared testbed. */
    private record Attempt(@Nullable Testbed testbed, @Nullable Throwable failure)
        implements AutoCloseable {
      static Attempt make() {
        try {
          return new Attempt(Testbed.start(), null);
        } catch (Exception | AssertionError e) {
          return new Attempt(null, e);
        }
      }

      @Override
      public void close() throws Exception {
        if (testbed != null) {
          testbed.close();
        }
      }
    }

    private static Testbed testbed(ExtensionContext context) {
      Attempt attempt =
          context
              .getRoot()
              .getStore(NAMESPACE)
              .getOrComputeIfAbsent(Attempt.class, key -> Attempt.make(), Attempt.class);
      if (attempt.testbed() == null) {
        throw new IllegalStateException("the testbed did not start", attempt.failure());
      }
      return attempt.testbed();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == Testbed.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return testbed(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
      Testbed testbed = testbed(context);
      if (!testbed.daemon().isAlive()) {
        // Only the test before this one is to fail, which could not start the daemon again.
        testbed.daemon().start();
        testbed.reconnect();
      }
      ExtensionContext.Store store = context.getStore(NAMESPACE);
      store.put("log", testbed.daemon().log().length());
      store.put("before", testbed.snapshot());
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
      Testbed testbed = testbed(context);
      ExtensionContext.Store store = context.getStore(NAMESPACE);
      Snapshot before = store.get("before", Snapshot.class);
      Integer logged = store.get("log", Integer.class);
      try {
        assertThat(testbed.daemon().isAlive()).as("the daemon lives after the test").isTrue();
        testbed.removeAllPods();
        if (before != null) {
          testbed.assertNothingLeft(before);
        }
      } catch (Exception | Error e) {
        System.err.println(testbed.daemon().log().substring(logged == null ? 0 : logged));
        throw e;
      }
      if (context.getExecutionException().isPresent()) {
        System.err.println(testbed.daemon().log().substring(logged == null ? 0 : logged));
      }
    }
  }
}
