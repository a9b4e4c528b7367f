package io.jukung.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster of three nodes: pods spread over them, a Service, an upgrade of the runtime node by
 * node, and a lost node, which is why the order of the tests matters.
 */
@NeedsKubernetes
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(1200)
class ThreeNodesIT {
  private static final int NODES = 3;
  private static final int PORT = 8080;

  /** The installation to which the nodes are upgraded, and from which they run afterwards. */
  @TempDir private static Path upgrade;

  private static @Nullable Cluster started;

  /** JUnit calls this where there is no Kubernetes and each test is skipped, too. */
  @BeforeAll
  static void startCluster() throws Exception {
    if (KubernetesPrograms.areNamed()) {
      started = Cluster.start(NODES);
    }
  }

  @AfterAll
  static void endCluster() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  private static Cluster cluster() {
    return Objects.requireNonNull(started);
  }

  @BeforeEach
  void begin() throws Exception {
    cluster().begin("test-" + Long.toString(System.nanoTime(), Character.MAX_RADIX));
  }

  @AfterEach
  void end() throws Exception {
    cluster().end();
  }

  @Test
  @Order(1)
  void deploymentIsSpreadOverTheNodesAndEachNodeReachesEachPod() throws Exception {
    List<Pod> pods = deployWebServers();
    assertThat(podsOfEachNode(pods)).isEqualTo(Map.of("node-1", 1L, "node-2", 1L, "node-3", 1L));
    for (KubernetesNode node : cluster().nodes()) {
      for (Pod pod : pods) {
        assertThat(fetch(node, pod.getStatus().getPodIP())).isEqualTo(name(pod));
      }
    }
  }

  @Test
  @Order(2)
  void serviceIsReachedFromEachNodeAndFromAPod() throws Exception {
    assumeThat(cluster().node().hasProxy())
        .as("kube-proxy is not among the programs of this Kubernetes")
        .isTrue();
    List<Pod> pods = deployWebServers();
    Set<String> names = pods.stream().map(ThreeNodesIT::name).collect(Collectors.toSet());
    String address = createService();
    for (KubernetesNode node : cluster().nodes()) {
      awaitAnswers(node.name(), names, () -> node.run(wget(address)).stdout().strip());
    }
    // The node of this pod has reached the Service before.
    String pod = name(pods.getFirst());
    awaitAnswers(pod, names, () -> cluster().exec(pod, wget(address)).strip());
  }

  @Test
  @Order(3)
  void upgradeOfTheRuntimeNodeByNodeEndsNoContainerAndLosesNoAnswer() throws Exception {
    List<Pod> before = deployWebServers();
    startClient(before);
    Path newer = upgrade.resolve("newer");
    String installed = Daemon.dist().toRealPath().toString();
    cluster().node().run("cp", "-a", installed, newer.toString()).orThrow();
    for (KubernetesNode node : cluster().nodes()) {
      awaitMoreAnswers();
      node.upgradeRuntime(newer);
      awaitMoreAnswers();
      cluster().awaitNode(node, true);
      for (Pod pod : before) {
        assertThat(cluster().exec(name(pod), "hostname").strip()).isEqualTo(name(pod));
      }
    }
    assertThat(containerIds(cluster().pods("web"))).isEqualTo(containerIds(before));
    assertThat(cluster().pods("web"))
        .allSatisfy(
            pod ->
                assertThat(pod.getStatus().getContainerStatuses())
                    .extracting(ContainerStatus::getRestartCount)
                    .containsOnly(0));
    assertThat(clientLog().lines()).doesNotContain("failed");
    // The newer runtime starts pods on each node, too.
    cluster().client().pods().inNamespace(cluster().namespace()).withLabel("app", "web").delete();
    cluster()
        .awaitPods(
            "web",
            "3 new ones run",
            pods ->
                pods.size() == NODES
                    && containerIds(pods).stream().noneMatch(containerIds(before)::contains));
  }

