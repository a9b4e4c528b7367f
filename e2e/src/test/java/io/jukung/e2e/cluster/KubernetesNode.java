package io.jukung.e2e.cluster;

import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerState;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.ListImagesRequest;
import io.jukung.e2e.client.CriClient;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node of a cluster: jukung, kubelet, and kube-proxy where there is one, in namespaces of their
 * own that a bridge joins to the control plane. Its pods have the addresses {@code
 * 10.88.NUMBER.0/24}.
 */
final class KubernetesNode implements AutoCloseable {
  private final int number;
  private final Node node;
  private final Registry registry;
  private final Daemon daemon;
  private final NodeProgram kubelet;
  private final @Nullable NodeProgram proxy;

  private KubernetesNode(
      int number,
      Node node,
      Registry registry,
      Daemon daemon,
      NodeProgram kubelet,
      @Nullable NodeProgram proxy) {
    this.number = number;
    this.node = node;
    this.registry = registry;
    this.daemon = daemon;
    this.kubelet = kubelet;
    this.proxy = proxy;
  }

  /** Starts everything on a node without waiting until the control plane knows it. */
  static KubernetesNode start(ControlPlane controlPlane, int number) throws Exception {
    Node node = Node.start();
    try {
      join(controlPlane.node(), node, number);
      hideDirectories(node);
      Registry registry = Registry.start(node);
      Daemon daemon = Daemon.in(node, "jukung");
      writeNetwork(daemon, number);
      daemon.start();
      NodeProgram kubelet = kubelet(node, daemon, number);
      NodeProgram proxy = proxy(node, number).orElse(null);
      kubelet.start();
      if (proxy != null) {
        proxy.start();
      }
      return new KubernetesNode(number, node, registry, daemon, kubelet, proxy);
    } catch (Exception | Error e) {
      node.close();
      throw e;
    }
  }

  private static String address(int number) {
    return "10.77.0." + (10 + number);
  }

  private static String pods(int number) {
    return "10.88." + number + ".0/24";
  }

  /** Connects the node to the bridge of the control plane. */
  private static void join(Node controlPlane, Node node, int number)
      throws IOException, InterruptedException {
    String port = "node" + number;
    // The two pids are those of this machine, so the command does not run in a pid namespace.
    Process link =
        new ProcessBuilder(
                "nsenter",
                "--target=" + controlPlane.initPid(),
                "--net",
                "ip",
                "link",
                "add",
                port,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                Long.toString(node.initPid()))
            .inheritIO()
            .start();
    if (!link.waitFor(60, TimeUnit.SECONDS) || link.exitValue() != 0) {
      throw new AssertionError("node " + number + " was not connected to the bridge");
    }
    controlPlane.run("ip", "link", "set", port, "master", ControlPlane.BRIDGE, "up").orThrow();
    node.run("ip", "address", "add", address(number) + "/16", "dev", "eth0").orThrow();
    node.run("ip", "link", "set", "eth0", "up").orThrow();
    node.run("ip", "route", "add", "default", "via", ControlPlane.ADDRESS).orThrow();
    // The control plane is the router between the pods of different nodes.
    controlPlane.run("ip", "route", "add", pods(number), "via", address(number)).orThrow();
  }

  /** kubelet writes to directories that it has no option for: the node gets its own. */
  private static void hideDirectories(Node node) throws IOException, InterruptedException {
    Path directory = Files.createDirectory(node.directory().resolve("var"));
    for (String hidden : List.of("lib", "log")) {
      Path upper = Files.createDirectories(directory.resolve(hidden + "/upper"));
      Path work = Files.createDirectories(directory.resolve(hidden + "/work"));
      node.run(
              "mount",
              "-t",
              "overlay",
              "-o",
              "lowerdir=/var/" + hidden + ",upperdir=" + upper + ",workdir=" + work,
              "overlay",
              "/var/" + hidden)
          .orThrow();
    }
  }

  /**
   * The start of kubelet's command line: kubelet does not start on a processor that names no speed,
   * as that of the test node, and gets a mount namespace in which /proc/cpuinfo does. In the node's
   * own a mount there would keep pods with a user namespace from mounting proc.
   */
  private static List<String> tellClockSpeed(Node node) throws IOException, InterruptedException {
    String file = "/proc/cpuinfo";
    if (node.run("grep", "-q", "^cpu MHz", file).exitCode() == 0) {
      return List.of();
    }
    Path copy = node.directory().resolve("cpuinfo");
    Files.writeString(
        copy,
        node.run("cat", file).orThrow().replaceAll("(?m)^bogomips", "cpu MHz\t\t: 2000.000\n$0"));
    return List.of(
        "unshare",
        "--mount",
        "--propagation=unchanged",
        "sh",
        "-c",
        "mount --make-private /proc && mount --bind \"$0\" /proc/cpuinfo && exec \"$@\"",
        copy.toString());
  }

  private static void writeNetwork(Daemon daemon, int number) throws IOException {
    Files.writeString(
        daemon.cniConfiguration().resolve("10-kube.conflist"),
        """
        {"cniVersion": "1.0.0", "name": "kube", "plugins": [
          {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false,
           "hairpinMode": true,
           "ipam": {"type": "host-local", "dataDir": "%s",
             "ranges": [[{"subnet": "%s"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "capabilities": {"portMappings": true}}
        ]}
        """
            .formatted(daemon.directory().resolve("ipam"), pods(number)));
  }

