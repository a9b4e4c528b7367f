package io.jukung.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.stream.LoopbackRelay;
import io.jukung.e2e.stream.Relay;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * etcd, the API server, the controller manager and the scheduler in a node of their own, which
 * holds the bridge that joins the nodes of the cluster.
 */
final class ControlPlane implements AutoCloseable {
  /** The address of the control plane on the bridge. */
  static final String ADDRESS = "10.77.0.1";

  static final String URL = "https://" + ADDRESS + ":6443";
  static final String BRIDGE = "kube0";

  /** Features that kubelets and the API server of a cluster under test have in common. */
  static final String FEATURES = "ContainerStopSignals=true,UserNamespacesHostNetworkSupport=true";

  private static final Duration START_BOUND = Duration.ofMinutes(3);
  private static final String TOKEN = "e2e";

  private final Node node;
  private final List<NodeProgram> programs;
  private final Relay relay;
  private final LoopbackRelay listener;
  private final KubernetesClient client;

  private ControlPlane(
      Node node,
      List<NodeProgram> programs,
      Relay relay,
      LoopbackRelay listener,
      KubernetesClient client) {
    this.node = node;
    this.programs = programs;
    this.relay = relay;
    this.listener = listener;
    this.client = client;
  }

  static ControlPlane start() throws Exception {
    Node node = Node.start();
    try {
      node.run("ip", "link", "add", BRIDGE, "type", "bridge").orThrow();
      node.run("ip", "address", "add", ADDRESS + "/16", "dev", BRIDGE).orThrow();
      node.run("ip", "link", "set", BRIDGE, "up").orThrow();
      List<NodeProgram> programs = programs(node);
      for (NodeProgram program : programs) {
        program.start();
      }
      Relay relay = Relay.to(node, URI.create(URL));
      LoopbackRelay listener = LoopbackRelay.to(relay.socket());
      KubernetesClient client =
          new KubernetesClientBuilder()
              .withConfig(
                  new ConfigBuilder(Config.empty())
                      .withMasterUrl("https://127.0.0.1:" + listener.port())
                      .withOauthToken(TOKEN)
                      .withTrustCerts(true)
                      .withNamespace("default")
                      .withRequestTimeout(60_000)
                      .withConnectionTimeout(60_000)
                      .build())
              .build();
      ControlPlane controlPlane = new ControlPlane(node, programs, relay, listener, client);
      controlPlane.awaitReady();
      return controlPlane;
    } catch (Exception | Error e) {
      node.close();
      throw e;
    }
  }

  private static List<NodeProgram> programs(Node node)
      throws IOException, GeneralSecurityException {
    Path directory = node.directory();
    Path certificates = Files.createDirectory(directory.resolve("certificates"));
    Path privateKey = directory.resolve("service-accounts.key");
    Path publicKey = directory.resolve("service-accounts.pub");
    KeyPair keys = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    Files.writeString(privateKey, pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    Files.writeString(publicKey, pem("PUBLIC KEY", keys.getPublic().getEncoded()));
    Path tokens = directory.resolve("tokens.csv");
    Files.writeString(tokens, TOKEN + ",admin,admin,system:masters\n");
    Path kubeconfig = writeKubeconfig(directory.resolve("kubeconfig"));
    return List.of(
        new NodeProgram(
            node,
            "etcd",
            List.of(
                KubernetesPrograms.path("etcd").toString(),
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=http://127.0.0.1:2379",
                "--advertise-client-urls=http://127.0.0.1:2379",
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--unsafe-no-fsync")),
        new NodeProgram(
            node,
            "kube-apiserver",
            List.of(
                KubernetesPrograms.path("kube-apiserver").toString(),
                "--etcd-servers=http://127.0.0.1:2379",
                "--cert-dir=" + certificates,
                "--bind-address=" + ADDRESS,
                "--advertise-address=" + ADDRESS,
                "--secure-port=6443",
                "--service-cluster-ip-range=10.96.0.0/16",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + publicKey,
                "--service-account-signing-key-file=" + privateKey,
                "--token-auth-file=" + tokens,
                "--authorization-mode=AlwaysAllow",
                "--allow-privileged=true",
                "--kubelet-preferred-address-types=InternalIP",
                "--feature-gates=" + FEATURES)),
        new NodeProgram(
            node,
            "kube-controller-manager",
            // It ends if the API server does not answer yet.
            untilEnded(
                KubernetesPrograms.path("kube-controller-manager").toString(),
                "--kubeconfig=" + kubeconfig,
                "--leader-elect=false",
                "--service-account-private-key-file=" + privateKey,
                "--root-ca-file=" + certificates.resolve("apiserver.crt"),
                "--node-monitor-period=2s",
                "--node-monitor-grace-period=40s")),
        new NodeProgram(
            node,
            "kube-scheduler",
            untilEnded(
                KubernetesPrograms.path("kube-scheduler").toString(),
                "--kubeconfig=" + kubeconfig,
                "--leader-elect=false")));
  }

  /** A command that starts a program again whenever it ends. */
  private static List<String> untilEnded(String... command) {
    List<String> line =
        new ArrayList<>(List.of("sh", "-c", "while :; do \"$@\"; sleep 1; done", "sh"));
    line.addAll(List.of(command));
    return line;
  }

  private static String pem(String type, byte[] content) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
  }

  /** Writes a file with which a program of the cluster reaches the API server. */
  static Path writeKubeconfig(Path file) throws IOException {
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: e2e, cluster: {server: "%s", insecure-skip-tls-verify: true}}]
        users: [{name: e2e, user: {token: %s}}]
        contexts: [{name: e2e, context: {cluster: e2e, user: e2e}}]
        current-context: e2e
        """
            .formatted(URL, TOKEN));
  }

  private void awaitReady() throws Exception {
    Await.until(
        "the API server is ready",
        START_BOUND,
        () -> {
          programs.get(0).requireAlive();
          programs.get(1).requireAlive();
          return "ok".equals(answer("/readyz"));
        });
    Await.until(
        "the controllers have made the service account",
        START_BOUND,
        () -> client.serviceAccounts().withName("default").get() != null);
  }

  private String answer(String path) {
    try {
      return client.raw(path);
    } catch (RuntimeException e) {
      return ""; // it does not answer yet
    }
  }

  Node node() {
    return node;
  }

  KubernetesClient client() {
    return client;
  }

  /** The ends of all logs, to explain a failure. */
  String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (NodeProgram program : programs) {
      logs.append(program.tail()).append('\n');
    }
    return logs.toString();
  }

  @Override
  public void close() throws IOException {
    client.close();
    listener.close();
    relay.close();
    node.close();
  }
}