  @Test
  @Order(4)
  void podsOfALostNodeAreMovedToTheOthers() throws Exception {
    deployWebServers();
    KubernetesNode lost = cluster().nodes().getLast();
    lost.lose();
    cluster().awaitNode(lost, false);
    Await.until(
        "three pods are ready on the two other nodes",
        Cluster.PATIENCE,
        () -> {
          List<Pod> ready =
              cluster().pods("web").stream()
                  .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                  .filter(Cluster::isReady)
                  .toList();
          return ready.size() == NODES
              && podsOfEachNode(ready).keySet().equals(Set.of("node-1", "node-2"));
        });
    cluster().forget(lost);
  }

  /** A web server on each node, which answers with the name of its pod. */
  private static List<Pod> deployWebServers() throws Exception {
    cluster()
        .apply(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: %1$d
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  terminationGracePeriodSeconds: 1
                  topologySpreadConstraints:
                  - maxSkew: 1
                    topologyKey: kubernetes.io/hostname
                    whenUnsatisfiable: DoNotSchedule
                    nodeTaintsPolicy: Honor
                    labelSelector: {matchLabels: {app: web}}
                  tolerations:
                  - {key: node.kubernetes.io/not-ready, effect: NoExecute, operator: Exists, tolerationSeconds: 2}
                  - {key: node.kubernetes.io/unreachable, effect: NoExecute, operator: Exists, tolerationSeconds: 2}
                  containers:
                  - name: main
                    image: "%2$s"
                    command: [sh, -c, "mkdir /www; hostname >/www/index.html; exec httpd -f -p %3$d -h /www"]
                    readinessProbe: {httpGet: {path: /, port: %3$d}, periodSeconds: 1, timeoutSeconds: 10}
            """
                .formatted(NODES, Cluster.BUSYBOX, PORT));
    return cluster().awaitReadyPods("web", NODES);
  }

  /** Makes a Service of the web servers and returns its address. */
  private static String createService() {
    cluster()
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: %d}]
            """
                .formatted(PORT));
    return cluster()
        .client()
        .services()
        .inNamespace(cluster().namespace())
        .withName("web")
        .require()
        .getSpec()
        .getClusterIP();
  }

  /** A pod on the first node that fetches from each web server again and again. */
  private static void startClient(List<Pod> servers) throws Exception {
    String addresses =
        servers.stream().map(pod -> pod.getStatus().getPodIP()).collect(Collectors.joining(" "));
    cluster()
        .run(
            "client",
            """
            terminationGracePeriodSeconds: 1
            nodeName: node-1
            containers:
            - name: main
              image: "%s"
              command: [sh, -c, "while :; do for each in %s; do wget -q -O /dev/null http://$each:%d && echo answered || echo failed; done; sleep 0.2; done"]
            """
                .formatted(Cluster.BUSYBOX, addresses, PORT));
    cluster().awaitReady("client");
  }

  private static String clientLog() {
    return cluster().resource("client").getLog();
  }

  private static void awaitMoreAnswers() throws Exception {
    long before = clientLog().lines().count();
    Await.until(
        "each web server has answered twice more",
        Cluster.PATIENCE,
        () -> clientLog().lines().count() >= before + 2 * NODES);
  }

  /** Fetches until each pod has answered. Before kube-proxy knows them, connections fail. */
  private static void awaitAnswers(String from, Set<String> names, Callable<String> fetch)
      throws Exception {
    Set<String> missing = new HashSet<>(names);
    Await.until(
        from + " has reached every pod through the Service",
        Cluster.PATIENCE,
        () -> {
          missing.remove(fetch.call());
          return missing.isEmpty();
        });
  }

  private static String fetch(KubernetesNode node, String address) throws Exception {
    return node.run(wget(address)).orThrow().strip();
  }

  private static String[] wget(String address) {
    return new String[] {"busybox", "wget", "-q", "-O", "-", "http://" + address + ":" + PORT};
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  private static Map<String, Long> podsOfEachNode(List<Pod> pods) {
    return pods.stream()
        .collect(
            Collectors.groupingBy(
                pod -> pod.getSpec().getNodeName(), TreeMap::new, Collectors.counting()));
  }

  private static Set<String> containerIds(List<Pod> pods) {
    return pods.stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .map(ContainerStatus::getContainerID)
        .collect(Collectors.toSet());
  }
}