  private static NodeProgram kubelet(Node node, Daemon daemon, int number)
      throws IOException, InterruptedException {
    Path directory = Files.createDirectory(node.directory().resolve("kubelet"));
    Path kubeconfig = ControlPlane.writeKubeconfig(directory.resolve("kubeconfig"));
    Path config = directory.resolve("config.yaml");
    Files.writeString(
        config,
        """
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        containerRuntimeEndpoint: "unix://%s"
        address: 0.0.0.0
        authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
        authorization: {mode: AlwaysAllow}
        podLogsDir: /var/log/pods
        volumePluginDir: %s
        resolvConf: ""
        clusterDomain: cluster.local
        failSwapOn: false
        failCgroupV1: false
        cgroupDriver: cgroupfs
        %s
        enforceNodeAllocatable: []
        makeIPTablesUtilChains: false
        evictionHard: {nodefs.available: 1%%, imagefs.available: 1%%, memory.available: 32Mi}
        nodeStatusUpdateFrequency: 5s
        nodeStatusReportFrequency: 10s
        syncFrequency: 10s
        serializeImagePulls: false
        imageMinimumGCAge: 30s
        imageMaximumGCAge: 1m
        runtimeRequestTimeout: 2m
        featureGates: {%s, EventedPLEG: true, PodAndContainerStatsFromCRI: true}
        """
            .formatted(
                daemon.socket(),
                directory.resolve("plugins"),
                Node.hasControllers()
                    ? "cgroupsPerQOS: true\ncgroupRoot: /" + node.name()
                    : "cgroupsPerQOS: false",
                ControlPlane.FEATURES.replace("=", ": ").replace(",", ", ")));
    List<String> command = new ArrayList<>(tellClockSpeed(node));
    command.addAll(
        List.of(
            KubernetesPrograms.path("kubelet").toString(),
            "--config=" + config,
            "--kubeconfig=" + kubeconfig,
            "--root-dir=" + directory,
            "--cert-dir=" + directory.resolve("pki"),
            "--hostname-override=" + name(number),
            "--node-ip=" + address(number),
            "--v=2"));
    return new NodeProgram(node, "kubelet", command);
  }

  private static Optional<NodeProgram> proxy(Node node, int number) throws IOException {
    Path kubeconfig = ControlPlane.writeKubeconfig(node.directory().resolve("proxy-kubeconfig"));
    return KubernetesPrograms.find("kube-proxy")
        .map(
            program ->
                new NodeProgram(
                    node,
                    "kube-proxy",
                    List.of(
                        program.toString(),
                        "--kubeconfig=" + kubeconfig,
                        "--proxy-mode=nftables",
                        "--hostname-override=" + name(number),
                        "--cluster-cidr=10.88.0.0/16",
                        "--conntrack-max-per-core=0",
                        "--conntrack-tcp-timeout-established=0s",
                        "--conntrack-tcp-timeout-close-wait=0s")));
  }

  private static String name(int number) {
    return "node-" + number;
  }

  /** The name by which the control plane knows the node. */
  String name() {
    return name(number);
  }

  Registry registry() {
    return registry;
  }

  Daemon daemon() {
    return daemon;
  }

  NodeProgram kubelet() {
    return kubelet;
  }

  /** Whether Services are reached from this node. */
  boolean hasProxy() {
    return proxy != null;
  }

  CommandResult run(String... command) throws IOException, InterruptedException {
    return node.run(command);
  }

  /** A path that pods can mount, in a directory that this JVM sees as well. */
  Path shared(String name) throws IOException {
    return Files.createDirectories(node.directory().resolve("shared").resolve(name));
  }

  List<Container> containers() {
    try (CriClient client = CriClient.of(daemon.socket())) {
      return client
          .runtime()
          .listContainers(ListContainersRequest.getDefaultInstance())
          .getContainersList();
    }
  }

  /** The tags of the images that the runtime has. */
  Set<String> images() {
    try (CriClient client = CriClient.of(daemon.socket())) {
      return client
          .images()
          .listImages(ListImagesRequest.getDefaultInstance())
          .getImagesList()
          .stream()
          .flatMap(image -> image.getRepoTagsList().stream())
          .collect(Collectors.toSet());
    }
  }

  void restartKubelet() throws IOException, InterruptedException {
    kubelet.stop("TERM");
    kubelet.start();
  }

  /** Replaces the runtime by that of another installation, as a package does: pods keep running. */
  void upgradeRuntime(Path installation) throws Exception {
    daemon.terminate();
    daemon.installFrom(installation);
    daemon.start();
  }

  /** Ends everything on the node at once, as if its machine had lost its power. */
  void lose() throws IOException {
    node.close();
  }

  /** Waits until nothing runs. kubelet removes what has ended within minutes. */
  void awaitQuiet() throws Exception {
    Await.until(
        "nothing runs on " + name(),
        Duration.ofMinutes(3),
        () ->
            containers().stream()
                .noneMatch(each -> each.getState() == ContainerState.CONTAINER_RUNNING));
  }

  /** The ends of the logs, to explain a failure. */
  String logs() throws IOException {
    String log = daemon.log();
    return kubelet.tail() + "\n" + log.substring(Math.max(0, log.length() - 6000));
  }

  @Override
  public void close() throws IOException {
    daemon.close();
    node.close();
  }
}
